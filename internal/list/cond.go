package list

import (
	"slices"
	"strconv"
	"strings"
)

// A Cond is a condition: text with a question mark for each of its parameters.
type Cond struct {
	text string
	args []any
}

// SQL returns the condition with its parameters numbered from n, and what they
// stand for. The condition that always holds is "TRUE".
func (c Cond) SQL(n int) (text string, args []any) {
	if c.text == "" {
		return "TRUE", nil
	}
	return number(c.text, n), c.args
}

// number replaces each question mark by $n, $n+1 and so on.
func number(text string, n int) string {
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(text, "?")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(n))
		n++
		text = after
	}
}

// and returns the condition that all of list hold.
func and(list ...Cond) Cond { return join(" AND ", list) }

// or returns the condition that one of list holds. None of them is empty.
func or(list ...Cond) Cond { return join(" OR ", list) }

func join(word string, list []Cond) Cond {
	var all Cond
	n := 0
	for _, c := range list {
		if c.text == "" {
			continue
		}
		if n++; n > 1 {
			all.text += word
		}
		all.text += c.text
		all.args = append(all.args, c.args...)
	}
	if n > 1 {
		all.text = "(" + all.text + ")"
	}
	return all
}

// never is the condition that no row meets.
var never = Cond{text: "FALSE"}

// cond makes a condition of constant pieces and question marks.
func cond(text string, args ...any) Cond { return Cond{text, args} }

// inSizes are the lengths to which lists are padded, so that few texts are prepared.
var inSizes = []int{1, 2, 4, 8, 16, 32, 64, 128, maxValues}

// oneOf returns the condition that x is one of the values, which are few.
func oneOf(x piece, list []any) Cond {
	if len(list) == 1 {
		return cond(string(x)+" = ?", list...)
	}
	size := len(list)
	for _, n := range inSizes {
		if n >= len(list) {
			size = n
			break
		}
	}
	args := append(make([]any, 0, size), list...)
	for len(args) < size {
		args = append(args, list[len(list)-1])
	}
	return cond(string(x)+" IN (?"+strings.Repeat(", ?", size-1)+")", args...)
}

// A term is the condition that a filter makes.
type term struct {
	column *Column
	op     Op

	// sharp is on the column's value, of the row itself or of its child rows.
	// blunt means the same, but SQLite doesn't look it up in an index.
	sharp, blunt Cond

	not    bool // no child row may meet sharp
	common bool // almost all rows meet it, as a Rare column says
}

// term reads a filter of c.
func (r *reading) term(c *Column, f Filter) (term, error) {
	t := term{column: c, op: f.Op}
	if err := f.check(); err != nil {
		return t, err
	}
	if !slices.Contains(c.Operators(), f.Op) {
		return t, f.invalid("list.filter.operator")
	}
	if c.From != "" {
		return r.childTerm(t, f)
	}
	var err error
	if t.sharp, err = r.compare(c, f); err != nil {
		return t, err
	}
	if c.Rare && f.Op == Eq {
		t.common = f.Values[0] == "false" || f.Values[0] == "0"
	}
	dull := *c
	dull.SQL, dull.Rare = blunt(c.SQL), false
	t.blunt, err = r.compare(&dull, f)
	return t, err
}

// blunt returns an expression that is x, but for which SQLite uses no index.
// PostgreSQL, which knows how common values are, takes it for x.
func blunt(x piece) piece { return "CASE WHEN TRUE THEN " + x + " END" }

// childTerm reads a filter of a column with many values: what denies is denied
// of all of them.
func (r *reading) childTerm(t term, f Filter) (term, error) {
	switch f.Op {
	case Ne:
		t.not, f.Op = true, Eq
	case Nin:
		t.not, f.Op = true, In
	case Empty:
		t.not = true
	}
	var one Cond
	switch {
	case f.Op != Empty && f.Op != Filled:
		var err error
		if one, err = r.compare(t.column, f); err != nil {
			return t, err
		}
	case t.column.One: // of many values none is empty
		one = isFilled(t.column)
	}
	t.sharp = and(cond(string(t.column.When)), one)
	if t.blunt = t.sharp; t.column.One && f.Op != Empty && f.Op != Filled {
		dull := *t.column
		dull.SQL = blunt(t.column.SQL)
		two, err := r.compare(&dull, f)
		if err != nil {
			return t, err
		}
		t.blunt = and(cond(string(t.column.When)), two)
	}
	return t, nil
}

// compare returns the condition that f puts on the one value of c.
func (r *reading) compare(c *Column, f Filter) (Cond, error) {
	one, err := r.compareValue(c, f)
	if err != nil || !c.Sparse {
		return one, err
	}
	switch f.Op {
	case Eq, In, Starts:
		// The engine can't know that a parameter is not the empty text.
		if !slices.Contains(f.Values, "") {
			return and(one, cond(string(c.SQL)+" <> ''")), nil
		}
	}
	return one, nil
}

func (r *reading) compareValue(c *Column, f Filter) (Cond, error) {
	x := string(c.SQL)
	switch f.Op {
	case Empty:
		return isEmpty(c), nil
	case Filled:
		return isFilled(c), nil
	}
	if c.Rare && f.Op == Eq {
		v, err := r.value(c, f, f.Values[0])
		if err != nil || v == true {
			return cond(x), err
		}
		return cond("NOT " + x), nil
	}
	switch c.Type {
	case Date, Time:
		return r.compareTime(c, f)
	case Name:
		return compareName(c, f), nil
	case Phone:
		return r.comparePhone(c, f)
	}
	if f.Op == Contains {
		return contain(c, f.Values[0]), nil
	}
	if f.Op == Starts {
		return startsWith(c.SQL, foldValue(c.Type, f.Values[0])), nil
	}
	args := make([]any, len(f.Values))
	for i, text := range f.Values {
		v, err := r.value(c, f, text)
		if err != nil {
			return Cond{}, err
		}
		args[i] = v
	}
	switch f.Op {
	case Eq:
		return equal(c.SQL, args[0]), nil
	case Ne:
		return cond(x+" IS DISTINCT FROM ?", args[0]), nil
	case In:
		return anyOf(c.SQL, args), nil
	case Nin:
		return noneOf(c, args), nil
	case Lt:
		return cond(x+" < ?", args[0]), nil
	case Lte:
		return cond(x+" <= ?", args[0]), nil
	case Gt:
		return cond(x+" > ?", args[0]), nil
	case Gte:
		return cond(x+" >= ?", args[0]), nil
	case Between:
		return cond("("+x+" >= ? AND "+x+" <= ?)", args[0], args[1]), nil
	}
	return Cond{}, f.invalid("list.filter.operator")
}

// equal compares with a value that may be NULL: nobody.
func equal(x piece, v any) Cond {
	if v == nil {
		return never
	}
	return cond(string(x)+" = ?", v)
}

func anyOf(x piece, list []any) Cond {
	list = known(list)
	if len(list) == 0 {
		return never
	}
	return oneOf(x, list)
}

func noneOf(c *Column, list []any) Cond {
	list = known(list)
	if len(list) == 0 {
		return Cond{}
	}
	in := oneOf(c.SQL, list)
	in.text = "NOT (" + in.text + ")"
	if c.Null {
		return or(cond(string(c.SQL)+" IS NULL"), in)
	}
	return in
}

// known returns the values that are not NULL.
func known(list []any) []any {
	var rest []any
	for _, v := range list {
		if v != nil {
			rest = append(rest, v)
		}
	}
	return rest
}

func isEmpty(c *Column) Cond {
	x := string(c.SQL)
	switch {
	case !isText(c.Type):
		return cond(x + " IS NULL")
	case c.Null:
		return cond("(" + x + " IS NULL OR " + x + " = '')")
	}
	return cond(x + " = ''")
}

func isFilled(c *Column) Cond {
	if isText(c.Type) {
		return cond(string(c.SQL) + " > ''") // NULL is not
	}
	return cond(string(c.SQL) + " IS NOT NULL")
}

// startsWith compares by range, which an index answers on both engines.
func startsWith(x piece, prefix string) Cond {
	if prefix == "" {
		return Cond{}
	}
	end, ok := successor(prefix)
	if !ok {
		return cond(string(x)+" >= ?", prefix)
	}
	return cond("("+string(x)+" >= ? AND "+string(x)+" < ?)", prefix, end)
}

// successor returns the first text behind all that begin with s: s with its
// last character raised by one. There is none if all are the last of Unicode.
func successor(s string) (string, bool) {
	r := []rune(s)
	for i := len(r) - 1; i >= 0; i-- {
		switch r[i] {
		case 0x10ffff:
			continue
		case 0xd7ff:
			r[i] = 0xe000 // between them stand no characters
		default:
			r[i]++
		}
		return string(r[:i+1]), true
	}
	return "", false
}

// contain compares without regard to the case of ASCII letters, in what is not
// folded anyway.
func contain(c *Column, value string) Cond {
	x := string(c.SQL)
	value = foldValue(c.Type, value)
	if c.Type == Plain || c.Type == Email {
		x, value = "LOWER("+x+")", lowerASCII(value)
	}
	return cond(x+` LIKE ? ESCAPE '\'`, "%"+likeEscape.Replace(value)+"%")
}

var likeEscape = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// lowerASCII is what LOWER does on both engines, where text is compared by bytes.
func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
