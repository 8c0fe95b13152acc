package ui

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// Without the mark the program is 3 MB larger, and nobody would see why.
func TestComponentsAreNotCopied(t *testing.T) {
	exported := regexp.MustCompile(`(?m)^(.*)\ntempl ([A-Z]\w*)\(`)
	files, err := filepath.Glob("*.templ")
	if err != nil || len(files) == 0 {
		t.Fatalf("templates: %v, %v", files, err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range exported.FindAllSubmatch(text, -1) {
			if string(m[1]) != "//go:noinline" {
				t.Errorf("%s: %s is not marked //go:noinline (see the package comment)", f, m[2])
			}
		}
	}
}
