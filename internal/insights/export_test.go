package insights

// SetCheap says up to how many orders everybody is made anew by each run, until
// the returned function is called.
func SetCheap(n int64) (restore func()) {
	was := cheap
	cheap = n
	return func() { cheap = was }
}
