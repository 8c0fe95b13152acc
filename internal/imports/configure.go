package imports

import (
	"context"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
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
	if !validMode(s.Mode) {
		return j, errs.InvalidField("mode", "error.choice")
	}
	if format != nil && j.Source == fromSheet && *format != j.Format {
		look, err := j.look(ctx, d, format, sampleRows)
		if err != nil {
			return j, err
		}
		j.Format, j.Header = look.Format, look.Header
		s.Map = s.Map.kept(j.Header).over(look.guessed, j.Header)
	}
	s.Map = s.Map.kept(j.Header)
	if err := s.Map.valid(); err != nil {
		return j, err
	}
	if err := s.Map.check(j.Header, s.Keys); err != nil {
		return j, err
	}
	j.Settings = s
	if j.Mode == "" {
		j.Mode = defaultMode(j.Keys)
	}
	j.State = Mapped
	err = d.Write(ctx, db.Op{}, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `
			UPDATE import_job SET format = $2, header = $3, map = $4, keys = $5, mode = $6, erase = $7, state = 'mapped'
			WHERE id = $1 AND op IS NULL AND state NOT IN ('running', 'uploading')`,
			id, toJSON(j.Format), toJSON(j.Header), toJSON(j.Map), toJSON(j.Keys), j.Mode, j.Erase)
		if err == nil && n == 0 {
			return errs.New(errs.Conflict, "import.running")
		}
		return err
	})
	return j, err
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
func (m Mapping) valid() error {
	used := map[Target]string{}
	for h, text := range m {
		if text == "" {
			continue
		}
		t, ok := ParseTarget(text)
		if !ok {
			return errs.InvalidField("map", "import.map.field", "name", clip(text, 100))
		}
		if _, again := used[t]; again && !isJoined(t) {
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
	Name     string // of the customer; empty if it has none
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
	b := builder{p: prog}
	for i, cells := range p.Rows {
		row := sheet.Row{N: i + 1, Cells: cells, Err: p.Errs[i]}
		dr := b.build(&row)
		name := dr.c.Name
		if dr.org != "" && name == "" {
			name = dr.org
		}
		p.Drafts = append(p.Drafts, Draft{Name: name, Empty: dr.empty, Problems: dr.problems})
	}
	for i, t := range j.Map.targets(p.Header) {
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
func (j *Job) program(ctx context.Context, d *db.DB, header []string) (*program, error) {
	env, err := readEnv(ctx, d, j.Who)
	if err != nil {
		return nil, err
	}
	p := compile(header, j.Map)
	p.order, p.region, p.owners = locale.DateOrder(j.Format.DateOrder), env.set.Region, env.owners
	if p.order == "" {
		p.order = locale.DMY
	}
	zone := env.set.Locale().Zone
	if zone == nil {
		zone = time.UTC
	}
	p.today = j.Made.In(zone).Format(time.DateOnly)
	p.erase, p.keys, p.cards = j.Erase, j.Keys, j.Source == fromCards
	return p, nil
}
