package api

import (
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"
)

// Customers are the one thing that is answered by the dozen: their JSON is
// written by hand, a quarter of the time that reflection takes. A test holds it
// against encoding/json, so that it can't come to say something else.

// MarshalJSON implements [json.Marshaler].
func (c customer) MarshalJSON() ([]byte, error) { return c.append(make([]byte, 0, 1024)), nil }

func (c *customer) append(b []byte) []byte {
	w := writer{b: b}
	w.open('{')
	c.members(&w)
	w.shut('}')
	return w.b
}

// MarshalJSON implements [json.Marshaler].
func (c newCustomer) MarshalJSON() ([]byte, error) {
	w := writer{b: make([]byte, 0, 1024)}
	w.open('{')
	c.customer.members(&w)
	likely, err := json.Marshal(c.Likely)
	w.key("likely")
	w.b = append(w.b, likely...)
	w.shut('}')
	return w.b, err
}

// MarshalJSON implements [json.Marshaler].
func (p customerPage) MarshalJSON() ([]byte, error) {
	w := writer{b: make([]byte, 0, 256+1200*len(p.Items))}
	w.open('{')
	w.key("items")
	w.open('[')
	for i := range p.Items {
		w.next()
		w.b = p.Items[i].append(w.b)
	}
	w.shut(']')
	w.key("count")
	if p.Count == nil {
		w.null()
	} else {
		w.b = strconv.AppendInt(w.b, *p.Count, 10)
	}
	w.pointer("next", p.Next)
	w.shut('}')
	return w.b, nil
}

func (c *customer) members(w *writer) {
	w.text("id", c.ID)
	w.text("kind", c.Kind)
	w.text("name", c.Name)
	w.text("given_name", c.Given)
	w.text("middle_name", c.Middle)
	w.text("family_name", c.Family)
	w.text("suffix", c.Suffix)
	w.text("honorific", c.Honorific)
	w.text("nickname", c.Nickname)
	w.text("addressing", c.Addressing)
	w.key("emails")
	w.open('[')
	for _, e := range c.Emails {
		w.next()
		w.open('{')
		w.text("value", e.Value)
		w.flag("primary", e.Primary)
		w.some("state", e.State)
		w.some("label", e.Label)
		w.shut('}')
	}
	w.shut(']')
	w.key("phones")
	w.open('[')
	for _, p := range c.Phones {
		w.next()
		w.open('{')
		w.text("value", p.Value)
		w.flag("primary", p.Primary)
		w.some("state", p.State)
		w.some("label", p.Label)
		w.some("e164", p.E164)
		w.shut('}')
	}
	w.shut(']')
	w.key("addresses")
	w.open('[')
	for _, a := range c.Addresses {
		w.next()
		w.open('{')
		w.some("street", a.Street)
		w.some("village", a.Village)
		w.some("district", a.District)
		w.some("city", a.City)
		w.some("province", a.Province)
		w.some("postal_code", a.Postcode)
		w.some("country", a.Country)
		w.some("label", a.Label)
		w.flag("primary", a.Primary)
		w.some("state", a.State)
		w.shut('}')
	}
	w.shut(']')
	w.rare("handles", len(c.Handles), c.Handles)
	w.rare("relations", len(c.Relations), c.Relations)
	w.rare("consents", len(c.Consents), c.Consents)
	w.rare("traits", len(c.Traits), c.Traits)
	w.rare("roles", len(c.Roles), c.Roles)
	w.pointer("owner_id", c.Owner)
	w.pointer("parent_id", c.Parent)
	w.text("phase", c.Phase)
	w.rare("tags", len(c.Tags), c.Tags)
	w.text("external_id", c.ExternalID)
	w.text("language", c.Language)
	w.text("channel", c.Channel)
	w.text("hours", c.Hours)
	w.pointer("birthday", c.Birthday)
	w.text("remember", c.Remember)
	w.text("source", c.Source)
	w.key("archived")
	w.b = strconv.AppendBool(w.b, c.Archived)
	w.key("last_at")
	if c.LastAt == nil {
		w.null()
	} else {
		w.time(*c.LastAt)
	}
	w.text("last_kind", c.LastKind)
	w.key("created_at")
	w.time(c.CreatedAt)
	w.key("updated_at")
	w.time(c.UpdatedAt)
}

// writer appends JSON.
type writer struct {
	b    []byte
	more bool // whether a member stands before the next one
}

func (w *writer) open(c byte) { w.b, w.more = append(w.b, c), false }
func (w *writer) shut(c byte) { w.b, w.more = append(w.b, c), true }
func (w *writer) null()       { w.b = append(w.b, "null"...) }

func (w *writer) next() {
	if w.more {
		w.b = append(w.b, ',')
	}
	w.more = true
}

func (w *writer) key(name string) {
	w.next()
	w.b = append(w.b, '"')
	w.b = append(w.b, name...)
	w.b = append(w.b, `":`...)
}

func (w *writer) text(name, s string) {
	w.key(name)
	w.b = appendText(w.b, s)
}

// some is a text that is left out if it is empty.
func (w *writer) some(name, s string) {
	if s != "" {
		w.text(name, s)
	}
}

// flag is left out if it is not set.
func (w *writer) flag(name string, set bool) {
	if set {
		w.key(name)
		w.b = append(w.b, "true"...)
	}
}

func (w *writer) pointer(name string, s *string) {
	w.key(name)
	if s == nil {
		w.null()
		return
	}
	w.b = appendText(w.b, *s)
}

// rare is a list that is mostly empty.
func (w *writer) rare(name string, n int, list any) {
	w.key(name)
	if n == 0 {
		w.b = append(w.b, "[]"...)
		return
	}
	text, err := json.Marshal(list)
	if err != nil { // times beyond the year 9999, which nothing stores
		text = []byte("[]")
	}
	w.b = append(w.b, text...)
}

func (w *writer) time(t time.Time) {
	w.b = append(w.b, '"')
	w.b = t.AppendFormat(w.b, time.RFC3339Nano)
	w.b = append(w.b, '"')
}

// appendText appends s as a JSON string, as encoding/json does.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf || c == '<' || c == '>' || c == '&' {
			text, _ := json.Marshal(s) // a string can't fail
			return append(b, text...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
