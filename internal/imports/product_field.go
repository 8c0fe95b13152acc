package imports

import (
	"context"
	"slices"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/money"
)

// productNoun is products, for the engine.
type productNoun struct{}

var productWords = newVocabulary("fact", `
	code: sku, stock code, stockcode, product code, product id, product no, item code, item no, item number, part number, article, article number, kode, kode barang, kode produk, id produk, id barang, no barang, kode stok
	name: product, product name, item, item name, title, nama, nama barang, nama produk, barang, produk, name id
	name_en: name english, english name, product name en, nama inggris, nama en
	family: category, category name, product category, product type, product family, group, series, jenis, kategori, kelompok, keluarga, golongan, seri
	tier: level, grade, class, kelas, tingkat, mutu
	unit: uom, unit of measure, quantity per unit, satuan
	price: unit price, unitprice, sales price, list price, price list, retail price, harga, harga jual, harga satuan, sales price
	cost: cost price, purchase price, buying price, standard cost, hpp, harga pokok, harga beli, modal
	currency: currency code, mata uang
	tax: tax rate, vat, ppn, pajak
	description: details, long description, deskripsi, keterangan, uraian, description id
	description_en: description english, english description, deskripsi inggris
	archived: discontinued, inactive, diarsipkan, tidak dijual
	offering: in offers, may be offered, dalam penawaran, boleh ditawarkan
`)

// offeringWords say what stands in the way of offering a product, or that
// nothing does.
var offeringWords = words(`
	yes: y, ya, true, t, 1, may be offered, offered, boleh, boleh ditawarkan, ditawarkan
	out: out of stock, outofstock, sold out, stok kosong, stok habis, habis
	never: n, no, false, f, 0, do not offer, not to be offered, not offered, tidak, tdk, jangan, jangan ditawarkan, tidak ditawarkan
	sensitive: sensitif
`)

// productKey is the only key of products.
const productKey Key = "code"

func (productNoun) why() string                        { return "import.products" }
func (productNoun) fields() []Field                    { return productWords.fields() }
func (productNoun) target(text string) (Target, bool)  { return productWords.target(text) }
func (productNoun) joined(Target) bool                 { return false }
func (productNoun) keys() []Key                        { return []Key{productKey} }
func (productNoun) over(context.Context, *db.Tx) error { return nil }

func (productNoun) keyNamed(name string) Key {
	t, _ := productWords.target(name)
	return Key(t.Field)
}

// guess takes a description for the name where there is no other.
func (productNoun) guess(s *sample) []Target {
	got := productWords.guess(s)
	if !hasField(got)("name", "name_en") {
		if i := slices.Index(got, Target{Field: "description"}); i >= 0 {
			got[i] = Target{Field: "name"}
		}
	}
	return got
}

// defaults: products are known by their code.
func (productNoun) defaults(s *Settings, targets []Target) {
	if len(s.Keys) == 0 && s.Mode != Create && hasField(targets)("code") {
		s.Keys = []Key{productKey}
	}
	if s.Mode == "" && len(s.Keys) > 0 {
		s.Mode = Upsert
	} else if s.Mode == "" {
		s.Mode = Create
	}
}

func (productNoun) check(targets []Target, keys []Key) error {
	has := hasField(targets)
	if !has("code", "name", "name_en") {
		return errs.InvalidField("map", "import.map.no_product")
	}
	return checkKeys(keys, map[Key]bool{productKey: has("code")})
}

func (productNoun) program(j *Job, header []string, e *env) program {
	targets := Products.targets(j.Map, header)
	p := &productProgram{
		columns: columnsOf(targets), decimal: j.Format.Decimal, base: e.set.Currency, currency: j.Currency, erase: j.Erase,
		known: slices.Contains(j.Keys, productKey),
	}
	for i, t := range targets {
		if t.Field == "fact" {
			p.facts = append(p.facts, factColumn{i, t.Part})
		}
	}
	if p.currency == "" {
		p.currency = p.base
	}
	if p.decimal == 0 {
		p.decimal = '.'
	}
	return p
}

// A productProgram reads rows about products.
type productProgram struct {
	columns  map[string]int
	facts    []factColumn
	decimal  rune
	base     money.Currency
	currency money.Currency              // of prices whose row names none
	erase    bool                        // an empty cell erases
	known    bool                        // whether products are known by their code
	dry      map[string]*catalog.Product // what rows of a dry run would have left; nil otherwise
}

type factColumn struct {
	column int
	label  string
}

func (p *productProgram) reader() reader { return &productReader{p: p} }
func (p *productProgram) batchRows() int { return 256 }
