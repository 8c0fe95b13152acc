package archtest

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/app"
)

// literals returns all string literals of the program, with where they stand.
func literals(t *testing.T) map[string]string {
	list := map[string]string{}
	files(t, 0, func(pkg, name string, fset *token.FileSet, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if s, err := strconv.Unquote(lit.Value); err == nil {
					list[s] = fset.Position(lit.Pos()).String()
				}
			}
			return true
		})
	})
	return list
}

var keyForm = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+\.?$`)

// TestTexts checks that every message is used, and that everything that looks
// like the key of a message has one. (That both languages have the same
// messages is checked when the catalogue is loaded.) A key may be put together
// from a constant beginning that ends with a full stop, and from a word.
func TestTexts(t *testing.T) {
	cat, err := app.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	used := literals(t)
	var prefixes, groups []string
	for s := range used {
		if keyForm.MatchString(s) && strings.HasSuffix(s, ".") {
			prefixes = append(prefixes, s)
		}
	}
	begins := func(key string) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(key, p) })
	}
	for _, key := range cat.Keys() {
		group, _, _ := strings.Cut(key, ".")
		if !slices.Contains(groups, group) {
			groups = append(groups, group)
		}
		if _, ok := used[key]; !ok && !begins(key) {
			t.Errorf("message %s is not used", key)
		}
	}
	for s, pos := range used {
		group, _, _ := strings.Cut(s, ".")
		if !keyForm.MatchString(s) || strings.HasSuffix(s, ".") || !slices.Contains(groups, group) || cat.Has(s) || notText(s) {
			continue
		}
		t.Errorf("%s: no message %s", pos, s)
	}
}

// notText reports whether s only looks like the key of a message: names of
// permissions, of fields, files and tables' columns.
func notText(s string) bool {
	for _, p := range app.Permissions {
		if string(p.Key) == s {
			return true
		}
	}
	for _, end := range []string{".js", ".css", ".json", ".svg", ".csv", ".xlsx", ".vcf", ".db", ".gz", ".html", ".sql"} {
		if strings.HasSuffix(s, end) {
			return true
		}
	}
	return strings.Contains(s, ".0.")
}
