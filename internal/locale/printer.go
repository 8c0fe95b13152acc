package locale

import (
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // so that zones are known on any machine

	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/money"
)

// A Workspace says how a company writes numbers and what time it lives in.
// The zero Workspace is an Indonesian one.
type Workspace struct {
	Decimal  rune           // sign before the fraction; 0 for a comma
	Group    rune           // sign between thousands; 0 for a dot, or for none if Decimal is set
	Zone     *time.Location // nil for Asia/Jakarta
	Currency money.Currency // base currency; "" for IDR
	Region   string         // ISO 3166 country of telephone numbers without prefix; "" for ID
}

// withDefaults returns w with every zero field filled.
func (w Workspace) withDefaults() Workspace {
	if w.Decimal == 0 {
		w.Decimal = ','
		if w.Group == 0 {
			w.Group = '.'
		}
	}
	if w.Zone == nil {
		w.Zone = jakarta
	}
	if w.Currency == "" {
		w.Currency = money.Rupiah
	}
	if w.Region == "" {
		w.Region = "ID"
	}
	return w
}

var jakarta = func() *time.Location {
	loc, err := time.LoadLocation("Asia/Jakarta")
	if err != nil {
		return time.FixedZone("WIB", 7*3600) // not reached: the zones are in the program
	}
	return loc
}()

// LoadZone returns the zone with the given IANA name, such as "Asia/Makassar".
// It returns an Invalid error if there is none.
func LoadZone(name string) (*time.Location, error) {
	loc, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, errs.New(errs.Invalid, "zone.invalid")
	}
	return loc, nil
}

// A Printer writes text for one user of one workspace. It may be used by
// several goroutines at once.
type Printer struct {
	Lang Lang
	Workspace

	messages map[string]message
}

// Printer returns a printer in the given language, or in Indonesian if there
// is no such language.
func (c *Catalogue) Printer(lang Lang, ws Workspace) *Printer {
	m, ok := c.messages[lang]
	if !ok {
		lang, m = ID, c.messages[ID]
	}
	return &Printer{Lang: lang, Workspace: ws.withDefaults(), messages: m}
}

// T returns the message with the given key. The arguments are names and
// values: p.T("import.done", "n", 12, "file", name). Whole numbers, money and
// times are written as the workspace does. What is missing shows itself:
// ⟦key⟧ for a message, {name} for an argument.
func (p *Printer) T(key string, args ...any) string {
	m, ok := p.messages[key]
	if !ok {
		return "⟦" + key + "⟧"
	}
	t := m.other
	if m.plural && p.Lang == EN && isOne(arg(args, "n")) {
		t = m.one
	}
	switch {
	case len(t) == 0:
		return ""
	case len(t) == 1 && t[0].arg == "":
		return t[0].text
	}
	var b strings.Builder
	for _, piece := range t {
		if piece.arg == "" {
			b.WriteString(piece.text)
			continue
		}
		if v := arg(args, piece.arg); v != nil {
			b.WriteString(p.value(v))
		} else {
			b.WriteString("{" + piece.arg + "}")
		}
	}
	return b.String()
}

// Has reports whether there is a message with this key.
func (p *Printer) Has(key string) bool {
	_, ok := p.messages[key]
	return ok
}

// Error returns what to tell the user about err: the message of the first
// [errs.Error] in its tree, or that something went wrong on our side. It is ""
// for nil.
func (p *Printer) Error(err error) string {
	if err == nil {
		return ""
	}
	if list := errs.All(err); len(list) > 0 {
		return p.T(list[0].Key, list[0].Args...)
	}
	return p.T("error.internal")
}

// arg returns the value that follows name in args, or nil.
func arg(args []any, name string) any {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] == name {
			return args[i+1]
		}
	}
	return nil
}

// isOne reports whether n is the number for which English has a singular.
func isOne(n any) bool {
	switch n := n.(type) {
	case int:
		return n == 1
	case int64:
		return n == 1
	case int32:
		return n == 1
	case uint64:
		return n == 1
	}
	return false
}

// value writes an argument of a message.
func (p *Printer) value(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int:
		return p.Num(int64(v))
	case int32:
		return p.Num(int64(v))
	case int64:
		return p.Num(v)
	case uint64:
		return p.Num(int64(v))
	case money.Amount:
		return p.Money(v)
	case time.Time:
		return p.Date(v)
	}
	return fmt.Sprint(v)
}
