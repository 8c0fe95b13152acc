// Package archtest checks the shape of Akrab as a whole: who imports whom,
// that every statement is SQL for both engines, that every text exists in both
// languages, that every package says what it is for.
package archtest

import (
	"bufio"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const root = "github.com/akrab-crm/akrab/internal/"

// readDeps returns the allowed imports of each package and its level.
func readDeps(t *testing.T) (allow map[string][]string, level map[string]int) {
	f, err := os.Open("deps.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	allow, level = map[string][]string{}, map[string]int{}
	n, inOrder := 0, 0
	for s := bufio.NewScanner(f); s.Scan(); {
		line := strings.TrimSpace(s.Text())
		switch {
		case line == "" || line[0] == '#':
		case strings.HasPrefix(line, "=="):
			n++
		default:
			pkg, list, _ := strings.Cut(line, ":")
			inOrder++
			allow[pkg] = strings.Fields(list)
			level[pkg] = n*1000 + inOrder
		}
	}
	return allow, level
}

// files calls f for every Go file of the program that is no test.
func files(t *testing.T, mode parser.Mode, f func(pkg, name string, fset *token.FileSet, file *ast.File)) {
	t.Helper()
	fset := token.NewFileSet()
	err := filepath.WalkDir("..", func(p string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(fset, p, nil, mode)
		if err != nil {
			return err
		}
		f(strings.TrimPrefix(path.Dir(filepath.ToSlash(p)), "../"), p, fset, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func imports(t *testing.T) map[string][]string {
	got := map[string]map[string]bool{}
	files(t, parser.ImportsOnly, func(pkg, name string, _ *token.FileSet, file *ast.File) {
		if got[pkg] == nil {
			got[pkg] = map[string]bool{}
		}
		for _, im := range file.Imports {
			p, _ := strconv.Unquote(im.Path.Value)
			if dep, ok := strings.CutPrefix(p, root); ok {
				got[pkg][dep] = true
			} else if (p == "net/http" || strings.HasPrefix(p, "github.com/a-h/templ")) && !web(pkg) {
				t.Errorf("%s imports %s: pages and HTTP belong into a package of pages", name, p)
			}
		}
	})
	list := map[string][]string{}
	for pkg, set := range got {
		list[pkg] = slices.Sorted(maps.Keys(set))
	}
	return list
}

func web(pkg string) bool {
	return strings.HasSuffix(pkg, "web") || strings.HasPrefix(pkg, "ui") || pkg == "api" || pkg == "app"
}

// TestImports compares the arrows between packages with deps.txt.
// AKRAB_WRITE_DEPS=1 prints what deps.txt would have to say.
func TestImports(t *testing.T) {
	allow, level := readDeps(t)
	got := imports(t)
	for _, pkg := range slices.Sorted(maps.Keys(got)) {
		deps := got[pkg]
		if os.Getenv("AKRAB_WRITE_DEPS") != "" {
			t.Logf("%s: %s", pkg, strings.Join(deps, " "))
		}
		if _, ok := allow[pkg]; !ok {
			t.Errorf("%s is not in deps.txt; it imports: %s", pkg, strings.Join(deps, " "))
			continue
		}
		if want := slices.Sorted(slices.Values(allow[pkg])); !slices.Equal(deps, want) {
			t.Errorf("%s imports %v, deps.txt says %v", pkg, deps, want)
		}
		for _, d := range deps {
			if level[d] >= level[pkg] {
				t.Errorf("%s imports %s, which does not stand above it in deps.txt", pkg, d)
			}
		}
	}
	for pkg := range allow {
		if _, ok := got[pkg]; !ok {
			t.Errorf("deps.txt names %s, which is not there", pkg)
		}
	}
}

// engineUsers may ask which engine they are on, and makers may put statements
// together.
var (
	engineUsers = []string{"db", "search", "jobs", "outbox", "portable", "journal", "list/listtest"}
	makers      = []string{"db", "list", "list/listtest", "search", "journal", "portable"}
)

func TestOnlyFewKnowTheEngineOrMakeSQL(t *testing.T) {
	files(t, 0, func(pkg, name string, fset *token.FileSet, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			x, _ := sel.X.(*ast.Ident)
			switch {
			case x != nil && x.Name == "db" && sel.Sel.Name == "Generate" && !slices.Contains(makers, pkg):
				t.Errorf("%s makes SQL at run time", fset.Position(n.Pos()))
			case x != nil && x.Name == "db" && (sel.Sel.Name == "Postgres" || sel.Sel.Name == "SQLite") && !slices.Contains(engineUsers, pkg):
				t.Errorf("%s asks for the engine", fset.Position(n.Pos()))
			}
			return true
		})
	})
}

func TestEveryPackageHasOneComment(t *testing.T) {
	count := map[string]int{}
	files(t, parser.PackageClauseOnly|parser.ParseComments, func(pkg, name string, _ *token.FileSet, file *ast.File) {
		count[pkg] += 0
		if file.Doc != nil && !strings.HasSuffix(name, "_templ.go") {
			count[pkg]++
		}
	})
	for pkg, n := range count {
		if n != 1 {
			t.Errorf("package %s has %d package comments, want 1", pkg, n)
		}
	}
}

func TestNoLooseEnds(t *testing.T) {
	files(t, parser.ParseComments, func(pkg, name string, fset *token.FileSet, file *ast.File) {
		for _, g := range file.Comments {
			for _, c := range g.List {
				for _, word := range []string{"TODO", "FIXME", "XXX"} {
					if strings.Contains(c.Text, word) {
						t.Errorf("%s: %s", fset.Position(c.Pos()), c.Text)
					}
				}
			}
		}
	})
}
