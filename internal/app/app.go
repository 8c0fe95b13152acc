// Package app assembles Akrab from its modules.
package app

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/activity/activityweb"
	"github.com/akrab-crm/akrab/internal/api"
	"github.com/akrab-crm/akrab/internal/calendar"
	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/catalog/catalogweb"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/customers/customersweb"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/demo"
	"github.com/akrab-crm/akrab/internal/demo/demoweb"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/imports"
	"github.com/akrab-crm/akrab/internal/imports/importsweb"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/insights/insightsweb"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/journal/historyweb"
	"github.com/akrab-crm/akrab/internal/journal/journalweb"
	"github.com/akrab-crm/akrab/internal/lifecycle"
	"github.com/akrab-crm/akrab/internal/lifecycle/lifecycleweb"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/list/bulkweb"
	"github.com/akrab-crm/akrab/internal/list/listweb"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/mail"
	"github.com/akrab-crm/akrab/internal/myday"
	"github.com/akrab-crm/akrab/internal/myday/mydayweb"
	"github.com/akrab-crm/akrab/internal/notices"
	"github.com/akrab-crm/akrab/internal/offers"
	"github.com/akrab-crm/akrab/internal/offers/offersweb"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/orders/ordersweb"
	"github.com/akrab-crm/akrab/internal/outbox"
	"github.com/akrab-crm/akrab/internal/portable"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/segments"
	"github.com/akrab-crm/akrab/internal/segments/segmentsweb"
	"github.com/akrab-crm/akrab/internal/sheet"
	"github.com/akrab-crm/akrab/internal/tasks"
	"github.com/akrab-crm/akrab/internal/tasks/tasksweb"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/vcard"
	"github.com/akrab-crm/akrab/internal/views"
	"github.com/akrab-crm/akrab/internal/workspace"
)

// Modules lists the modules that have tables, in dependency order.
var Modules = []db.Module{
	outbox.Module, jobs.Module, search.Module, journal.Module,
	workspace.Module, mail.Module, team.Module, views.Module, notices.Module, customers.Module, activity.Module, catalog.Module, orders.Module, tasks.Module, imports.Module, insights.Module, segments.Module, offers.Module, lifecycle.Module, myday.Module, api.Module,
}

//go:embed text/*.json
var text embed.FS

// texts are the messages of all packages.
var texts = []fs.FS{
	text, portable.Text, mail.Text, notices.Text,
	sheet.Text, vcard.Text, list.Text, journal.Text, workspace.Text, team.Text, views.Text, customers.Text, activity.Text, catalog.Text, orders.Text, calendar.Text, tasks.Text, tasksweb.Text, imports.Text, insights.Text, segments.Text, offers.Text, lifecycle.Text, lifecycleweb.Text, insightsweb.Text, demo.Text, myday.Text, mydayweb.Text, api.Text,
	ui.Text, listweb.Text, bulkweb.Text, customersweb.Text, ordersweb.Text, offersweb.Text, activityweb.Text, catalogweb.Text, segmentsweb.Text, importsweb.Text, demoweb.Text, historyweb.Text, journalweb.Text,
}

// Permissions are those of all modules, in the order in which the page of a
// role shows them.
var Permissions = slices.Concat(
	customers.Permissions, activity.Permissions, catalog.Permissions, orders.Permissions, tasks.Permissions, insights.Permissions, segments.Permissions, offers.Permissions,
	[]team.Permission{
		{Key: imports.PermRun, Label: "perm.imports.run", Group: "imports.permissions", Roles: []string{"manager"}},
		{Key: api.PermOperations, Label: "perm.operations.read", Group: "operations.permissions", Roles: []string{"manager", "agent", "viewer"}},
		{Key: api.PermUndo, Label: "perm.operations.undo", Group: "operations.permissions", Roles: []string{"manager"}},
	},
	views.Permissions, team.Permissions,
)

// Catalogue returns the messages of the program in both languages.
var Catalogue = sync.OnceValues(func() (*locale.Catalogue, error) { return locale.Load(texts...) })

// English returns a printer for the command line.
func English() (*locale.Printer, error) {
	cat, err := Catalogue()
	if err != nil {
		return nil, err
	}
	set := workspace.Default()
	return cat.Printer(locale.EN, set.Locale()), nil
}

// An App is a workspace with everything that works on it.
type App struct {
	DB        *db.DB
	Catalogue *locale.Catalogue
	Search    *search.Index
	Book      *customers.Book
	Shelf     *catalog.Shelf
	Bus       *outbox.Bus
	Jobs      *jobs.Runner
	Offers    *offers.Desk
	Log       *slog.Logger

	// Cares knows of complaints, unpaid invoices and satisfaction; nil until a
	// module does.
	Cares insights.Cares

	// Elsewhere does long work on all facts in another process; nil for this one.
	Elsewhere insights.Elsewhere
}

// Open opens the workspace at url, making or migrating it, and assembles the
// App. The caller closes it.
func Open(ctx context.Context, url string, log *slog.Logger) (*App, error) {
	cat, err := Catalogue()
	if err != nil {
		return nil, err
	}
	d, err := db.Open(ctx, url)
	if err != nil {
		return nil, err
	}
	if err := d.Migrate(ctx, Modules...); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	if err := search.Prepare(ctx, d); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	a := New(d, cat, log)
	return a, nil
}

// New assembles an App on an open, migrated database.
func New(d *db.DB, cat *locale.Catalogue, log *slog.Logger) *App {
	a := &App{
		DB: d, Catalogue: cat, Log: log, Search: &search.Index{},
		Book:  &customers.Book{Leaving: []func(context.Context, *db.Tx, []ids.ID) error{orders.Leaving, activity.Leave, tasks.Leave, offers.Leave}, List: segments.Customers},
		Shelf: &catalog.Shelf{Used: []catalog.Asker{orders.Used, offers.Used}},
		Bus:   outbox.NewBus(d, log), Jobs: jobs.NewRunner(d, log),
		Offers: &offers.Desk{Models: insights.Associations},
	}
	a.Search.Add(customers.Source)
	a.Search.Add(orders.Source)
	a.Search.Add(tasks.Source)
	a.Search.Add(catalog.Source)
	subscribe(a)
	return a
}

// Close closes the workspace.
func (a *App) Close() error {
	a.Offers.Flush(context.Background())
	return a.DB.Close()
}

// Work delivers events and runs jobs until ctx ends.
func (a *App) Work(ctx context.Context) error {
	if err := team.Upgrade(ctx, a.DB, Permissions); err != nil {
		return err
	}
	var wg sync.WaitGroup
	var bus, work error
	wg.Go(func() { bus = a.Bus.Run(ctx) })
	wg.Go(func() { work = a.Jobs.Run(ctx) })
	wg.Go(func() { a.takeUp(ctx) })
	wg.Wait()
	return errors.Join(bus, work)
}

// takeUp goes on with imports and undos that a process left which was killed
// just before this one started. Before they have been silent for a while they
// can't be told from those that another process works on.
func (a *App) takeUp(ctx context.Context) {
	select {
	case <-ctx.Done():
		return
	case <-time.After(max(imports.Stalled, journal.Patience) + time.Second):
	}
	err := imports.Revive(ctx, a.DB)
	if err = errors.Join(err, resumeUndos(ctx, a.DB)); err != nil && ctx.Err() == nil {
		a.Log.Error("what was interrupted could not be taken up", "err", err)
	}
}

// eachSlice calls purge in transactions of the background until it has nothing
// more to do.
func (a *App) eachSlice(ctx context.Context, purge func(ctx context.Context, tx *db.Tx) (more bool, err error)) error {
	for more := true; more; {
		err := a.DB.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) (err error) {
			more, err = purge(ctx, tx)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// retention is how long history is kept.
const retention = 400 * 24 * time.Hour
