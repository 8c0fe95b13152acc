package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/app"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/insights"
)

// sales writes a file of orders of n customers, three of each.
func sales(t *testing.T, n int) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID\n")
	for i := range 3 * n {
		fmt.Fprintf(&b, "I%d,P%d,Filter,2,%s,1000,C%d\n", i, i%7, time.Date(2025, 1, 1+i%200, 9, 0, 0, 0, time.UTC).Format("2006-01-02 15:04:05"), i%n)
	}
	name := filepath.Join(t.TempDir(), "orders.csv")
	if err := os.WriteFile(name, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// sourceOf returns the workspace of a flag.
func sourceOf(at string) source {
	flag, value, _ := strings.Cut(at, "=")
	if flag == "--data" {
		return source{Data: value}
	}
	return source{Database: value}
}

// facts counts the customers who have facts, and those whose facts are wrong.
func facts(t *testing.T, a *app.App) (n, wrong int) {
	t.Helper()
	err := a.DB.Read(t.Context(), system, func(tx *db.Tx) (err error) {
		if n, err = insights.CountFacts(t.Context(), tx, 1000); err != nil {
			return err
		}
		wrong, err = insights.Wrong(t.Context(), tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n, wrong
}

func forget(t *testing.T, a *app.App) {
	t.Helper()
	err := a.DB.Write(t.Context(), db.Op{}, func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `DELETE FROM customer_fact`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A run over all customers in another process tells how far it is, why it
// failed, and ends with whoever began it. After a kill the next does it all.
func TestElsewhere(t *testing.T) {
	eachEngine(t, func(t *testing.T, fresh func() string) {
		at := fresh()
		akrab(t, "import", "orders", sales(t, 40), at)
		a := open(t, at)
		exe, err := exec.LookPath("akrab")
		if err != nil {
			t.Fatal(err)
		}
		do := sourceOf(at).by(exe)

		forget(t, a)
		var last, total int64
		if err := do(t.Context(), []string{"refresh", "--keep-as-of", "--progress"}, func(_ context.Context, done, all int64) error { last, total = done, all; return nil }); err != nil {
			t.Fatal(err)
		}
		if n, wrong := facts(t, a); n != 40 || wrong != 0 || last != 40 || total != 40 {
			t.Errorf("%d facts, %d wrong, progress %d of %d; want 40 of 40", n, wrong, last, total)
		}
		if err := do(t.Context(), []string{"phases", "--cause", "x"}, nil); err == nil || !strings.Contains(err.Error(), "akrab:") {
			t.Errorf("error %v, want what the process said", err)
		}
		enough := errors.New("enough")
		if err := do(t.Context(), []string{"refresh", "--keep-as-of", "--progress"}, func(context.Context, int64, int64) error { return enough }); err != enough {
			t.Errorf("error %v, want %v", err, enough)
		}

		forget(t, a)
		p := start(t, "insights", "refresh", "--learn", at)
		until(t, "the run began", func() bool {
			var held int64
			err := a.DB.Read(t.Context(), system, func(tx *db.Tx) (err error) {
				held, _, err = db.Find(t.Context(), tx, db.One[int64], `SELECT n FROM insights_run WHERE name = 'mass' AND n > $1`, time.Now().UnixMilli())
				return err
			})
			return err != nil || held > 0 || p.ended()
		})
		p.kill()
		akrab(t, "insights", "refresh", "--json", at) // waits until the dead one's lease is over
		if n, wrong := facts(t, a); n != 40 || wrong != 0 {
			t.Errorf("after a kill: %d facts, %d wrong", n, wrong)
		}
		akrab(t, "check", at)
	})
}
