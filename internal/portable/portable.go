// Package portable moves a workspace in and out: as files that people and
// other programs can read (Export, Import), as an exact copy of the database
// (Backup, Restore), and checks that what is in it fits together (Check).
//
// An export is a folder with manifest.json and, for each table of business
// data, a file of JSON objects, one a line. It holds neither secrets nor
// anything that differs between two exports of the same data, such as times
// or revisions: what is byte for byte the same is the same. It can be read
// into an empty workspace on either engine.
package portable

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
)

// Text holds the package's messages.
//
//go:embed text
var Text embed.FS

const (
	format       = "akrab-workspace"
	version      = 1
	manifestName = "manifest.json"
)

// A Manifest says what an export holds.
type Manifest struct {
	Format  string  `json:"format"`
	Version int     `json:"version"`
	Program string  `json:"program"` // version of Akrab that made it
	Tables  []Table `json:"tables"`  // parents before children
}

// A Table is a file of an export.
type Table struct {
	Name    string   `json:"name"`
	Columns []Column `json:"columns"`
	Rows    int      `json:"rows"`
	SHA256  string   `json:"sha256"` // of the file, in hexadecimal
}

// A Column is a column of a table of an export.
type Column struct {
	Name string `json:"name"`
	Type string `json:"type"` // BIGINT, TEXT, UUID, BOOLEAN, BYTEA
}

// Rows returns the number of rows in all tables.
func (m *Manifest) Rows() int {
	n := 0
	for _, t := range m.Tables {
		n += t.Rows
	}
	return n
}

// ReadManifest returns the manifest of an export. A folder that has none that
// this program understands is an Invalid error.
func ReadManifest(dir string) (Manifest, error) {
	var m Manifest
	b, err := os.ReadFile(filepath.Join(dir, manifestName))
	if errors.Is(err, os.ErrNotExist) {
		return m, errs.New(errs.Invalid, "portable.no_export").Because(err)
	}
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(b, &m); err != nil || m.Format != format {
		return m, errs.New(errs.Invalid, "portable.no_export").Because(err)
	}
	if m.Version != version {
		return m, errs.New(errs.Invalid, "portable.version", "program", m.Program)
	}
	return m, nil
}

// program returns the version of this program.
func program() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// A table is a declared table with the columns that are exported.
type table struct {
	db.Table
	key     []string
	cols    []db.Column
	refs    map[string]string // target of each column that is a foreign key
	hasMade bool              // there is a column created_op
}

// readTables returns the declared tables that are exported, parents first.
func readTables(ctx context.Context, tx *db.Tx) ([]*table, error) {
	var list []*table
	byName := map[string]*table{}
	for _, def := range tx.DB().Tables() {
		if def.Private {
			continue
		}
		cols, err := tx.Columns(ctx, def.Name)
		if err != nil {
			return nil, err
		}
		t := &table{Table: def, key: def.PrimaryKey(), refs: map[string]string{}}
		for _, c := range cols {
			t.hasMade = t.hasMade || c.Name == "created_op"
			if !def.Omits(c.Name) {
				t.cols = append(t.cols, c)
			}
		}
		list = append(list, t)
		byName[t.Name] = t
	}
	keys, err := tx.ForeignKeys(ctx)
	for _, k := range keys {
		if t := byName[k.Table]; t != nil {
			t.refs[k.Column] = k.Target
		}
	}
	return list, err
}

// single reports whether a row of t is a record of its own.
func (t *table) single() bool { return t.Parent == "" && len(t.key) == 1 }

// id returns the id of a record of t.
func (t *table) id(vals []any, cols []db.Column) ids.ID {
	for i, c := range cols {
		if c.Name == t.key[0] {
			id, _ := vals[i].(ids.ID)
			return id
		}
	}
	return ids.ID{}
}

// inTable says in which table, and in which row of its file, something is wrong.
func inTable(err error, name string, n int) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s, line %d: %w", name, n, err)
}
