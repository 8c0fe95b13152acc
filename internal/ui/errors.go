package ui

// errorKey returns the message key of an error page's part: its title, or the
// text that says what is safe and what to do.
func errorKey(status int, part string) string {
	switch status {
	case 403, 404, 405, 409, 412, 413, 422, 429:
		return "ui.error." + itoa(int64(status)) + "." + part
	}
	return "ui.error.500." + part
}
