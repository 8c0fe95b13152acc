package customers

// Permissions of this module.
const (
	Read   = "customers.read"
	Write  = "customers.write"
	Remove = "customers.delete"
	Export = "customers.export"
)
