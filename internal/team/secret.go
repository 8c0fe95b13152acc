package team

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

// A secret is 256 random bits, written in the letters and digits of base32 in
// lower case. It is stored as its SHA-256 only, by which it is found: there is
// nothing to guess, so a fast hash does.
const secretLen = 52

var base32Lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

func newSecret() string {
	var b [32]byte
	rand.Read(b[:])
	return base32Lower.EncodeToString(b[:])
}

// hashSecret returns the hash of a secret that somebody showed. It reports
// false for what can't be one.
func hashSecret(s string) ([]byte, bool) {
	if len(s) != secretLen || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz234567") != "" {
		return nil, false
	}
	sum := sha256.Sum256([]byte(s))
	return sum[:], true
}
