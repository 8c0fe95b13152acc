// Package vcard reads electronic visiting cards of all versions (2.1, 3.0, 4.0)
// and writes those of 3.0 (RFC 2426) and 4.0 (RFC 6350). It knows nothing of customers.
//
// Cards come from telephones and mail programs of thirty years, few of which
// followed the standard of their day. So the reader takes what it can make out
// and says in Card.Warnings what it left; only a card without contents, or
// one too large, is an error, and the next card is read all the same.
//
// The parser is our own, since github.com/emersion/go-vcard refuses a file at the
// first line that isn't of version 3.0 or 4.0, and knows neither the quoted-printable
// of version 2.1 nor its character sets.
package vcard

import (
	"strings"

	"github.com/akrab-crm/akrab/internal/errs"
)

// MaxPhoto is how many bytes a photo may have. Larger ones are dropped, with a warning.
const MaxPhoto = 2 << 20

// A Kind is what a card describes.
type Kind string

// The kinds. A card that doesn't say is of an Individual, or of an Org if
// it names only that.
const (
	Individual Kind = "individual"
	Org        Kind = "org"
	Group      Kind = "group"
	Location   Kind = "location"
)

// A Card is a visiting card. Texts are UTF-8 without NUL and with \n at the ends
// of lines, otherwise as they stand in the file: blanks around them are kept.
type Card struct {
	N    int // number in the file, from 1
	Line int // line of the file where it begins, from 1

	Version       string // as the card says: "2.1", "3.0" or "4.0"; may be empty
	Kind          Kind   // empty if the card doesn't say
	FormattedName string
	Name          Name
	Nicknames     []string
	Orgs          []Organization
	Title         string
	Role          string

	Emails    []Contact
	Phones    []Contact // a tel: address is turned into the number that people write
	URLs      []Contact
	IMs       []Contact
	Addresses []Address

	Birthday    string // YYYY-MM-DD, or --MM-DD if the year is unknown
	Anniversary string // likewise
	Notes       []string
	Categories  []string
	Gender      string // M, F, O (other), N (none), U (unknown) or empty
	Lang        string // language tag, the preferred one first read
	UID         string
	Rev         string // when it was last changed, as the card says
	Photo       Photo

	// Extra are the properties that have no field here, and further
	// ones where a field holds only one.
	Extra []Property

	// Warnings say what could not be kept.
	Warnings []*errs.Error
}

// A Name is a person's name in parts. Several names in one part are joined by
// a blank, several suffixes by a comma and a blank.
type Name struct {
	Family, Given, Additional, Prefix, Suffix string
}

// An Organization is where a person belongs.
type Organization struct {
	Name  string
	Units []string // from the largest to the smallest
}

// A Contact is an e-mail address, telephone number, web address or account.
type Contact struct {
	Value   string
	Service string   // of IMs: "skype", "whatsapp" and the like, in small letters
	Types   []string // in small letters: "home", "work", "cell", "fax" …; never "pref" or "internet"
	Pref    bool     // whether it is the preferred one
	Label   string   // the name that its owner gave it
}

// An Address is a postal address.
type Address struct {
	Box, Extended, Street, City, Region, Code, Country string

	Formatted string // as it is written on an envelope
	Types     []string
	Pref      bool
	Label     string
}

// A Photo is a picture, or where one is to be found.
type Photo struct {
	Type string // media type, as the bytes show it: image/jpeg, png, gif, webp, bmp or heic
	Data []byte
	URL  string
}

// A Property is a line of a card that has no field in Card.
type Property struct {
	Name   string  // in capitals
	Params []Param // without character set and transfer encoding, which are undone
	Value  string  // as version 3.0 writes it; Text undoes that
	Label  string  // the name that its owner gave it
}

// A Param is a parameter of a property.
type Param struct{ Name, Value string }

// Text returns the value as it is meant, if it is a text.
func (p Property) Text() string { return unescape(p.Value) }

// DisplayName returns what to call the card by: its formatted name, or else its
// parts, its organisation, its nickname, or an address. It may be empty.
func (c *Card) DisplayName() string {
	n := c.Name
	candidates := []string{
		c.FormattedName,
		strings.Join(strings.Fields(strings.Join([]string{n.Prefix, n.Given, n.Additional, n.Family, n.Suffix}, " ")), " "),
	}
	for _, o := range c.Orgs {
		candidates = append(candidates, o.Name)
	}
	candidates = append(candidates, c.Nicknames...)
	for _, list := range [][]Contact{c.Emails, c.Phones} {
		for _, v := range list {
			candidates = append(candidates, v.Value)
		}
	}
	for _, s := range candidates {
		if s = strings.TrimSpace(s); s != "" {
			return s
		}
	}
	return ""
}

func (c *Card) warn(key string, args ...any) {
	const enough = 50 // a broken card has no use for more
	if len(c.Warnings) < enough {
		c.Warnings = append(c.Warnings, errs.New(errs.Invalid, key, args...))
	}
}

// isBlank reports whether the card tells nothing.
func (c *Card) isBlank() bool {
	return c.DisplayName() == "" && len(c.Addresses)+len(c.URLs)+len(c.IMs)+len(c.Notes)+len(c.Extra) == 0
}
