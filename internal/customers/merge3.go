package customers

import "slices"

// A Clash is a field that two people changed at once, differently.
type Clash struct {
	Field                string // as in the API
	Mine, Stored, Before any
}

// Combine makes one of two changes to the same customer: mine is what one
// person made of base, stored is what is in the database by now. What only one
// of them changed is taken. What both changed alike is no clash. For what both
// changed differently, stored stands in the result and a Clash tells of it.
func Combine(base, mine, stored *Customer) (Customer, []Clash) {
	out := stored.clone()
	var clashes []Clash
	b, m, s, o := fields(base), fields(mine), fields(stored), fields(&out)
	for i := range b {
		switch {
		case m[i].same(b[i]) || m[i].same(s[i]): // not changed by me, or alike
		case s[i].same(b[i]):
			o[i].take(m[i])
		default:
			clashes = append(clashes, Clash{Field: b[i].name, Mine: m[i].get(), Stored: s[i].get(), Before: b[i].get()})
		}
	}
	return out, clashes
}

// fieldRef is one field of a customer that people edit.
type fieldRef struct {
	name string
	get  func() any
	same func(fieldRef) bool
	take func(fieldRef)
}

func ref[T comparable](name string, p *T) fieldRef {
	return fieldRef{
		name: name,
		get:  func() any { return *p },
		same: func(f fieldRef) bool { return f.get() == any(*p) },
		take: func(f fieldRef) { *p = f.get().(T) },
	}
}

func refs[T comparable](name string, p *[]T) fieldRef {
	return fieldRef{
		name: name,
		get:  func() any { return *p },
		same: func(f fieldRef) bool { return slices.Equal(f.get().([]T), *p) },
		take: func(f fieldRef) { *p = slices.Clone(f.get().([]T)) },
	}
}

func fields(c *Customer) []fieldRef {
	return []fieldRef{
		ref("kind", &c.Kind), ref("name", &c.Name), ref("honorific", &c.Honorific), ref("given_name", &c.Given), ref("middle_name", &c.Middle),
		ref("family_name", &c.Family), ref("suffix", &c.Suffix), ref("nickname", &c.Nickname), ref("addressing", &c.Addressing),
		ref("language", &c.Language), ref("channel", &c.Channel), ref("hours", &c.Hours), ref("birthday", &c.Birthday),
		ref("remember", &c.Remember), ref("owner_id", &c.Owner), ref("parent_id", &c.Parent), ref("phase", &c.Phase),
		ref("roles", &c.Reseller), ref("external_id", &c.ExternalID), ref("source", &c.Source), ref("archived", &c.Archived),
		refs("emails", &c.Emails), refs("phones", &c.Phones), refs("addresses", &c.Addresses), refs("handles", &c.Handles),
		refs("relations", &c.Relations), refs("consents", &c.Consents), refs("tags", &c.Tags), refs("traits", &c.Traits),
	}
}
