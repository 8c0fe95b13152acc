// Akrab is a customer-relationship platform in one binary.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/akrab-crm/akrab/internal/app"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/locale"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "akrab:", message(err))
		os.Exit(1)
	}
}

// cli is the command line. The comments of its fields are its help.
type cli struct {
	Serve    serveCmd    `cmd:"" help:"Serve the workspace over HTTP."`
	User     userCmd     `cmd:"" help:"Add users and set passwords."`
	Token    tokenCmd    `cmd:"" help:"Make tokens for programs."`
	Import   importCmd   `cmd:"" help:"Import customers, products or orders from a file (import customers FILE), or a whole exported workspace (import DIR)."`
	Export   exportCmd   `cmd:"" help:"Export the workspace in open formats to an empty folder."`
	Undo     undoCmd     `cmd:"" help:"Undo an operation."`
	Backup   backupCmd   `cmd:"" help:"Write a backup of the workspace, also while it is served."`
	Restore  restoreCmd  `cmd:"" help:"Restore a backup into a new workspace."`
	Check    checkCmd    `cmd:"" help:"Check that the data are sound."`
	Insights insightsCmd `cmd:"" help:"What is known of customers: facts, models, rules."`
	Demo     demoCmd     `cmd:"" help:"Make the demo company in a new workspace, and print how to sign in."`
	Bench    benchCmd    `cmd:"" help:"Measure speed and memory with a workspace of many customers."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

// source is where the workspace is. All commands take it.
type source struct {
	Data     string `help:"Folder of the embedded SQLite database." default:"./data" placeholder:"DIR" env:"AKRAB_DATA"`
	Database string `help:"PostgreSQL database, postgres://…; its parameter search_path names the schema." placeholder:"URL" env:"AKRAB_DATABASE"`
}

func (s source) url() string {
	if s.Database != "" {
		return s.Database
	}
	return filepath.Join(s.Data, "akrab.db")
}

// open opens the workspace, making it if there is none.
func (s source) open(ctx context.Context, e *env) (*app.App, error) {
	return app.Open(ctx, s.url(), e.log)
}

// openExisting opens the workspace, which must be there.
func (s source) openExisting(ctx context.Context, e *env) (*app.App, error) {
	if s.Database == "" {
		if _, err := os.Stat(s.url()); errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("there is no workspace in %s; akrab serve --data %s makes one", s.Data, s.Data)
		}
	}
	return s.open(ctx, e)
}

// env is what commands have around them.
type env struct {
	out, err io.Writer
	log      *slog.Logger
}

// system is who commands act as.
var system = db.Who{Name: "akrab"}

// run is main with its surroundings as arguments, so that tests can call it.
func run(ctx context.Context, args []string, out, errw io.Writer) error {
	var c cli
	exit := -1
	p, err := kong.New(&c, kong.Name("akrab"), kong.Writers(out, errw), kong.UsageOnError(), kong.Exit(func(code int) { exit = code }), kong.Vars{"seed": demoSeed},
		kong.Description("A customer-relationship platform: one record for each customer, for the whole company."))
	if err != nil {
		return err
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	k, err := p.Parse(args)
	if exit == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	e := &env{out: out, err: errw, log: slog.New(slog.NewTextHandler(errw, nil))}
	k.BindTo(ctx, (*context.Context)(nil))
	return k.Run(e)
}

// message is what is shown of an error: in words, if it has some, after what
// was tried.
func message(err error) string {
	list := errs.All(err)
	if len(list) == 0 {
		return err.Error()
	}
	p, perr := app.English()
	if perr != nil {
		return err.Error()
	}
	text := describe(p, list)
	if len(list) == 1 {
		if tried, ok := strings.CutSuffix(err.Error(), list[0].Error()); ok {
			return tried + text
		}
	}
	return text
}

func describe(p *locale.Printer, list []*errs.Error) string {
	text := ""
	for i, e := range list {
		if i > 0 {
			text += "; "
		}
		if e.Field != "" {
			text += e.Field + ": "
		}
		text += p.Error(e)
	}
	return text
}

type versionCmd struct{}

// Run prints the version of the module that was built.
func (versionCmd) Run(e *env) error {
	_, err := fmt.Fprintln(e.out, "akrab", version())
	return err
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
