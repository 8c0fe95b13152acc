//go:build race

package offers_test

const raceEnabled = true
