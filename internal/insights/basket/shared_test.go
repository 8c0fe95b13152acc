package basket_test

import (
	"os"
	"path/filepath"
	"testing"
)

// shared opens a file of the shared data, and skips the test without it.
func shared(t testing.TB, name string) *os.File {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		f, err := os.Open(filepath.Join(dir, "shared", "data", name))
		if err == nil {
			t.Cleanup(func() { f.Close() })
			return f
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Skipf("shared data %s is not here", name)
		}
		dir = up
	}
}
