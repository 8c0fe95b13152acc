package experiment

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// Held says whether a customer belongs to the share (0 … 1) that an
// experiment leaves alone. The answer is the same for ever for the same salt
// and customer, without a list being kept; another salt draws another share.
// The held of a smaller share are held of a larger one.
func Held(salt, customer string, share float64) bool { return place(salt, customer) < share }

// Assign returns the arm of a customer, 0 … len(shares)−1, drawn by hash with
// these shares. They must not be below 0 and need not sum to 1.
func Assign(salt, customer string, shares []float64) (int, error) {
	sum := 0.
	for _, s := range shares {
		if !(s >= 0) {
			return 0, fmt.Errorf("experiment: share %g", s)
		}
		sum += s
	}
	if !(sum > 0) || !finite(sum) {
		return 0, fmt.Errorf("experiment: shares %v", shares)
	}
	at, last := place(salt, customer)*sum, 0
	for i, s := range shares {
		if s == 0 {
			continue
		}
		if last = i; at < s {
			return i, nil
		}
		at -= s
	}
	return last, nil
}

// place returns a number in [0, 1), by the first 53 bits of SHA-256.
func place(salt, customer string) float64 {
	h := sha256.Sum256([]byte(salt + "\x00" + customer))
	return float64(binary.BigEndian.Uint64(h[:])>>11) / (1 << 53)
}
