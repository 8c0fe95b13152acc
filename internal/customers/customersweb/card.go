package customersweb

import (
	"bytes"
	"mime"
	"net/http"
	"strings"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/vcard"
)

// card downloads a customer as a vCard, of version 4.0 unless version is 3.0.
func (p *Pages) card(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	version := "4.0"
	if r.Form.Get("version") == "3.0" {
		version = "3.0"
	}
	var card *vcard.Card
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error {
		c, err := customers.Get(r.Context(), tx, id)
		if err != nil {
			return err
		}
		_, others := references(&c)
		names, err := customers.Names(r.Context(), tx, others)
		card = cardOf(&c, names)
		return err
	})
	if err != nil {
		return err
	}
	var buf bytes.Buffer
	if err := vcard.Write(&buf, card, version); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/vcard; charset=utf-8")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": fileName(card.DisplayName()) + ".vcf"}))
	h.Set("Cache-Control", "no-store")
	_, err = w.Write(buf.Bytes())
	_ = err // the browser has gone
	return nil
}

// fileName makes of a name one that file systems take.
func fileName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '-'
		}
		return r
	}, name)
	name = strings.Trim(name, ". ")
	for len(name) > 100 {
		_, size := lastRune(name)
		name = name[:len(name)-size]
	}
	if name == "" {
		return "akrab"
	}
	return name
}

// cardOf returns the card of a customer; names are those of the others whom
// they belong to.
func cardOf(c *customers.Customer, names map[ids.ID]string) *vcard.Card {
	v := &vcard.Card{
		Kind: vcard.Individual, FormattedName: c.Title(),
		Name:     vcard.Name{Family: c.Family, Given: c.Given, Additional: c.Middle, Prefix: c.Honorific, Suffix: c.Suffix},
		Birthday: strings.Replace(c.Birthday, yearless+"-", "--", 1), Lang: c.Language, UID: "urn:uuid:" + c.ID.String(),
		Rev: c.Updated.UTC().Format("20060102T150405Z"),
	}
	switch c.Kind {
	case customers.Organization:
		v.Kind = vcard.Org
		v.Orgs = []vcard.Organization{{Name: c.Name}}
	case customers.Household:
		v.Kind = vcard.Group
	}
	if c.Nickname != "" {
		v.Nicknames = []string{c.Nickname}
	}
	if c.Remember != "" {
		v.Notes = []string{c.Remember}
	}
	for _, t := range c.Tags {
		v.Categories = append(v.Categories, t.Value)
	}
	for _, t := range c.Relations {
		if t.Kind != customers.Member || t.To != "" || names[t.Other] == "" {
			continue
		}
		org := vcard.Organization{Name: names[t.Other]}
		if t.Department != "" {
			org.Units = []string{t.Department}
		}
		v.Orgs = append(v.Orgs, org)
		if v.Title == "" {
			v.Title, v.Role = t.Title, t.Role
		}
	}
	addPoints(v, c)
	return v
}

// addPoints adds the contact points that may be used to a card.
func addPoints(v *vcard.Card, c *customers.Customer) {
	for _, e := range c.Emails {
		if usable(e.State) {
			v.Emails = append(v.Emails, contact(e.Value, e.Label, e.Primary))
		}
	}
	for _, t := range c.Phones {
		if usable(t.State) {
			value := t.E164
			if value == "" {
				value = t.Value
			}
			v.Phones = append(v.Phones, contact(value, t.Label, t.Primary))
		}
	}
	for _, h := range c.Handles {
		switch {
		case !usable(h.State):
		case h.Network == "website":
			v.URLs = append(v.URLs, contact(h.Value, "", h.Primary))
		default:
			v.IMs = append(v.IMs, vcard.Contact{Value: h.Value, Service: h.Network, Pref: h.Primary})
		}
	}
	for _, a := range c.Addresses {
		if a.State == customers.Unusable {
			continue
		}
		types, label := typesOf(a.Label)
		v.Addresses = append(v.Addresses, vcard.Address{
			Street: a.Street, Extended: joinWords(", ", a.Village, a.District), City: a.City, Region: a.Province, Code: a.Postcode, Country: a.Country,
			Types: types, Label: label, Pref: a.Primary,
		})
	}
}

func contact(value, label string, pref bool) vcard.Contact {
	types, own := typesOf(label)
	return vcard.Contact{Value: value, Types: types, Label: own, Pref: pref}
}

// typesOf turns a label into the types of vCard, or keeps it as a label of
// its own.
func typesOf(label string) (types []string, own string) {
	switch label {
	case "":
		return nil, ""
	case "work", "home", "other":
		return []string{label}, ""
	case "mobile":
		return []string{"cell"}, ""
	}
	return nil, label
}
