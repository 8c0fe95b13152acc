package imports

import (
	"context"
	"slices"
	"strings"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/sheet"
)

// A Kind says what the rows of a file are.
type Kind string

// The kinds.
const (
	Customers Kind = "customers"
	Products  Kind = "products"
	Orders    Kind = "orders" // the rows are lines of orders
)

// Kinds lists them in the order in which they are offered.
var Kinds = []Kind{Customers, Products, Orders}

// ParseKind reads the name of a kind. It returns an Invalid error at the field
// "kind" if there is none of that name.
func ParseKind(name string) (Kind, error) {
	k := Kind(strings.ToLower(strings.TrimSpace(name)))
	if !slices.Contains(Kinds, k) {
		var all []string
		for _, k := range Kinds {
			all = append(all, string(k))
		}
		return "", errs.InvalidField("kind", "import.unknown_kind", "name", clip(name, 100), "list", strings.Join(all, ", "))
	}
	return k, nil
}

// A noun is what the engine has to know of a kind of row: the words for its
// fields, and how rows become records. All else, such as the file, slices,
// counts, rows with problems and undo, is the same for every kind.
type noun interface {
	// why is the reason of the operations of imports.
	why() string

	// target reads the text of what a column may become.
	target(text string) (Target, bool)

	// fields are what a column may become, in the order in which it is offered.
	fields() []Field

	// joined reports whether several columns may become one field.
	joined(t Target) bool

	// keys are what records can be known again by, the best first.
	keys() []Key

	// keyNamed returns the key that somebody calls so, in small letters.
	keyNamed(name string) Key

	// guess says what the columns of a file are.
	guess(s *sample) []Target

	// defaults completes settings with what nobody has decided: keys and mode
	// that are empty.
	defaults(s *Settings, targets []Target)

	// check returns an Invalid error at the field "map" if nothing would come
	// of a row, or at "key" if a key has no column.
	check(targets []Target, keys []Key) error

	// program makes the settings of an import ready.
	program(j *Job, header []string, e *env) program

	// over is called in the transaction in which an operation ends, or in
	// which a row is repaired afterwards: it tells others what has changed.
	over(ctx context.Context, tx *db.Tx) error
}

// noun returns what the engine has to know of k.
func (k Kind) noun() noun {
	switch k {
	case Products:
		return productNoun{}
	case Orders:
		return orderNoun{}
	}
	return customerNoun{}
}

func (k Kind) why() string { return k.noun().why() }

// A program is the settings of an import made ready for a million rows.
// Several goroutines may use it at once.
type program interface {
	// reader returns a reader of rows, for one goroutine.
	reader() reader

	// batchRows is how many rows are read to be handled together. A resumed
	// import begins where a batch ended, so that it goes on as if it had not
	// been stopped.
	batchRows() int

	// rehearse makes that what is planned from now on is not stored: what it
	// would have left is remembered for the rows that follow, until end is called.
	rehearse() (end func(), err error)

	// complete takes the cells of a row that were left out when it came in. The
	// program knows no other columns. It sets the row's problems to what is
	// still wrong.
	complete(ctx context.Context, tx *db.Tx, row *Row) error
}

// A reader reads rows and collects what they say.
type reader interface {
	// read reads a row, whose cells may be overwritten afterwards.
	read(row *sheet.Row) *record

	// take returns what was read and not taken yet, and how many rows that are.
	// Unless it is the end, it may leave rows that belong to what comes next.
	take(end bool) (work, int)
}

// A work is rows that were read and are handled together.
type work interface {
	// plan decides what is to be done for them, in the import with the given
	// ID. It only reads, and may be called again.
	plan(ctx context.Context, tx *db.Tx, job ids.ID, mode Mode) (change, error)
}

// A change is what is to be done for the rows of a work.
type change interface {
	result() *outcome

	// apply stores the change.
	apply(ctx context.Context, tx *db.Tx, job ids.ID) error
}

// A record is a row that was read.
type record struct {
	row, line int
	mended    bool     // its cells are not the file's
	cells     []string // the row as it is in the file
	empty     bool
	refused   bool
	problems  []Problem
	name      string // of the record, as a person would call it
}

// begin makes a record of a row. It reports false if there is nothing more to
// be read from it.
func (r *record) begin(row *sheet.Row) bool {
	*r = record{row: row.N, line: row.Line, cells: slices.Clone(row.Cells)}
	if row.Err != nil {
		for _, e := range errs.All(row.Err) {
			r.bad(none, true, e.Key, e.Args...)
		}
		return false
	}
	r.empty = !slices.ContainsFunc(row.Cells, func(c string) bool { return strings.TrimSpace(c) != "" })
	return !r.empty
}

// bad notes that something is wrong with a cell, or with the row if column is
// none. The row is refused if it is fatal.
func (r *record) bad(column int, fatal bool, code string, args ...any) {
	p := Problem{Column: column, Code: code, Args: args, Fatal: fatal}
	if column >= 0 && column < len(r.cells) {
		p.Value = clip(r.cells[column], maxKept)
	}
	r.problems = append(r.problems, p)
	r.refused = r.refused || fatal
}

// cell returns a cell without the blanks around it.
func (r *record) cell(column int) string {
	if column == none || column >= len(r.cells) {
		return ""
	}
	return strings.TrimSpace(r.cells[column])
}

// none is the column of what isn't mapped.
const none = -1

// maxKept is how many bytes of a cell are kept to be mended.
const maxKept = 64 << 10

// A Problem is something wrong with a row.
type Problem struct {
	Column int    `json:"column"` // index of the cell, or -1 if it is the row
	Field  string `json:"field"`  // text of the column's target
	Code   string `json:"code"`   // message key
	Args   []any  `json:"args,omitempty"`
	Value  string `json:"value"` // what stood there
	Fatal  bool   `json:"fatal"` // the row was refused, not only the cell
}

// An outcome is what becomes of the rows of a work.
type outcome struct {
	Counts
	rows    []*doneRow // with problems
	repeats []repeat
	made    ids.ID // the record of the last row that came in
}

// A doneRow is a row with problems, with what became of it.
type doneRow struct {
	r        *record
	problems []Problem
	state    string
	made     ids.ID // record made or changed by it
}

// A repeat is a record that was likely there already.
type repeat struct {
	row         int
	made, other ids.ID
	reason      Key
}

func (o *outcome) result() *outcome { return o }

// refuse counts a row that does not come in.
func (o *outcome) refuse(r *record, list []Problem) {
	o.Errors++
	o.rows = append(o.rows, &doneRow{r: r, problems: list, state: stateRefused})
}

// refuseFor is refuse for an error that was met after the row was read.
func (o *outcome) refuseFor(r *record, err error) {
	list := slices.Clone(r.problems) // the row may be planned again
	for _, x := range errs.All(err) {
		list = append(list, Problem{Column: none, Code: x.Key, Args: x.Args, Fatal: true})
	}
	o.refuse(r, list)
}

// imported notes what was left out of a row that came in.
func (o *outcome) imported(r *record, id ids.ID) {
	o.made = id
	o.Warnings += int64(len(r.problems))
	if len(r.problems) > 0 {
		o.rows = append(o.rows, &doneRow{r: r, problems: r.problems, state: stateIncomplete, made: id})
	}
}

// A sample is the beginning of a file, whose columns are to be guessed.
type sample struct {
	header []string
	rows   [][]string
	named  bool // whether the file names its columns
	order  locale.DateOrder
	region string
	owners map[string]ids.ID // users by what they may be called, folded
}
