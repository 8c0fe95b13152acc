package imports

import (
	"context"
	"strings"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/sheet"
)

// Configure changes how the file of an import is read, before it runs. A nil
// format stays as it is. Columns that another format brings are guessed. It
// returns Invalid errors for a format that doesn't fit the file, at the fields
// map, key and mode, and a Conflict error if the import runs or has run.
func Configure(ctx context.Context, d *db.DB, id ids.ID, format *sheet.Format, s Settings) (Job, error) {
	j, err := getJob(ctx, d, id)
	if err != nil {
		return j, err
	}
	if err := j.canBegin(); err != nil {
		return j, err
	}
	if s.Mode != "" && !validMode(s.Mode) {
		return j, errs.InvalidField("mode", "error.choice")
	}
	if format != nil && j.Source == fromSheet && *format != j.Format {
		look, err := j.look(ctx, d, format, sampleRows)
		if err != nil {
			return j, err
		}
		j.Format, j.Header = look.Format, look.Header
		s.Map = j.Kind.over(s.Map.kept(j.Header), look.guessed, j.Header)
	}
	s.Map = s.Map.kept(j.Header)
	if err := j.Kind.valid(s.Map); err != nil {
		return j, err
	}
	if err := j.Kind.check(s.Map, j.Header, s.Keys); err != nil {
		return j, err
	}
	j.Kind.noun().defaults(&s, j.Kind.targets(s.Map, j.Header))
	if err := j.Kind.keyed(&s); err != nil {
		return j, err
	}
	j.Settings = s
	j.State = Mapped
	return j, j.keepSettings(ctx, d)
}

// keyed returns an Invalid error at the field key for settings that change what
// is there and say not by what it is known: every row would be skipped. Orders
// are always known by their numbers.
func (k Kind) keyed(s *Settings) error {
	if s.Mode == Update && len(s.Keys) == 0 && k != Orders {
		return errs.InvalidField("key", "import.key.missing")
	}
	return nil
}

// keepSettings stores how the file is read.
func (j *Job) keepSettings(ctx context.Context, d *db.DB) error {
	return d.Write(ctx, db.Op{}, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `
			UPDATE import_job SET kind = $8, format = $2, header = $3, map = $4, keys = $5, mode = $6, erase = $7, options = $9, state = 'mapped'
			WHERE id = $1 AND op IS NULL AND state NOT IN ('running', 'uploading')`,
			j.ID, toJSON(j.Format), toJSON(j.Header), toJSON(j.Map), toJSON(j.Keys), j.Mode, j.Erase, j.Kind, j.options())
		if err == nil && n == 0 {
			return errs.New(errs.Conflict, "import.running")
		}
		return err
	})
}

// SetKind makes an import one of another kind, with what is guessed of the file
// then. It returns an Invalid error for what is no kind, and a Conflict error
// if the import runs or has run.
func SetKind(ctx context.Context, d *db.DB, id ids.ID, kind Kind) (Job, error) {
	j, err := getJob(ctx, d, id)
	if err != nil {
		return j, err
	}
	if err := j.canBegin(); err != nil {
		return j, err
	}
	if j.Kind, err = ParseKind(string(kind)); err != nil {
		return j, err
	}
	if j.Source == fromCards && j.Kind != Customers {
		return j, errs.InvalidField("kind", "import.cards")
	}
	look, err := j.look(ctx, d, &j.Format, sampleRows)
	if err != nil {
		return j, err
	}
	j.Settings = Settings{Map: look.guessed, Currency: j.Currency}
	targets := j.Kind.targets(j.Map, j.Header)
	j.Kind.noun().defaults(&j.Settings, targets)
	if j.Kind == Orders {
		j.Returns = guessReturns(&look, targets)
	}
	j.State = Mapped
	return j, j.keepSettings(ctx, d)
}

func getJob(ctx context.Context, d *db.DB, id ids.ID) (j Job, err error) {
	err = d.Read(ctx, db.Who{}, func(tx *db.Tx) error {
		j, err = Get(ctx, tx, id)
		return err
	})
	return j, err
}

// kept returns what m says of columns that a file has.
func (m Mapping) kept(header []string) Mapping {
	out := Mapping{}
	for _, h := range header {
		if text, ok := m[h]; ok {
			out[h] = text
		}
	}
	return out
}

// valid returns an Invalid error that names a target that is none, or that two
// columns have.
func (k Kind) valid(m Mapping) error {
	used := map[Target]string{}
	for h, text := range m {
		if text == "" {
			continue
		}
		t, ok := k.ParseTarget(text)
		if !ok {
			return errs.InvalidField("map", "import.map.field", "name", clip(text, 100))
		}
		if _, again := used[t]; again && !k.noun().joined(t) {
			return errs.InvalidField("map", "import.map.field_twice", "name", t.String())
		}
		used[t] = h
	}
	return nil
}

// A Preview is how the first rows of a file look with the settings of its import.
type Preview struct {
	Look
	Columns []Column
	Drafts  []Draft // of each row
}

// A Column is a column of the file.
type Column struct {
	Header  string
	Target  Target
	Samples []string // up to three different cells that aren't empty
}

// A Draft is what a row would become.
type Draft struct {
	Name     string // of the record; empty if it has none
	Empty    bool
	Problems []Problem
}

// Preview reads the first rows of an import that doesn't run. An error of the
// file itself, such as a wrong encoding, is returned as it is.
func (j *Job) Preview(ctx context.Context, d *db.DB, rows int) (Preview, error) {
	var p Preview
	var err error
	if p.Look, err = j.look(ctx, d, &j.Format, rows); err != nil {
		return p, err
	}
	prog, err := j.program(ctx, d, p.Header)
	if err != nil {
		return p, err
	}
	read := prog.reader()
	for i, cells := range p.Rows {
		r := read.read(&sheet.Row{N: i + 1, Cells: cells, Err: p.Errs[i]})
		p.Drafts = append(p.Drafts, Draft{Name: r.name, Empty: r.empty, Problems: r.problems})
	}
	for i, t := range j.Kind.targets(j.Map, p.Header) {
		p.Columns = append(p.Columns, Column{Header: p.Header[i], Target: t, Samples: samples(p.Rows, i)})
	}
	return p, nil
}

func samples(rows [][]string, column int) []string {
	var list []string
	for _, row := range rows {
		if column >= len(row) {
			continue
		}
		s := strings.TrimSpace(row[column])
		again := false
		for _, have := range list {
			again = again || have == s
		}
		if s != "" && !again {
			list = append(list, clip(s, 80))
		}
		if len(list) == 3 {
			break
		}
	}
	return list
}

// program makes the import's mapping ready for rows with the given header.
func (j *Job) program(ctx context.Context, d *db.DB, header []string) (program, error) {
	env, err := readEnv(ctx, d, j.Who)
	if err != nil {
		return nil, err
	}
	return j.Kind.noun().program(j, header, &env), nil
}
