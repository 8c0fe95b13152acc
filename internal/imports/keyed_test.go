package imports_test

import (
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/imports"
)

// TestUpdatingNeedsAKey checks that an import that only changes what is there
// is refused if it can't know anything, instead of skipping every row.
func TestUpdatingNeedsAKey(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		const file = "Nama,Telepon\nBudi Santoso,0812 3456 7890\n"
		refused := func(err error) bool {
			all := errs.All(err)
			return len(all) == 1 && all[0].Field == "key"
		}
		_, err := imports.Start(t.Context(), d, strings.NewReader(file), "pelanggan.csv", imports.Options{Mode: imports.Update})
		if !refused(err) {
			t.Errorf("starting: %v", err)
		}
		j := start(t, d, "pelanggan.csv", strings.NewReader(file), imports.Options{})
		set := j.Settings
		set.Mode, set.Keys = imports.Update, nil
		if _, err := imports.Configure(t.Context(), d, j.ID, nil, set); !refused(err) {
			t.Errorf("configuring: %v", err)
		}
		set.Keys = []imports.Key{"phone"}
		if _, err := imports.Configure(t.Context(), d, j.ID, nil, set); err != nil {
			t.Errorf("with a key: %v", err)
		}
	})
}
