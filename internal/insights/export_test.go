package insights

// SetCheap says up to how many orders everybody is made anew by each run, until
// the returned function is called.
func SetCheap(n int64) (restore func()) {
	was := cheap
	cheap = n
	return func() { cheap = was }
}

// SetFirsts says from how many first rows on the table is filled without its
// indexes, until the returned function is called.
func SetFirsts(n int) (restore func()) {
	was := firsts
	firsts = n
	return func() { firsts = was }
}
