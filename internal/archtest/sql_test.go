package archtest

import (
	"fmt"
	"go/ast"
	"go/constant"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"

	"github.com/akrab-crm/akrab/internal/app"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/search"
)

// statements returns every SQL statement of the program with where it stands:
// the constants of type db.stmt.
func statements(t *testing.T) map[string]string {
	pkgs, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedImports | packages.NeedDeps,
	}, root+"...")
	if err != nil {
		t.Fatal(err)
	}
	list := map[string]string{}
	for _, p := range pkgs {
		for _, f := range p.Syntax {
			ast.Inspect(f, func(n ast.Node) bool {
				e, ok := n.(ast.Expr)
				if !ok {
					return true
				}
				tv := p.TypesInfo.Types[e]
				if tv.Value == nil || tv.Type == nil || tv.Type.String() != root+"db.stmt" {
					return true
				}
				list[p.Fset.Position(e.Pos()).String()] = constant.StringVal(tv.Value)
				return false
			})
		}
	}
	return list
}

// oneEngine are words of statements that db, search and jobs write for one
// engine only.
var oneEngine = map[db.Engine][]string{
	db.SQLite:   {"information_schema", "pg_", "to_tsquery", "hashtext", "current_schema", "unnest"},
	db.Postgres: {"sqlite_master", "pragma_", "MATCH", "search_word", "rowid"},
}

// TestStatements prepares every statement of the program on both engines.
func TestStatements(t *testing.T) {
	if testing.Short() {
		t.Skip("loads the whole program")
	}
	list := statements(t)
	if len(list) < 100 {
		t.Fatalf("found only %d statements", len(list))
	}
	dbtest.Each(t, app.Modules, func(t *testing.T, d *db.DB) {
		if err := search.Prepare(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		for pos, text := range list {
			if skipped(d.Engine(), text) || !strings.Contains(text, " ") {
				continue // a table's name for Copy
			}
			if err := d.Prepares(t.Context(), withList(text)); err != nil {
				t.Errorf("%s: %v\n%s", pos, err, text)
			}
		}
	})
}

var parameter = regexp.MustCompile(`\$(\d+)`)

// withList puts two parameters where db.ListIn puts its list.
func withList(text string) string {
	top := 0
	for _, m := range parameter.FindAllStringSubmatch(text, -1) {
		n, _ := strconv.Atoi(m[1])
		top = max(top, n)
	}
	return strings.ReplaceAll(text, "$list", fmt.Sprintf("$%d, $%d", top+1, top+2))
}

func skipped(e db.Engine, text string) bool {
	for _, word := range oneEngine[e] {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}
