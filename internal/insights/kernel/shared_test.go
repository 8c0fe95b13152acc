package kernel

import (
	"os"
	"path/filepath"
	"testing"
)

// shared opens a file of the data beside the project, or skips the test.
func shared(t testing.TB, name string) *os.File {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if f, err := os.Open(filepath.Join(dir, "shared", "data", name)); err == nil {
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
