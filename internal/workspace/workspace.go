// Package workspace keeps what a company says of itself: its name, how it
// writes numbers and dates, the zone it lives in, and who it is by law.
//
// The workspace decides separators, zone and currency for everybody in it; a
// user decides only the language. Until the settings are saved for the first
// time, they are those of a company in Indonesia.
package workspace

import (
	"context"
	"embed"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/money"
)

//go:embed schema/*.sql
var schema embed.FS

// Text holds the messages of this package.
//
//go:embed text/*.json
var Text embed.FS

// Module is the table of the settings.
var Module = db.Module{
	Name:   "workspace",
	Schema: schema,
	Tables: []db.Table{{Name: "workspace", Journal: true}},
}

// ID is the id of the one row, the same in every workspace, so that the
// settings of one that is copied elsewhere stay the same record.
var ID = ids.MustParse("01900000-0000-7000-8000-000000000001")

// Settings are what a workspace has decided.
type Settings struct {
	Name      string // as people call the company; at most 100 characters
	LegalName string // as documents name it
	TaxNumber string // NPWP: 15, 16 or 22 digits with any punctuation; other numbers outside of Indonesia
	Address   string // in lines, at most 500 characters

	Language  locale.Lang // of whoever has not chosen one
	Currency  money.Currency
	Zone      string // IANA name, for example "Asia/Makassar"
	Decimal   string // "," or "."
	Group     string // ".", ",", "'", a no-break space, or "" for none
	Region    string // ISO 3166 code of the country of telephone numbers without prefix
	DateOrder locale.DateOrder

	Rev int64 // 0 before the settings were saved for the first time
}

// NoBreakSpace is the sign between thousands of those who use a space.
const NoBreakSpace = "\u00a0"

// Default returns the settings of a company in Indonesia without a name.
func Default() Settings {
	return Settings{
		Language: locale.ID, Currency: money.Rupiah, Zone: "Asia/Jakarta",
		Decimal: ",", Group: ".", Region: "ID", DateOrder: locale.DMY,
	}
}

const cols = `name, legal_name, tax_number, address, language, currency, zone,
	decimal_sign, group_sign, region, date_order, rev`

func scan(s db.Scanner, v *Settings) error {
	return s.Scan(&v.Name, &v.LegalName, &v.TaxNumber, &v.Address, &v.Language, &v.Currency, &v.Zone,
		&v.Decimal, &v.Group, &v.Region, &v.DateOrder, &v.Rev)
}

// Get returns the settings, or those of [Default] if none were saved yet.
func Get(ctx context.Context, tx *db.Tx) (Settings, error) {
	s, ok, err := db.Find(ctx, tx, scan, `SELECT `+cols+` FROM workspace WHERE id = $1`, ID)
	if err == nil && !ok {
		s = Default()
	}
	return s, err
}

// Save keeps s in place of the settings whose revision is rev: 0 if none were
// saved yet. It returns Invalid errors at the fields name, legal_name,
// tax_number, address, language, currency, zone, decimal, group, region and
// date_order, and a Stale error if somebody saved other settings since.
func Save(ctx context.Context, tx *db.Tx, s Settings, rev int64) error {
	s.trim()
	if err := s.Check(); err != nil {
		return err
	}
	n, err := s.write(ctx, tx, rev)
	if err != nil {
		return err
	}
	if n == 0 {
		return errs.New(errs.Stale, "error.stale")
	}
	return tx.SetOp(ctx, ID, map[string]any{"name": s.Name})
}

// write reports how many rows it changed: none if rev is not the present one.
func (s *Settings) write(ctx context.Context, tx *db.Tx, rev int64) (int64, error) {
	if rev == 0 {
		return tx.Exec(ctx, `
			INSERT INTO workspace (id, name, legal_name, tax_number, address, language, currency, zone,
				decimal_sign, group_sign, region, date_order, created_op)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
			ON CONFLICT (id) DO NOTHING`,
			ID, s.Name, s.LegalName, s.TaxNumber, s.Address, s.Language, s.Currency, s.Zone,
			s.Decimal, s.Group, s.Region, s.DateOrder, tx.Op)
	}
	return tx.Exec(ctx, `
		UPDATE workspace SET name = $2, legal_name = $3, tax_number = $4, address = $5, language = $6,
			currency = $7, zone = $8, decimal_sign = $9, group_sign = $10, region = $11, date_order = $12,
			rev = rev + 1
		WHERE id = $1 AND rev = $13`,
		ID, s.Name, s.LegalName, s.TaxNumber, s.Address, s.Language, s.Currency, s.Zone,
		s.Decimal, s.Group, s.Region, s.DateOrder, rev)
}

// trim takes away what nobody meant to write.
func (s *Settings) trim() {
	for _, p := range []*string{&s.Name, &s.LegalName, &s.TaxNumber, &s.Address} {
		*p = strings.TrimSpace(*p)
	}
	s.Region = strings.ToUpper(strings.TrimSpace(s.Region))
	if s.Group == " " {
		s.Group = NoBreakSpace
	}
}

// Check returns what is wrong with s, as [Save] does.
func (s *Settings) Check() error {
	var list errs.List
	if s.Name == "" {
		list.Add(errs.InvalidField("name", "error.required"))
	}
	list.Add(tooLong("name", s.Name, 100))
	list.Add(tooLong("legal_name", s.LegalName, 200))
	list.Add(tooLong("address", s.Address, 500))
	if !s.taxNumberOK() {
		list.Add(errs.InvalidField("tax_number", "workspace.tax_number.invalid"))
	}
	list.Add(oneOf("language", s.Language, locale.Langs()...))
	if c, err := money.ParseCurrency(string(s.Currency)); err != nil || c != s.Currency {
		list.Add(errs.InvalidField("currency", "money.currency"))
	}
	if _, err := zone(s.Zone); err != nil {
		list.Add(errs.InvalidField("zone", "zone.invalid"))
	}
	list.Add(oneOf("decimal", s.Decimal, ",", "."))
	list.Add(oneOf("group", s.Group, ".", ",", "'", NoBreakSpace, ""))
	if s.Decimal == s.Group {
		list.Add(errs.InvalidField("group", "workspace.group.same"))
	}
	if len(s.Region) != 2 || strings.Trim(s.Region, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		list.Add(errs.InvalidField("region", "workspace.region.invalid"))
	}
	list.Add(oneOf("date_order", s.DateOrder, locale.DMY, locale.MDY, locale.YMD))
	return list.Err()
}

// taxNumberOK reports whether the tax number may be one. In Indonesia it has
// 15 digits, 16 since 2024, and 22 for a branch.
func (s *Settings) taxNumberOK() bool {
	if s.TaxNumber == "" {
		return true
	}
	if s.Region != "ID" {
		return utf8.RuneCountInString(s.TaxNumber) <= 50
	}
	digits := 0
	for _, r := range s.TaxNumber {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case !strings.ContainsRune(".- ", r):
			return false
		}
	}
	return (digits == 15 || digits == 16 || digits == 22) && len(s.TaxNumber) <= 40
}

func tooLong(field, s string, limit int) *errs.Error {
	if utf8.RuneCountInString(s) > limit {
		return errs.InvalidField(field, "error.too_long", "max", limit)
	}
	return nil
}

func oneOf[T comparable](field string, v T, list ...T) *errs.Error {
	for _, x := range list {
		if v == x {
			return nil
		}
	}
	return errs.InvalidField(field, "error.choice")
}

// Locale returns what a printer needs of the settings.
func (s *Settings) Locale() locale.Workspace {
	loc, err := zone(s.Zone)
	if err != nil {
		loc = nil // not reached with settings that were saved; the printer then takes Jakarta
	}
	return locale.Workspace{
		Decimal: first(s.Decimal), Group: first(s.Group), Zone: loc, Currency: s.Currency, Region: s.Region,
	}
}

func first(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}

// zones keeps the zones that were asked for: reading one takes as long as
// answering a request does. Their names are few, as only real ones are kept.
var zones sync.Map // of string to *time.Location

func zone(name string) (*time.Location, error) {
	if loc, ok := zones.Load(name); ok {
		return loc.(*time.Location), nil
	}
	loc, err := locale.LoadZone(name)
	if err != nil {
		return nil, err
	}
	zones.Store(name, loc)
	return loc, nil
}
