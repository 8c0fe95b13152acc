package imports

// A Mode says what happens to rows whose record is known, and to the others.
type Mode string

// The modes. Records are known by the keys of the import; without keys,
// none is.
const (
	Create Mode = "create" // the known are skipped
	Update Mode = "update" // the unknown are skipped
	Upsert Mode = "upsert"
)

// Modes lists them in the order in which they are offered.
var Modes = []Mode{Upsert, Create, Update}

// Counts tell what became of the rows of an import. Each row is counted once
// among the created, updated, skipped and errors.
type Counts struct {
	Created       int64
	Updated       int64
	Skipped       int64 // nothing to change, empty, or left out by the mode
	Errors        int64 // refused rows
	Warnings      int64 // cells that were left out of rows that came in
	Duplicates    int64 // created ones that are likely there already
	Organizations int64 // created because a person belongs to them
	Orders        int64 // created or replaced, by rows that are their lines
	Products      int64 // created because a line names them
	Customers     int64 // created because an order is theirs
}

// Rows returns how many rows were counted.
func (c *Counts) Rows() int64 { return c.Created + c.Updated + c.Skipped + c.Errors }

func (c *Counts) add(more *Counts) {
	c.Created += more.Created
	c.Updated += more.Updated
	c.Skipped += more.Skipped
	c.Errors += more.Errors
	c.Warnings += more.Warnings
	c.Duplicates += more.Duplicates
	c.Organizations += more.Organizations
	c.Orders += more.Orders
	c.Products += more.Products
	c.Customers += more.Customers
}
