package imports

import (
	"context"
	"slices"
	"strings"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/sheet"
)

// A productDraft is what a row says of a product.
type productDraft struct {
	record
	p    catalog.Product // normalized
	gone []string        // fields whose cells are empty
	told map[string]bool // fields that the row says something of
}

// A productReader makes drafts of rows.
type productReader struct {
	p    *productProgram
	list []*productDraft
}

func (r *productReader) read(row *sheet.Row) *record {
	d := r.p.draft(row, nil)
	r.list = append(r.list, d)
	return &d.record
}

func (r *productReader) take(bool) (work, int) {
	w := &productWork{p: r.p, drafts: r.list}
	r.list = nil
	return w, len(w.drafts)
}

// A productText is a field of any text.
type productText struct {
	field string
	at    func(*catalog.Product) *string
}

var productTexts = []productText{
	{"code", func(p *catalog.Product) *string { return &p.Code }},
	{"name", func(p *catalog.Product) *string { return &p.NameID }},
	{"name_en", func(p *catalog.Product) *string { return &p.NameEN }},
	{"family", func(p *catalog.Product) *string { return &p.Family }},
	{"tier", func(p *catalog.Product) *string { return &p.Tier }},
	{"unit", func(p *catalog.Product) *string { return &p.Unit }},
	{"description", func(p *catalog.Product) *string { return &p.DescriptionID }},
	{"description_en", func(p *catalog.Product) *string { return &p.DescriptionEN }},
}

// normalized names the fields as [catalog.Product.Normalize] does.
var normalized = map[string]string{"name.id": "name", "name.en": "name_en", "description.id": "description", "description.en": "description_en"}

// draft reads a row. Of is the product that it is about, if only some of its
// columns are read.
func (p *productProgram) draft(row *sheet.Row, of *catalog.Product) *productDraft {
	d := &productDraft{told: map[string]bool{}}
	if !d.begin(row) {
		return d
	}
	for _, t := range productTexts {
		if s, ok := p.cell(d, t.field); ok {
			*t.at(&d.p) = s
		}
	}
	p.readMoney(d)
	if s, ok := p.cell(d, "archived"); ok && !blank(s) {
		switch yesWords[fold.Text(s)] {
		case "yes":
			d.p.Archived = true
		case "no":
		default:
			delete(d.told, "archived")
			d.bad(p.columns["archived"], false, "import.yes_no")
		}
	}
	p.readOffering(d)
	for _, f := range p.facts {
		if s := d.cell(f.column); s != "" {
			d.p.Facts = append(d.p.Facts, catalog.Fact{Label: f.label, Value: s})
		}
	}
	if of != nil { // what isn't read stays as it is
		d.p.Code = of.Code
		if d.p.NameID == "" {
			d.p.NameID = of.NameID
		}
		if d.p.NameEN == "" {
			d.p.NameEN = of.NameEN
		}
		if !d.told["currency"] {
			d.p.Currency = of.Currency
		}
	}
	p.normalize(d)
	d.name = d.p.NameID
	if d.name == "" {
		d.name = d.p.NameEN
	}
	if d.name == "" {
		d.name = d.p.Code
	}
	return d
}

// cell returns the cell of a field, and whether the row says something there.
func (p *productProgram) cell(d *productDraft, field string) (string, bool) {
	column := in(p.columns, field)
	if column == none {
		return "", false
	}
	s := d.cell(column)
	if s != "" {
		d.told[field] = true
		return s, true
	}
	if p.erase {
		d.gone = append(d.gone, field)
	}
	return "", false
}

// readOffering reads whether the product may be offered.
func (p *productProgram) readOffering(d *productDraft) {
	s, ok := p.cell(d, "offering")
	if !ok {
		return
	}
	v, ok := choose[catalog.Offering](offeringWords, s)
	switch {
	case ok && v != "yes":
		d.p.Offering = v
	case !ok:
		delete(d.told, "offering")
		if !blank(s) {
			d.bad(p.columns["offering"], false, "import.offering")
		}
	}
}

// readMoney reads prices and the rate of tax.
func (p *productProgram) readMoney(d *productDraft) {
	d.p.Currency = p.currency
	if s, ok := p.cell(d, "currency"); ok {
		c, err := money.ParseCurrency(s)
		if err != nil { // a price in an unknown currency is none
			d.bad(p.columns["currency"], true, "money.currency")
			return
		}
		d.p.Currency = c
	}
	for _, f := range []struct {
		name string
		at   **money.Price
	}{{"price", &d.p.Price}, {"cost", &d.p.Cost}} {
		s, ok := p.cell(d, f.name)
		if !ok || blank(s) && s != "0" {
			continue
		}
		v, err := money.ParsePrice(s, p.decimal, d.p.Currency)
		if err != nil || v < 0 {
			delete(d.told, f.name)
			d.bad(p.columns[f.name], false, "import.price")
			continue
		}
		*f.at = &v
	}
	if s, ok := p.cell(d, "tax"); ok && (!blank(s) || s == "0") {
		rate, ok := taxRate(s, p.decimal)
		if !ok {
			delete(d.told, "tax")
			d.bad(p.columns["tax"], false, "product.tax_range")
			return
		}
		d.p.Tax = &rate
	}
}

// taxRate reads a rate as millionths: "11%", "11" and "0,11" are the same.
func taxRate(s string, decimal rune) (int64, bool) {
	s, percent := strings.CutSuffix(s, "%")
	n, ok := millionths(strings.TrimSpace(s), decimal)
	if percent || n >= catalog.Whole {
		n /= 100
	}
	return n, ok && n >= 0 && n <= catalog.Whole
}

// normalize checks the product. What is wrong with cells that a product can do
// without is left out and reported.
func (p *productProgram) normalize(d *productDraft) {
	for range 5 { // leaving out one cell may show another problem
		if d.refused {
			return
		}
		err := d.p.Normalize(p.base)
		if err == nil {
			return
		}
		for _, e := range errs.All(err) {
			p.report(d, e)
		}
	}
	d.bad(none, true, "error.invalid")
}

// report records an error of Normalize and takes the cell out of the draft, or
// refuses the row.
func (p *productProgram) report(d *productDraft, e *errs.Error) {
	field := e.Field
	if f, ok := normalized[field]; ok {
		field = f
	}
	list, rest, _ := strings.Cut(field, ".")
	if list == "facts" {
		index, _, _ := strings.Cut(rest, ".")
		if i := atoi(index); rest != "" && i < len(d.p.Facts) {
			f := p.facts[slices.IndexFunc(p.facts, func(f factColumn) bool { return f.label == d.p.Facts[i].Label })]
			d.bad(f.column, false, e.Key, e.Args...)
			d.p.Facts = slices.Delete(d.p.Facts, i, i+1)
			return
		}
	}
	i := slices.IndexFunc(productTexts, func(t productText) bool { return t.field == field })
	column := in(p.columns, field)
	if i < 0 || column == none || field == "code" || field == "name" || field == "name_en" {
		if e.Key == "error.required" {
			d.bad(none, true, "import.no_product")
			return
		}
		d.bad(column, true, e.Key, e.Args...)
		return
	}
	delete(d.told, field)
	*productTexts[i].at(&d.p) = ""
	d.bad(column, false, e.Key, e.Args...)
}

// over returns old with what the row says. Facts are added or get another value.
func (d *productDraft) over(old *catalog.Product) catalog.Product {
	p := *old
	p.Facts = slices.Clone(old.Facts)
	for _, t := range productTexts {
		if d.told[t.field] || slices.Contains(d.gone, t.field) {
			*t.at(&p) = *t.at(&d.p)
		}
	}
	erased := func(field string) bool { return slices.Contains(d.gone, field) }
	if d.p.Price != nil || erased("price") {
		p.Price = d.p.Price
	}
	if d.p.Cost != nil || erased("cost") {
		p.Cost = d.p.Cost
	}
	if d.p.Price != nil || d.p.Cost != nil || d.told["currency"] {
		p.Currency = d.p.Currency
	}
	if d.p.Tax != nil || erased("tax") {
		p.Tax = d.p.Tax
	}
	if d.told["archived"] {
		p.Archived = d.p.Archived
	}
	if d.told["offering"] || erased("offering") {
		p.Offering = d.p.Offering
	}
	for _, f := range d.p.Facts {
		i := slices.IndexFunc(p.Facts, func(x catalog.Fact) bool { return fold.Text(x.Label) == fold.Text(f.Label) })
		if i >= 0 {
			p.Facts[i].Value = f.Value
		} else {
			p.Facts = append(p.Facts, f)
		}
	}
	return p
}

// A productWork is rows about products that are handled together.
type productWork struct {
	p      *productProgram
	drafts []*productDraft
}

// A productPlan is what is to be done for them.
type productPlan struct {
	outcome
	add    []*catalog.Product
	change []*productEntry
	byCode map[string]*productEntry
}

// A productEntry is a product that rows are about.
type productEntry struct {
	old *catalog.Product // as stored; nil if the rows add it
	cur *catalog.Product
}

// plan decides what is to be done. It only reads.
func (w *productWork) plan(ctx context.Context, tx *db.Tx, _ ids.ID, mode Mode) (change, error) {
	plan := &productPlan{byCode: map[string]*productEntry{}}
	if err := w.load(ctx, tx, plan); err != nil {
		return nil, err
	}
	for _, d := range w.drafts {
		switch {
		case d.empty:
			plan.Skipped++
		case d.refused:
			plan.refuse(&d.record, d.problems)
		default:
			w.row(tx, plan, d, mode)
		}
	}
	return plan, nil
}

// load reads the products that the rows may be about.
func (w *productWork) load(ctx context.Context, tx *db.Tx, plan *productPlan) error {
	var codes []string
	for _, d := range w.drafts {
		if !d.refused && !d.empty && d.p.Code != "" {
			codes = append(codes, d.p.Code)
		}
	}
	found, err := catalog.ByCode(ctx, tx, codes)
	if err != nil {
		return err
	}
	var want []ids.ID
	for _, b := range found {
		want = append(want, b.ID)
	}
	list, err := catalog.GetMany(ctx, tx, want)
	for i := range list {
		plan.byCode[list[i].Code] = &productEntry{old: &list[i], cur: &list[i]}
	}
	for _, code := range codes {
		if p := w.p.dry[code]; p != nil {
			plan.byCode[code] = &productEntry{old: p, cur: p}
		}
	}
	return err
}

func (w *productWork) row(tx *db.Tx, plan *productPlan, d *productDraft, mode Mode) {
	var e *productEntry
	if d.p.Code != "" {
		e = plan.byCode[d.p.Code]
	}
	switch {
	case e != nil && !w.p.known:
		plan.refuseFor(&d.record, errs.New(errs.Invalid, "import.code_taken", "code", d.p.Code))
		return
	case e != nil && mode == Create, e == nil && mode == Update:
		plan.Skipped++
		return
	case e == nil:
		p := d.p
		p.ID, p.Facts = ids.New(tx.Now), slices.Clone(d.p.Facts)
		e = &productEntry{cur: &p}
		plan.add = append(plan.add, &p)
		plan.Created++
	default:
		p := d.over(e.cur)
		if sameProduct(e.cur, &p) {
			plan.Skipped++
			break
		}
		plan.Updated++
		if e.old == nil {
			*e.cur = p // it is added as it is in the end
			break
		}
		if e.cur == e.old {
			plan.change = append(plan.change, e)
		}
		e.cur = &p
	}
	if e.cur.Code != "" {
		plan.byCode[e.cur.Code] = e
		if w.p.dry != nil {
			w.p.dry[e.cur.Code] = e.cur
		}
	}
	plan.imported(&d.record, e.cur.ID)
}

func samePrice(a, b *money.Price) bool { return a == b || a != nil && b != nil && *a == *b }

func sameProduct(a, b *catalog.Product) bool {
	for _, t := range productTexts {
		if *t.at(a) != *t.at(b) {
			return false
		}
	}
	return samePrice(a.Price, b.Price) && samePrice(a.Cost, b.Cost) && a.Currency == b.Currency && a.Archived == b.Archived && a.Offering == b.Offering &&
		(a.Tax == b.Tax || a.Tax != nil && b.Tax != nil && *a.Tax == *b.Tax) && slices.Equal(a.Facts, b.Facts)
}

// apply stores what was planned.
func (p *productPlan) apply(ctx context.Context, tx *db.Tx, _ ids.ID) error {
	if len(p.add) > 0 {
		if err := catalog.Insert(ctx, tx, p.add); err != nil {
			return err
		}
	}
	for _, e := range p.change {
		if err := catalog.Save(ctx, tx, e.old, e.cur); err != nil {
			return err
		}
	}
	return nil
}

// rehearse remembers the products that rows would have left.
func (p *productProgram) rehearse() (end func(), err error) {
	p.dry = map[string]*catalog.Product{}
	return func() {}, nil
}

// complete takes the cells that were left out of a row.
func (p *productProgram) complete(ctx context.Context, tx *db.Tx, row *Row) error {
	old, err := catalog.Get(ctx, tx, row.Record)
	if err != nil {
		return err
	}
	d := p.draft(sheetRow(row), &old)
	row.Problems = d.problems
	if d.refused || d.empty {
		return nil
	}
	next := d.over(&old)
	return catalog.Save(ctx, tx, &old, &next)
}
