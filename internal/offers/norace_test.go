//go:build !race

package offers_test

const raceEnabled = false
