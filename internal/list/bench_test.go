package list_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/list"
)

// BenchmarkList asks for lists of AKRAB_BENCH_ROWS members (20,000 if unset),
// of whom one in a hundred lives in Bandung and one in five is called "old".
// An operation is a transaction of its own, as for a request. The processor
// time of the whole process is reported too, since it says more on a busy
// machine. AKRAB_BENCH_DB names a file that keeps the members for the next time.
func BenchmarkList(b *testing.B) {
	n, err := strconv.Atoi(os.Getenv("AKRAB_BENCH_ROWS"))
	if err != nil {
		n = 20_000
	}
	user := ids.MustParse("01900000-0000-7000-8000-000000000001")
	d := benchDB(b, n, user)
	all, own := db.Who{}, db.Who{User: user, Sight: db.SeeOwn}
	city := list.Filter{Column: "city", Op: list.Eq, Values: []string{"Bandung"}}
	for _, bb := range []struct {
		name string
		who  db.Who
		q    list.Query
	}{
		{"first", all, list.Query{}},
		{"filter", all, list.Query{Filters: []list.Filter{city}}},
		{"filter+count", all, list.Query{Filters: []list.Filter{city}, Count: true}},
		{"filter+count own", own, list.Query{Filters: []list.Filter{city}, Count: true}},
		{"filter, other order", all, list.Query{Filters: []list.Filter{city}, Sort: "-fee"}},
		{"two filters", all, list.Query{Filters: []list.Filter{city, {Column: "active", Op: list.Eq, Values: []string{"true"}}}, Count: true}},
		{"half, no index", all, list.Query{Filters: []list.Filter{{Column: "active", Op: list.Eq, Values: []string{"true"}}}}},
		{"few, no index", all, list.Query{Filters: []list.Filter{{Column: "points", Op: list.Eq, Values: []string{"0.05"}}}}},
		{"common phase", all, list.Query{Filters: []list.Filter{{Column: "phase", Op: list.Eq, Values: []string{"new"}}}}},
		{"rare tag", all, list.Query{Filters: []list.Filter{{Column: "tag", Op: list.Eq, Values: []string{"rare"}}}, Count: true}},
		{"common tag", all, list.Query{Filters: []list.Filter{{Column: "tag", Op: list.Eq, Values: []string{"common"}}}, Count: true}},
		{"not tagged", all, list.Query{Filters: []list.Filter{{Column: "tag", Op: list.Ne, Values: []string{"common"}}}, Count: true}},
		{"phone", all, list.Query{Filters: []list.Filter{{Column: "phone", Op: list.Starts, Values: []string{"0812000012"}}}, Count: true}},
		{"contains", all, list.Query{Filters: []list.Filter{{Column: "name", Op: list.Contains, Values: []string{"zzz"}}}}},
		{"own", own, list.Query{}},
	} {
		b.Run("page/"+bb.name, func(b *testing.B) {
			loop(b, func() error {
				return d.Read(b.Context(), bb.who, func(tx *db.Tx) error {
					_, err := members.Page(b.Context(), tx, bb.q)
					return err
				})
			})
		})
	}
	for _, bb := range []struct {
		name string
		who  db.Who
		q    list.Query
	}{
		{"all", all, list.Query{}},
		{"own", own, list.Query{}},
		{"active", all, list.Query{Filters: []list.Filter{{Column: "active", Op: list.Eq, Values: []string{"true"}}}}},
		{"phase", all, list.Query{Filters: []list.Filter{{Column: "phase", Op: list.Eq, Values: []string{"old"}}}}},
		{"common tag", all, list.Query{Filters: []list.Filter{{Column: "tag", Op: list.Eq, Values: []string{"common"}}}}},
		{"contains", all, list.Query{Filters: []list.Filter{{Column: "name", Op: list.Contains, Values: []string{"zzz"}}}}},
	} {
		b.Run("count/"+bb.name, func(b *testing.B) {
			loop(b, func() error {
				return d.Read(b.Context(), bb.who, func(tx *db.Tx) error {
					_, err := members.Count(b.Context(), tx, bb.q)
					return err
				})
			})
		})
	}
	for _, q := range []list.Query{{}, {Sort: "fee"}} {
		b.Run("each/"+q.Sort, func(b *testing.B) {
			loop(b, func() error {
				return d.Read(b.Context(), all, func(tx *db.Tx) error {
					return members.Each(b.Context(), tx, q, func([]member) error { return nil })
				})
			})
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func benchDB(b *testing.B, n int, user ids.ID) *db.DB {
	path := os.Getenv("AKRAB_BENCH_DB")
	if path == "" {
		d := dbtest.Open(b, modules...)
		fill(b, d, n, user)
		return d
	}
	_, missing := os.Stat(path)
	d, err := db.Open(b.Context(), path)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { d.Close() })
	if err := d.Migrate(b.Context(), modules...); err != nil {
		b.Fatal(err)
	}
	if missing != nil {
		fill(b, d, n, user)
	}
	return d
}

// loop runs f b.N times and reports its processor time.
func loop(b *testing.B, f func() error) {
	b.Helper()
	var was, now syscall.Rusage
	n := 0
	for b.Loop() {
		if n == 0 {
			syscall.Getrusage(syscall.RUSAGE_SELF, &was)
		}
		n++
		if err := f(); err != nil {
			b.Fatal(err)
		}
	}
	syscall.Getrusage(syscall.RUSAGE_SELF, &now)
	used := now.Utime.Nano() + now.Stime.Nano() - was.Utime.Nano() - was.Stime.Nano()
	b.ReportMetric(float64(used)/float64(n)/1e6, "cpu-ms/op")
}

// fill adds n members with tags and telephones.
func fill(b *testing.B, d *db.DB, n int, user ids.ID) {
	b.Helper()
	first := []string{"Budi", "Siti", "Agus", "Dewi", "Rina", "Ratna", "Wahyu", "Eko", "Sri", "Made"}
	last := []string{"Santoso", "Wijaya", "Kusuma", "Lestari", "Pratama", "Hidayat", "Nugroho", "Saputra"}
	r := rand.New(rand.NewPCG(1, 2))
	all := make([]ids.ID, n)
	for i := range all {
		all[i] = ids.New(dbtest.Now.Add(time.Duration(i) * time.Second))
	}
	copyRows := func(table string, f func(ctx context.Context, tx *db.Tx) error) {
		if err := d.Write(b.Context(), db.Op{}, func(tx *db.Tx) error { return f(b.Context(), tx) }); err != nil {
			b.Fatal(table, err)
		}
	}
	copyRows("member", func(ctx context.Context, tx *db.Tx) error {
		i := -1
		return tx.Copy(ctx, `member`, []string{"id", "name", "name_key", "city", "city_key", "phase", "number", "points",
			"fee", "active", "birthday", "seen_at", "owner_id"}, func() ([]any, bool) {
			if i++; i == n {
				return nil, false
			}
			name := fmt.Sprintf("%s %s %d", first[r.IntN(len(first))], last[r.IntN(len(last))], r.IntN(100_000))
			city := fmt.Sprint("Kota ", r.IntN(300))
			if r.IntN(100) == 0 {
				city = "Bandung"
			}
			phase, owner := "new", any(nil)
			if r.IntN(5) == 0 {
				phase = "old"
			}
			if r.IntN(2) == 0 {
				owner = user
			}
			return []any{all[i], name, fold.SortKey(name), city, fold.Text(city), phase, nil, int64(r.IntN(1000)),
				int64(r.IntN(1e6)), r.IntN(2) == 0, nil, db.Millis(dbtest.Now.Add(-time.Duration(r.IntN(1e6)) * time.Second)), owner}, true
		})
	})
	copyRows("member_tag", func(ctx context.Context, tx *db.Tx) error {
		i := -1
		return tx.Copy(ctx, `member_tag`, []string{"member_id", "tag"}, func() ([]any, bool) {
			if i++; i == n {
				return nil, false
			}
			tag := "common"
			if r.IntN(1000) == 0 {
				tag = "rare"
			}
			return []any{all[i], tag}, true
		})
	})
	copyRows("member_phone", func(ctx context.Context, tx *db.Tx) error {
		i := -1
		return tx.Copy(ctx, `member_phone`, []string{"member_id", "n", "key"}, func() ([]any, bool) {
			if i++; i == n {
				return nil, false
			}
			return []any{all[i], 1, fmt.Sprintf("62812%08d", i)}, true
		})
	})
}
