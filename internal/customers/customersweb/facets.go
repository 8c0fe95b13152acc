package customersweb

import (
	"net/url"
	"slices"
	"strings"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/phone"
	"github.com/akrab-crm/akrab/internal/ui"
)

// A reachButton is a way to reach the customer from their page.
type reachButton struct {
	label, icon, href, key, cap string
	best                        bool // what they like, or the first
	away                        bool // leads out of Akrab
}

// reach returns the ways that there are, the one that they like best first.
func (p *recordPage) reach() []reachButton {
	var list []reachButton
	add := func(channel string, b reachButton) {
		b.best = p.C.Channel == channel
		list = append(list, b)
	}
	if number := p.firstPhone(); number != "" {
		add("phone", reachButton{label: "record.call", icon: "phone", href: "tel:" + number, key: "t", cap: "T"})
	}
	if number := p.whatsApp(); number != "" {
		add("whatsapp", reachButton{label: "record.whatsapp", icon: "wa", href: "https://wa.me/" + number, key: "w", cap: "W", away: true})
	}
	if addr := p.firstEmail(); addr != "" {
		add("email", reachButton{label: "record.email", icon: "mail", href: mailto(addr), key: "m", cap: "M"})
	}
	if len(list) > 0 && !slices.ContainsFunc(list, func(b reachButton) bool { return b.best }) {
		list[0].best = true
	}
	slices.SortStableFunc(list, func(a, b reachButton) int {
		switch {
		case a.best == b.best:
			return 0
		case a.best:
			return -1
		}
		return 1
	})
	return list
}

func mailto(addr string) string {
	return "mailto:" + strings.ReplaceAll(url.PathEscape(addr), "&", "%26")
}

// phone writes a number as people in the workspace do.
func (p *recordPage) phone(e164 string) string { return phone.Display(e164, p.Region) }

// phoneText returns a number to show, also one that could not be read.
func (p *recordPage) phoneText(t customers.Phone) string {
	if t.E164 == "" {
		return t.Value
	}
	return p.phone(t.E164)
}

func (p *recordPage) channelWords() string {
	channel := ""
	if p.C.Channel != "" {
		channel = p.T("customer.channel." + p.C.Channel)
	}
	return joinWords(", ", channel, p.C.Hours)
}

// kindName returns the name of a kind of interaction; later modules have their own.
func (p *recordPage) kindName(kind string) string {
	if key := "activity.kind." + kind; p.Has(key) {
		return p.T(key)
	}
	return kind
}

// tieWords says what the customer is to another one.
func (p *recordPage) tieWords(t customers.Relation) string {
	kind := ""
	if t.Kind == customers.ServedBy {
		kind = p.T("record.relation.served_by")
	}
	return joinWords(" · ", kind, t.Role, t.Title, t.Department, p.span(t.From, t.To))
}

// span writes a time from day to day, either of which may be unknown.
func (p *recordPage) span(from, to string) string {
	switch {
	case from == "" && to == "":
		return ""
	case to == "":
		return p.T("record.span.from", "from", p.DateOnly(from))
	case from == "":
		return p.T("record.span.to", "to", p.DateOnly(to))
	}
	return p.T("record.span", "from", p.DateOnly(from), "to", p.DateOnly(to))
}

func tieName(t customers.Tie) string {
	for _, s := range []string{t.Name, t.Phone, t.Email} {
		if s != "" {
			return s
		}
	}
	return "–"
}

func tieAvatar(t customers.Tie) string {
	if t.Kind == customers.Organization {
		return "org sm"
	}
	return "sm"
}

// consents returns the newest consent of each channel and purpose.
func (p *recordPage) consents() []customers.Consent {
	var list []customers.Consent
	for _, s := range p.C.Consents {
		i := slices.IndexFunc(list, func(x customers.Consent) bool { return x.Channel == s.Channel && x.Purpose == s.Purpose })
		switch {
		case i < 0:
			list = append(list, s)
		case !s.At.Before(list[i].At):
			list[i] = s
		}
	}
	slices.SortStableFunc(list, func(a, b customers.Consent) int { return b.At.Compare(a.At) })
	return list
}

func (p *recordPage) tabs() []ui.Tab {
	return []ui.Tab{
		{Label: p.T("record.tab.main"), Href: p.href(), Current: p.tab == tabMain},
		{Label: p.T("record.history"), Href: p.href() + "/history", Current: p.tab == tabHistory},
	}
}

// handleURL returns where an account is to be found, or "" if that is not known.
func handleURL(h customers.Handle) string {
	name := strings.TrimPrefix(h.Value, "@")
	if u, err := url.Parse(h.Value); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
		return u.String()
	}
	if h.Network == "website" {
		u, err := url.Parse("https://" + h.Value)
		if err != nil || !strings.Contains(u.Host, ".") {
			return ""
		}
		return u.String()
	}
	if strings.ContainsAny(name, "/ :?#") || name == "" {
		return ""
	}
	base := map[string]string{
		"instagram": "https://www.instagram.com/", "facebook": "https://www.facebook.com/", "tiktok": "https://www.tiktok.com/@",
		"x": "https://x.com/", "linkedin": "https://www.linkedin.com/in/", "telegram": "https://t.me/",
	}[h.Network]
	if base == "" {
		return ""
	}
	return base + url.PathEscape(name)
}

// mapURL returns where an address is shown on a map.
func mapURL(a customers.Address) string {
	q := joinWords(", ", a.Street, a.Village, a.District, a.City, a.Province, a.Postcode, a.Country)
	return "https://www.openstreetmap.org/search?" + url.Values{"query": {strings.Join(strings.Fields(q), " ")}}.Encode()
}

// missing returns the keys of the facts of which nothing is known, for a
// visitor who may add them.
func (p *recordPage) missing() []string {
	if !p.May(permWrite) {
		return nil
	}
	c := &p.C
	var list []string
	for _, f := range []struct {
		key  string
		some bool
	}{
		{"phones", len(c.Phones) > 0}, {"emails", len(c.Emails) > 0}, {"addresses", len(c.Addresses) > 0}, {"handles", len(c.Handles) > 0},
		{"relations", len(c.Relations) > 0}, {"parent", !p.isOrg() || len(p.Parents)+len(p.Children) > 0}, {"traits", len(c.Traits) > 0}, {"consents", len(c.Consents) > 0},
	} {
		if !f.some && f.key != p.Edit {
			list = append(list, f.key)
		}
	}
	return list
}
