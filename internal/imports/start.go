package imports

import (
	"cmp"
	"context"
	"errors"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/sheet"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/workspace"
)

// Options say how a file is to be imported. The zero Options leave everything
// to be guessed.
type Options struct {
	Who    db.Who
	Kind   Kind          // Customers if empty
	Format *sheet.Format // nil to guess
	Map    []byte        // JSON for Kind.ParseMapping; columns that it doesn't name are guessed
	Keys   []string      // for Kind.ParseKeys
	Mode   Mode          // empty: what is usual for the kind and the keys
	Erase  bool          // an empty cell empties the field of a record that is changed

	Currency string      // code of the currency of prices whose row names none; empty for the workspace's
	Returns  *ReturnRule // nil to guess

	// Recall takes the settings of the last import of a file with the same
	// columns in place of a guess, and guesses the kind if it is empty. It is
	// for people, who see what was taken.
	Recall bool

	MaxBytes int64 // of the file; 2 GiB if zero
}

// MaxFile is how large a file may be if nothing else is said, in bytes.
const MaxFile = 2 << 30

const (
	sampleRows = 100
	maxName    = 200
)

// Start stores a file and guesses how it is to be read. It returns Invalid
// errors for a file that is no table (those of [sheet.Open]) and for options
// that don't fit it, at the fields kind, map, key and mode, and a TooLarge
// error; nothing is kept then.
func Start(ctx context.Context, d *db.DB, r io.Reader, name string, opt Options) (Job, error) {
	guessKind := opt.Kind == "" && opt.Recall
	if opt.Kind == "" {
		opt.Kind = Customers
	}
	kind, err := ParseKind(string(opt.Kind))
	if err != nil {
		return Job{}, err
	}
	if opt.MaxBytes <= 0 {
		opt.MaxBytes = MaxFile
	}
	keys, err := kind.ParseKeys(opt.Keys)
	if err != nil {
		return Job{}, err
	}
	j := Job{Kind: kind, Name: fileName(name), Who: opt.Who, State: Uploading}
	j.Keys, j.Mode, j.Erase = keys, opt.Mode, opt.Erase
	if opt.Returns != nil {
		j.Returns = *opt.Returns
	}
	if opt.Currency != "" {
		if j.Currency, err = money.ParseCurrency(opt.Currency); err != nil {
			return j, errs.InvalidField("currency", "money.currency")
		}
	}
	if j.Mode != "" && !validMode(j.Mode) {
		return j, errs.InvalidField("mode", "error.choice")
	}
	if err := j.insert(ctx, d); err != nil {
		return j, err
	}
	if j.Size, err = store(ctx, d, j.ID, r, opt.MaxBytes); err == nil {
		err = j.examine(ctx, d, opt, guessKind)
	}
	if err != nil {
		if err2 := Delete(context.WithoutCancel(ctx), d, j.ID); err2 != nil {
			return j, err2
		}
		return j, err
	}
	return j, nil
}

// fileName returns the last part of a path of any system, made safe to show.
func fileName(name string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, "\uFFFD"), `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, name)
	if name == "." || name == "/" {
		name = ""
	}
	return clip(name, maxName)
}

func (j *Job) insert(ctx context.Context, d *db.DB) error {
	return d.Write(ctx, db.Op{}, func(tx *db.Tx) error {
		j.ID, j.Made = ids.New(tx.Now), tx.Now
		_, err := tx.Exec(ctx, `
			INSERT INTO import_job (id, kind, name, source, format, header, map, keys, mode, erase, dry_run, state, problem,
				actor, actor_name, sight, team, size, used, place,
				created, updated, skipped, errors, warnings, duplicates, organizations, made_at)
			VALUES ($1, $2, $3, '', '', '', '', $4, $5, $6, FALSE, 'uploading', '', $7, $8, $9, $10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, $11)`,
			j.ID, j.Kind, j.Name, toJSON(j.Keys), cmp.Or(j.Mode, Create), j.Erase, j.Who.User, j.Who.Name, int64(j.Who.Sight), j.Who.Team, db.Millis(tx.Now))
		return err
	})
}

func validMode(m Mode) bool { return m == Create || m == Update || m == Upsert }

// examine looks into the stored file.
func (j *Job) examine(ctx context.Context, d *db.DB, opt Options, guessKind bool) error {
	var err error
	if j.Source, err = sourceOf(newContent(ctx, d, j.ID, j.Size), j.Name); err != nil {
		return err
	}
	if j.Source == fromCards && j.Kind != Customers {
		return errs.InvalidField("kind", "import.cards")
	}
	look, err := j.look(ctx, d, opt.Format, sampleRows)
	if err != nil {
		return err
	}
	if kind := kindOf(&look); guessKind && j.Source != fromCards && kind != j.Kind {
		j.Kind = kind
		if look, err = j.look(ctx, d, opt.Format, sampleRows); err != nil {
			return err
		}
	}
	j.Format, j.Header = look.Format, look.Header
	mapping, err := j.Kind.ParseMapping(opt.Map, j.Header)
	if err != nil {
		return err
	}
	guessed, recalled := look.guessed, false
	if opt.Recall {
		last, ok, err := j.remembered(ctx, d)
		if err != nil {
			return err
		}
		if ok {
			j.Kind = last.kind
			guessed, j.Settings, recalled = last.Map, last.Settings, true
		}
	}
	j.Map = j.Kind.over(mapping, guessed, j.Header)
	j.Kind.noun().defaults(&j.Settings, j.Kind.targets(j.Map, j.Header))
	if opt.Returns == nil && j.Kind == Orders && !recalled {
		j.Returns = guessReturns(&look, j.Kind.targets(j.Map, j.Header))
	}
	if opt.Mode != "" {
		if err := j.Kind.keyed(&j.Settings); err != nil {
			return err
		}
	}
	// Who gives a mapping or keys wants them; a guess may still be corrected.
	if len(mapping) > 0 || len(opt.Keys) > 0 {
		if err := j.check(); err != nil {
			return err
		}
	}
	j.State = Uploaded
	return d.Write(ctx, db.Op{}, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE import_job SET source = $2, format = $3, header = $4, map = $5, keys = $6, mode = $7, size = $8, kind = $9, options = $10, state = 'uploaded'
			WHERE id = $1`,
			j.ID, j.Source, toJSON(j.Format), toJSON(j.Header), toJSON(j.Map), toJSON(j.Keys), j.Mode, j.Size, j.Kind, j.options())
		return err
	})
}

// Agrees reports whether somebody who asks for an import of the same file with
// opt means this one.
func (j *Job) Agrees(opt Options) bool {
	asked := Settings{Mode: opt.Mode, Erase: opt.Erase, Currency: money.Currency(strings.ToUpper(opt.Currency)), Returns: j.Returns}
	if opt.Returns != nil {
		asked.Returns = *opt.Returns
	}
	var err error
	if asked.Keys, err = j.Kind.ParseKeys(opt.Keys); err != nil || j.Kind != opt.Kind {
		return false
	}
	j.Kind.noun().defaults(&asked, j.Kind.targets(j.Map, j.Header))
	return slices.Equal(asked.Keys, j.Keys) && asked.Mode == j.Mode && asked.Currency == j.Currency && asked.Returns == j.Returns
}

// A Look is what is seen in a file before it is imported.
type Look struct {
	Format sheet.Format
	Sheets []string // of an XLSX file
	Header []string
	Rows   [][]string // the first ones
	Errs   []error    // what is wrong with each of them, or nil

	guessed Mapping
}

// look reads the first rows of the file, in the given format or in the guessed
// one, and guesses what its columns are.
func (j *Job) look(ctx context.Context, d *db.DB, f *sheet.Format, rows int) (Look, error) {
	var l Look
	var src rowSource
	c := newContent(ctx, d, j.ID, j.Size)
	if j.Source == fromCards {
		cards, err := openCards(c)
		if err != nil {
			return l, err
		}
		src, l.guessed = cards, cards.mapping()
	} else {
		r, err := sheet.Open(c, j.Name, f)
		if err != nil {
			return l, err
		}
		src, l.Format, l.Sheets = r, r.Format(), r.Sheets()
	}
	defer src.Close()
	l.Header = src.Header()
	for len(l.Rows) < rows {
		row, err := src.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return l, err
		}
		l.Rows = append(l.Rows, append([]string(nil), row.Cells...))
		l.Errs = append(l.Errs, row.Err)
	}
	if j.Source == fromCards {
		return l, nil
	}
	env, err := readEnv(ctx, d, j.Who)
	if err != nil {
		return l, err
	}
	if isOwn(l.Header) && !l.Format.Unescape {
		l.Format.Unescape = true
		again, err := j.look(ctx, d, &l.Format, rows)
		return again, err
	}
	g := sample{
		header: l.Header, rows: l.Rows, named: l.Format.Header, order: locale.DateOrder(l.Format.DateOrder),
		region: env.set.Region, owners: env.owners,
	}
	l.guessed = Mapping{}
	for i, t := range j.Kind.noun().guess(&g) {
		l.guessed[l.Header[i]] = t.String()
	}
	return l, nil
}

// isOwn reports whether a file was written by Akrab.
func isOwn(header []string) bool {
	for _, h := range header {
		if strings.HasPrefix(h, ownPrefix) {
			return true
		}
		if _, ok := ownName(h); ok {
			return true
		}
	}
	return false
}

// env is what reading rows depends on besides the file.
type env struct {
	set    workspace.Settings
	owners map[string]ids.ID
}

// zone returns where imported times without a zone are.
func (e *env) zone() *time.Location {
	if zone := e.set.Locale().Zone; zone != nil {
		return zone
	}
	return time.UTC
}

// order returns the order of dates in a file.
func (e *env) order(j *Job) locale.DateOrder {
	return cmp.Or(locale.DateOrder(j.Format.DateOrder), locale.DMY)
}

func readEnv(ctx context.Context, d *db.DB, who db.Who) (env, error) {
	e := env{owners: map[string]ids.ID{}}
	err := d.Read(ctx, who, func(tx *db.Tx) (err error) {
		if e.set, err = workspace.Get(ctx, tx); err != nil {
			return err
		}
		users, err := team.Users(ctx, tx, true)
		if err != nil {
			return err
		}
		twice := map[string]bool{}
		for _, u := range users {
			name := strings.ToLower(strings.TrimSpace(u.Name))
			if _, ok := e.owners[name]; ok {
				twice[name] = true
			}
			e.owners[name] = u.ID
		}
		for name := range twice {
			delete(e.owners, name) // two people of that name: the address tells them apart
		}
		for _, u := range users {
			e.owners[strings.ToLower(u.Email)] = u.ID
			e.owners[u.ID.String()] = u.ID
		}
		return nil
	})
	return e, err
}

// A memory is how a file with the same columns was imported last.
type memory struct {
	kind Kind
	Settings
}

func scanMemory(row db.Scanner, m *memory) error {
	var mapping, keys, options string
	if err := row.Scan(&m.kind, &mapping, &keys, &m.Mode, &options); err != nil {
		return err
	}
	return errors.Join(fromJSON(mapping, &m.Map), fromJSON(keys, &m.Keys), m.setOptions(options))
}

// remembered returns how a file with the same columns was imported last.
func (j *Job) remembered(ctx context.Context, d *db.DB) (m memory, ok bool, err error) {
	if j.Source != fromSheet || !j.Format.Header {
		return m, false, nil
	}
	err = d.Read(ctx, j.Who, func(tx *db.Tx) error {
		m, ok, err = db.Find(ctx, tx, scanMemory, `SELECT kind, map, keys, mode, options FROM import_map WHERE print = $1`, fingerprint(j.Source, j.Header))
		return err
	})
	return m, ok, err
}

// remember keeps how the file is imported, for the next one with its columns.
func (j *Job) remember(ctx context.Context, tx *db.Tx) error {
	if j.Source != fromSheet || !j.Format.Header {
		return nil
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO import_map (print, kind, map, keys, mode, options, used_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (print) DO UPDATE SET kind = excluded.kind, map = excluded.map, keys = excluded.keys, mode = excluded.mode,
			options = excluded.options, used_at = excluded.used_at`,
		fingerprint(j.Source, j.Header), j.Kind, toJSON(j.Map), toJSON(j.Keys), j.Mode, j.options(), db.Millis(tx.Now))
	return err
}

// Delete removes an import that doesn't run, with its file. What it brought stays.
func Delete(ctx context.Context, d *db.DB, id ids.ID) error {
	err := d.Read(ctx, db.Who{}, func(tx *db.Tx) error {
		j, err := Get(ctx, tx, id)
		if err == nil && j.State == Running {
			return errs.New(errs.Conflict, "import.running")
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := removeFile(ctx, d, id); err != nil {
		return err
	}
	return d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error {
		if err := forgetRows(ctx, tx, id); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `DELETE FROM import_job WHERE id = $1 AND state <> 'running'`, id)
		return err
	})
}

// forgetRows deletes what a run noted about rows.
func forgetRows(ctx context.Context, tx *db.Tx, id ids.ID) error {
	if _, err := tx.Exec(ctx, `DELETE FROM import_row WHERE import_id = $1`, id); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM import_repeat WHERE import_id = $1`, id); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM import_order WHERE import_id = $1`, id); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM import_org WHERE import_id = $1`, id)
	return err
}
