package basket

// All tests mine in several bands, as large companies are.
func init() { leastBand = 1 }
