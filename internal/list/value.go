package list

import (
	"strings"
	"time"

	"github.com/govalues/decimal"

	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/mailaddr"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/phone"
)

// reading is what the values of a query are read with.
type reading struct {
	me       ids.ID    // who asks; zero is nobody
	now      time.Time // in the workspace's zone
	currency money.Currency
	region   string
}

func newReading(me ids.ID, now time.Time, in locale.Workspace) *reading {
	r := &reading{me: me, now: now.In(zone(in)), currency: in.Currency, region: in.Region}
	if r.currency == "" {
		r.currency = money.Rupiah
	}
	if r.region == "" {
		r.region = "ID"
	}
	return r
}

// zone returns the workspace's zone, WIB if it has none.
func zone(in locale.Workspace) *time.Location {
	if in.Zone != nil {
		return in.Zone
	}
	if z, err := locale.LoadZone("Asia/Jakarta"); err == nil {
		return z
	}
	return time.UTC
}

// value reads one value of a filter as an argument of a statement. Nobody is nil.
func (r *reading) value(c *Column, f Filter, text string) (any, error) {
	bad := func(cause error) error {
		e := f.invalid("list.filter.value", "value", clip(text))
		if cause != nil {
			return e.Because(cause)
		}
		return e
	}
	switch c.Type {
	case Choice:
		for _, o := range c.Choices {
			if o.Value == text {
				return text, nil
			}
		}
		if c.Choices == nil {
			return text, nil
		}
		return nil, bad(nil)
	case User, Ref:
		return r.idValue(c, text, bad)
	case Number:
		return scaled(text, c.Scale, bad)
	case Money:
		return scaled(text, r.currency.Digits(), bad)
	case Email:
		a, err := mailaddr.Parse(text)
		if err != nil {
			return nil, bad(err)
		}
		return a.Key, nil
	case Bool:
		switch text {
		case "true", "1":
			return true, nil
		case "false", "0":
			return false, nil
		}
		return nil, bad(nil)
	}
	return foldValue(c.Type, text), nil
}

func (r *reading) idValue(c *Column, text string, bad func(error) error) (any, error) {
	if c.Type == User && text == "me" {
		if r.me.IsZero() {
			return nil, nil
		}
		return r.me, nil
	}
	id, err := ids.Parse(text)
	if err != nil || id.IsZero() {
		return nil, bad(err)
	}
	return id, nil
}

// scaled reads a decimal number, written with a point, as whole units of
// 10^-digits. What is finer than these is refused.
func scaled(text string, digits int, bad func(error) error) (any, error) {
	d, err := decimal.Parse(text)
	if err != nil {
		return nil, bad(err)
	}
	if d.MinScale() > digits {
		return nil, bad(nil)
	}
	whole, frac, ok := d.Int64(digits)
	if !ok {
		return nil, bad(nil)
	}
	unit := int64(1)
	for range digits {
		unit *= 10
	}
	const most = 1<<63 - 1
	if whole > most/unit-1 || whole < -(most/unit-1) {
		return nil, bad(nil)
	}
	return whole*unit + frac, nil
}

// foldValue brings text to the form in which a column of the type holds it.
func foldValue(t Type, text string) string {
	switch t {
	case Folded, Name:
		return fold.Text(text)
	case Email:
		return strings.ToLower(strings.TrimSpace(text))
	}
	return text
}

// longName is how many bytes of a folded name its sort key holds for certain.
const longName = 120

// compareName compares with a key of fold.SortKey, which is the folded name,
// or the folded name, \x01 and the name as written.
func compareName(c *Column, f Filter) Cond {
	x := string(c.SQL)
	value := fold.Text(f.Values[0])
	switch f.Op {
	case Contains:
		return contain(c, f.Values[0])
	case Starts:
		if value == "" && strings.TrimSpace(f.Values[0]) != "" {
			return startsWith(c.SQL, f.Values[0]) // signs only: the key is the name as written
		}
		return startsWith(c.SQL, value)
	}
	if value == "" || len(value) > longName {
		key := fold.SortKey(f.Values[0])
		if f.Op == Ne {
			return cond(x+" IS DISTINCT FROM ?", key)
		}
		return cond(x+" = ?", key)
	}
	// Both forms lie in this range, and nothing else does.
	if f.Op == Ne {
		outside := cond("("+x+" < ? OR "+x+" >= ?)", value, value+"\x02")
		if c.Null {
			return or(cond(x+" IS NULL"), outside)
		}
		return outside
	}
	return cond("("+x+" >= ? AND "+x+" < ?)", value, value+"\x02")
}

func (r *reading) comparePhone(c *Column, f Filter) (Cond, error) {
	text := f.Values[0]
	if f.Op == Starts {
		var list []Cond
		for _, key := range phone.QueryKeys(text, r.region) {
			list = append(list, startsWith(c.SQL, key))
		}
		if len(list) == 0 {
			return Cond{}, f.invalid("list.filter.phone", "value", clip(text))
		}
		return or(list...), nil
	}
	n, err := phone.Parse(text, r.region)
	if err != nil {
		return Cond{}, f.invalid("list.filter.phone", "value", clip(text)).Because(err)
	}
	if f.Op == Ne {
		return cond(string(c.SQL)+" IS DISTINCT FROM ?", n.Digits), nil
	}
	return cond(string(c.SQL)+" = ?", n.Digits), nil
}
