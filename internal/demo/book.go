package demo

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/customers"
)

// How many clients of each segment there are, besides those that are known;
// people at home fill up what is wanted.
var wantClients = []struct {
	segment segment
	n       int
}{
	{shop, 84}, {station, 14}, {hotel, 16}, {clinic, 9}, {kitchen, 12}, {farm, 6}, {builder, 7}, {office, 14}, {home, 24}, {endCustomer, 126},
}

// book makes the customers: first those who buy, then the people whom one
// knows there, and the families at home.
func (c *Company) book() {
	b := &binder{Company: c, taken: map[string]bool{}, number: 101}
	for i := range knownClients {
		b.taken[knownClients[i].name] = true
	}
	for i := range knownClients {
		b.known(&knownClients[i])
	}
	for _, w := range wantClients {
		for range w.n {
			b.client(w.segment)
		}
	}
	b.branches()
	b.group()
	shops := c.shops()
	for _, cl := range slices.Clone(c.clients) {
		b.people(cl)
		if cl.segment == endCustomer {
			b.serve(cl, shops)
		}
	}
	for len(c.Customers) < wantCustomers {
		b.client(home)
	}
}

// shops are the resellers, the larger ones more than once, as they have more
// customers.
func (c *Company) shops() []*client {
	var list []*client
	for _, cl := range c.clients {
		if cl.segment.sells() && cl.course != asking && cl.Parent.IsZero() {
			for range 1 + int(cl.size*2) {
				list = append(list, cl)
			}
		}
	}
	return list
}

// A binder fills the book of customers.
type binder struct {
	*Company
	taken  map[string]bool
	number int
}

func (b *binder) dice() dice { return newDice(b.Seed, streamCustomer+uint64(len(b.Customers))) }

// add puts a customer into the book.
func (b *binder) add(d dice, cu *customers.Customer, joined time.Time) {
	cu.ID, cu.Created = d.id(joined), joined
	if cu.ExternalID == "" {
		if b.number == 412 { // of those that are known
			b.number = 470
		}
		cu.ExternalID = fmt.Sprintf("PLG-%05d", b.number)
		b.number++
	}
	b.Customers = append(b.Customers, cu)
}

// enlist makes a client of a customer.
func (b *binder) enlist(cl *client) {
	cl.n = len(b.clients)
	b.clients = append(b.clients, cl)
	b.byID[cl.ID] = cl
}

func (b *binder) known(k *known) {
	d := b.dice()
	p := &places[slices.IndexFunc(places, func(p place) bool { return p.city == k.city })]
	cl := &client{Customer: &customers.Customer{Kind: customers.Organization, Name: k.name, ExternalID: k.number, Remember: k.recall, Hours: k.hours},
		segment: k.segment, course: k.course, place: p, contact: k.contact, rhythm: k.rhythm, size: k.size}
	cl.english = k.contact.honorific == "Ms"
	if k.tag != "" {
		cl.Tags = []customers.Tag{{Value: k.tag}}
	}
	cl.joined = b.Begin.Add(time.Duration(d.between(60, 600)) * time.Second)
	cl.last = b.end(d, cl)
	b.equip(d, cl)
	b.add(d, cl.Customer, cl.joined)
	b.enlist(cl)
}

// client makes a client of a segment.
func (b *binder) client(s segment) {
	d := b.dice()
	p := &places[d.place(s)]
	cl := &client{Customer: &customers.Customer{}, segment: s, place: p, size: d.around(1, 0.35)}
	cl.english = p.province == bali && (s == hotel || s == kitchen) && d.chance(0.45) || s == home && p.province == bali && d.chance(0.4)
	if cl.english {
		cl.contact = stranger(d.IntN(100), d, b.Today)
	} else {
		cl.contact = d.person(p.lang, b.Today)
	}
	cl.course = course(d.weigh(courseOf(s)...))
	cl.rhythm = d.rhythm(s)
	cl.joined = b.start(d, s, cl.course)
	cl.last = b.end(d, cl)
	b.identity(d, cl)
	b.equip(d, cl)
	b.add(d, cl.Customer, cl.joined)
	b.enlist(cl)
}

// courseOf are the weights of the courses of a segment.
func courseOf(s segment) []float64 {
	if s.private() {
		return []float64{42, 2, 6, 8, 7, 5, 30}
	}
	return []float64{64, 8, 5, 5, 5, 9, 4}
}

// place is the index of a place; hot water sells where it is cool, and hotels
// stand where guests come.
func (d dice) place(s segment) int {
	w := make([]float64, len(places))
	for i := range places {
		p := &places[i]
		w[i] = p.weight
		if s == hotel && (p.province == bali || p.city == "Kota Yogyakarta" || p.city == "Kota Batu") {
			w[i] *= 4
		}
		if s == farm && strings.HasPrefix(p.city, "Kabupaten") {
			w[i] *= 5
		}
		if s.private() && p.province != eastJava {
			w[i] /= 2
		}
	}
	return d.weigh(w...)
}

// rhythm is in days between two orders.
func (d dice) rhythm(s segment) float64 {
	switch s {
	case shop:
		return max(3.5, d.around(8.2, 0.5))
	case station, kitchen, hotel:
		return d.around(21, 0.4)
	case clinic, office:
		return d.around(28, 0.4)
	case farm, builder:
		return d.around(34, 0.4)
	case home:
		return d.around(65, 0.2)
	}
	return d.around(70, 0.2)
}

// start is when a client comes into the books: most firms were there when they began.
func (b *binder) start(d dice, s segment, co course) time.Time {
	span := int(days(b.Begin, b.Today))
	switch {
	case co == fresh:
		return b.hour(d, b.Today.AddDate(0, 0, -d.between(1, 40)))
	case co == asking:
		return b.hour(d, b.Today.AddDate(0, 0, -d.between(1, 150)))
	case co == gone || co == fading || s.private() && d.chance(0.2) || !s.private() && d.chance(0.6): // people at home come and go
		return b.Begin.Add(time.Duration(d.between(600, 30_000)) * time.Second)
	}
	return b.hour(d, b.openDay(b.Begin.AddDate(0, 0, d.between(5, span-90))))
}

// end is after when a client buys no more, zero if they still do.
func (b *binder) end(d dice, cl *client) time.Time {
	switch cl.course {
	case fading: // silent for two and a half to four times as long as usual
		return b.Today.AddDate(0, 0, -int(min(max(cl.rhythm*(2.5+1.5*d.Float64()), 35), 200)))
	case leaving: // from two months after they came until three weeks ago
		cl.wanes = min(max(2*cl.rhythm, 60), 120)
		return cl.joined.Add(hours(24 * (60 + max(days(cl.joined, b.Today)-80, 0)*d.Float64())))
	case gone:
		return b.Today.AddDate(0, 0, -d.between(470, 610))
	case asking:
		return b.Begin
	}
	return time.Time{}
}

// identity names a client and says how to reach them.
func (b *binder) identity(d dice, cl *client) {
	if cl.segment.private() {
		b.person(d, cl.Customer, cl.contact, cl.place)
		if cl.segment == home && !cl.english && d.chance(0.55) {
			family := cl.contact.family
			if family == "" {
				family = cl.contact.given
			}
			cl.Kind, cl.Name = customers.Household, b.unique("Keluarga "+family, cl.place)
			cl.Given, cl.Family, cl.Birthday, cl.Honorific = "", "", "", ""
		}
		cl.Source = pick(d, sources)
		return
	}
	cl.Kind = customers.Organization
	cl.Name = b.unique(d.orgName(cl.segment), cl.place)
	cl.Source = pick(d, sources)
}

// unique is the name, with the town if somebody else has it already.
func (b *binder) unique(name string, p *place) string {
	town := strings.TrimPrefix(strings.TrimPrefix(p.city, "Kota "), "Kabupaten ")
	for try := 0; b.taken[name]; try++ {
		if try == 0 {
			name += " " + town
		} else {
			name += " " + firstWords[try%len(firstWords)]
		}
	}
	b.taken[name] = true
	return name
}

func (d dice) orgName(s segment) string {
	switch s {
	case hotel, kitchen:
		return pick(d, kinds[s]) + " " + pick(d, softWords) + " " + pick(d, softEnds)
	case clinic:
		return pick(d, kinds[s]) + " " + pick(d, cureWords) + " " + pick(d, cureEnds)
	case station:
		return pick(d, kinds[s]) + " " + pick(d, []string{"Tirta", "Segar", "Jernih", "Sejuk", "Murni", "Barokah", "Bening", "Sumber"}) + " " + pick(d, secondWords)
	}
	first, second := pick(d, firstWords), pick(d, secondWords)
	for second == first {
		second = pick(d, secondWords)
	}
	return pick(d, kinds[s]) + " " + first + " " + second
}

// person writes down a person.
func (b *binder) person(d dice, cu *customers.Customer, n name, p *place) {
	cu.Kind, cu.Name, cu.Given, cu.Family = customers.Person, n.full(), n.given, n.family
	cu.Honorific, cu.Addressing = n.honorific, n.address()
	cu.Phones = []customers.Phone{{Value: d.mobile(), Primary: true, Label: "mobile", State: verified(d, 0.7)}}
	if d.chance(0.45) {
		cu.Emails = []customers.Email{{Value: fmt.Sprintf("%s%d@%s", n.user(), d.between(1, 99), pick(d, mailboxes)), Primary: true, State: verified(d, 0.5)}}
	}
	if d.chance(0.5) {
		cu.Birthday = n.birthday(d)
	}
}

func verified(d dice, p float64) customers.State {
	switch {
	case d.chance(p):
		return customers.Verified
	case d.chance(0.04):
		return customers.Unusable
	}
	return customers.Unverified
}

// equip fills in what is known of a client besides the name.
func (b *binder) equip(d dice, cl *client) {
	cl.seller = sellerOf(cl.place)
	cl.Owner = b.Staff[cl.seller].ID
	if cl.segment == endCustomer || cl.segment == home && d.chance(0.5) {
		cl.Owner = b.Staff[careDesk].ID
		cl.seller = careDesk
	}
	cl.Addressing = cl.contact.address()
	cl.Addresses = append(cl.Addresses, d.address(cl.place, !cl.segment.private()))
	cl.shopAt = shopNear(cl.place)
	b.wire(d, cl)
	cl.Language = "id"
	if cl.english {
		cl.Language = "en"
	} else if (cl.place.lang == "jv" || cl.place.lang == "su") && d.chance(0.08) {
		cl.Language = cl.place.lang
	}
	cl.Channel = []string{"whatsapp", "phone", "email", "visit"}[d.weigh(channelsOf(cl.segment)...)]
	if cl.Hours == "" && d.chance(0.35) {
		cl.Hours = pick(d, hoursOf)
	}
	if cl.Remember == "" && !cl.english && d.chance(0.3) {
		if cl.segment.private() {
			cl.Remember = pick(d, recalls)
		} else {
			cl.Remember = pick(d, recallsBusiness)
		}
	}
	b.mark(d, cl)
	b.agree(d, cl)
}

func channelsOf(s segment) []float64 {
	switch {
	case s == shop:
		return []float64{65, 15, 5, 15}
	case s.private():
		return []float64{75, 20, 5, 0}
	}
	return []float64{45, 20, 28, 7}
}

// wire gives an organisation its telephones and addresses of the net.
func (b *binder) wire(d dice, cl *client) {
	if cl.Kind != customers.Organization {
		return
	}
	domain := letters(strings.ToLower(strings.ReplaceAll(cl.Name, " ", ""))) + ".example"
	cl.Phones = []customers.Phone{{Value: d.mobile(), Primary: true, Label: "mobile", State: verified(d, 0.8)}}
	if d.chance(0.6) {
		cl.Phones = append(cl.Phones, customers.Phone{Value: d.fixed(cl.place.dial), Label: "work", State: verified(d, 0.6)})
	}
	if d.chance(0.7) {
		cl.Emails = []customers.Email{{Value: pick(d, []string{"halo@", "info@", "pembelian@", "toko@", "admin@"}) + domain, Primary: true, Label: "work", State: verified(d, 0.6)}}
	}
	if d.chance(0.3) {
		cl.Handles = append(cl.Handles, customers.Handle{Network: "website", Value: "https://www." + domain})
	}
	if d.chance(0.3) {
		cl.Handles = append(cl.Handles, customers.Handle{Network: "instagram", Value: "@" + strings.TrimSuffix(domain, ".example") + ".contoh"})
	}
}

// mark says what a client is to the company: tags, traits, terms.
func (b *binder) mark(d dice, cl *client) {
	trait := func(label, value string) { cl.Traits = append(cl.Traits, customers.Trait{Label: label, Value: value}) }
	tag := func(text string) { cl.Tags = append(cl.Tags, customers.Tag{Value: text}) }
	switch cl.segment {
	case shop:
		cl.Reseller = "reseller"
		if d.chance(0.15) {
			cl.Reseller = "dealer"
		}
		cl.cut = 0.12 + 0.08*min(cl.size, 1.5)
		if len(cl.Tags) == 0 && cl.course != asking {
			switch {
			case cl.size > 1.3:
				tag("Mitra Emas")
			case cl.size > 1:
				tag("Mitra Perak")
			}
		}
		trait("Mitra sejak", fmt.Sprint(d.between(2009, cl.joined.Year()-1)))
		trait("Termin", pick(d, []string{"tunai", "14 hari", "30 hari", "30 hari", "45 hari"}))
		if d.chance(0.4) {
			trait("Rak pajangan", fmt.Sprintf("%d m", d.between(1, 6)))
		}
	case hotel:
		trait("Kamar", fmt.Sprint(d.between(8, 120)))
		trait("Sumber air", pick(d, []string{"sumur bor", "PDAM", "PDAM dan sumur bor"}))
	case station:
		trait("Galon per hari", fmt.Sprint(d.between(4, 30)*10))
	case builder:
		if len(cl.Tags) == 0 {
			tag("Proyek")
		}
		trait("Rumah per tahun", fmt.Sprint(d.between(2, 30)*10))
	case farm:
		trait("Lahan", fmt.Sprintf("%d ha", d.between(4, 80)))
	case home, endCustomer:
		trait("Sumber air", pick(d, []string{"sumur gali", "sumur bor", "PDAM", "PDAM", "PDAM dan sumur"}))
		if d.chance(0.3) {
			trait("Lantai", fmt.Sprint(d.between(1, 3)))
		}
	}
	if !cl.segment.private() && cl.segment != shop {
		trait("Termin", pick(d, []string{"tunai", "14 hari", "30 hari", "30 hari"}))
		cl.cut = 0.03 + 0.05*d.Float64()
	}
	if cl.course == asking {
		tag("Calon")
	}
}

// agree writes down what a client agreed to.
func (b *binder) agree(d dice, cl *client) {
	if !d.chance(0.6) {
		return
	}
	granted := d.chance(0.85)
	source := pick(d, []string{"formulir gerai", "WhatsApp", "kontrak", "pameran"})
	at := cl.joined.Add(time.Duration(d.between(1, 90)) * time.Minute)
	cl.Consents = append(cl.Consents, customers.Consent{Channel: "whatsapp", Purpose: "marketing", Granted: granted, Source: source, At: at})
	if len(cl.Emails) > 0 && d.chance(0.5) {
		cl.Consents = append(cl.Consents, customers.Consent{Channel: "email", Purpose: "marketing", Granted: granted && d.chance(0.9), Source: source, At: at})
	}
}

// address is where somebody of a place lives or works.
func (d dice) address(p *place, business bool) customers.Address {
	a := pick(d, p.areas)
	vil := pick(d, a.villages)
	list := streets
	if p.province == bali {
		list = streetsBali
	}
	street := fmt.Sprintf("Jl. %s %d", pick(d, list), d.between(1, 199))
	switch {
	case business && d.chance(0.35):
		street = fmt.Sprintf("Jl. Raya %s %d", vil.name, d.between(1, 240))
	case business && d.chance(0.2):
		street += fmt.Sprintf(", Blok %c-%d", 'A'+rune(d.IntN(6)), d.between(1, 20))
	case !business && d.chance(0.3):
		street = fmt.Sprintf("Perum %s Blok %c-%d", pick(d, estates), 'A'+rune(d.IntN(12)), d.between(1, 30))
	case !business && d.chance(0.5):
		street += fmt.Sprintf("\nRT %02d/RW %02d", d.between(1, 12), d.between(1, 9))
	}
	return customers.Address{
		Street: street, Village: vil.name, District: a.district, City: p.city, Province: p.province, Postcode: vil.postcode, Country: "ID",
		Primary: true, State: verified(d, 0.5),
	}
}

// shopNear is the company's own shop that is nearest.
func shopNear(p *place) string {
	switch {
	case p.province == bali:
		return "Gerai Denpasar"
	case p.province == midJava || p.province == yogyakarta:
		return "Gerai Semarang"
	case p.province == westJava || p.province == jakarta || p.province == banten:
		return "Gerai Bandung"
	case p.dial == "341" || p.dial == "331" || p.dial == "333" || p.dial == "354":
		return "Gerai Malang"
	}
	return "Gerai Rungkut"
}

// people writes down whom one knows at a client: in an organisation those with
// a role, at home the family.
func (b *binder) people(cl *client) {
	d := newDice(b.Seed, streamCustomer+1<<20+uint64(cl.n))
	switch {
	case cl.Kind == customers.Household:
		b.member(d, cl, cl.contact, "Kepala keluarga", "")
		if d.chance(0.8) {
			partner := d.person(cl.place.lang, b.Today)
			role := "Istri"
			if !cl.contact.male {
				role = "Suami"
			}
			partner.male = !cl.contact.male
			partner.given, partner.family = d.given(cl.place.lang, partner.male), d.second(cl.place.lang, partner.male)
			partner.birth = cl.contact.birth + d.between(-4, 4)
			partner.title(d, b.Today)
			b.member(d, cl, partner, role, "")
		}
	case cl.Kind == customers.Organization && cl.Parent.IsZero():
		first := rolesIn[0]
		if cl.segment != shop && cl.segment != station && cl.segment != kitchen {
			first = pick(d, rolesIn[1:4])
		}
		b.member(d, cl, cl.contact, first[0], first[1])
		b.colleagues(d, cl, first[0])
	}
}

// colleagues writes down more people of an organisation, the more the larger it is.
func (b *binder) colleagues(d dice, cl *client, first string) {
	if cl.course == asking {
		return
	}
	n := d.poisson(0.2 * cl.size)
	if cl.size > 1.5 {
		n++
	}
	for i := range min(n, 4) {
		role := rolesIn[1+(cl.n+i)%(len(rolesIn)-1)]
		if role[0] != first {
			b.member(d, cl, d.person(cl.place.lang, b.Today), role[0], role[1])
		}
	}
}

func (d dice) given(lang string, male bool) string {
	if male {
		return pick(d, menOf[lang])
	}
	return pick(d, womenOf[lang])
}

func (d dice) second(lang string, male bool) string {
	if male {
		return pick(d, familyOf[lang])
	}
	return pick(d, secondOf[lang])
}

// member writes down a person who belongs to a client.
func (b *binder) member(d dice, cl *client, n name, role, title string) {
	cu := &customers.Customer{Owner: cl.Owner, Source: cl.Source, Language: cl.Language, Channel: "whatsapp"}
	b.person(d, cu, n, cl.place)
	if !cl.segment.private() && len(cl.Emails) > 0 && d.chance(0.6) {
		_, domain, _ := strings.Cut(cl.Emails[0].Value, "@")
		cu.Emails = []customers.Email{{Value: strings.ToLower(called(n.given)) + "@" + domain, Primary: true, Label: "work", State: customers.Verified}}
	}
	from := ""
	if d.chance(0.7) {
		from = fmt.Sprintf("%d-%02d-01", d.between(2010, cl.joined.Year()-1), d.between(1, 12))
	}
	cu.Relations = []customers.Relation{{Kind: customers.Member, Other: cl.ID, Role: role, Title: title, From: from, Primary: true}}
	if cl.Kind == customers.Household {
		cu.Parent = cl.ID
		cu.Relations[0].From = ""
	}
	if cl.course == asking {
		cu.Tags = []customers.Tag{{Value: "Calon"}}
	}
	b.add(d, cu, cl.joined.Add(time.Duration(d.between(1, 20))*time.Minute))
}

// serve ties an end customer to the reseller where they bought, nearby if one
// is there.
func (b *binder) serve(cl *client, shops []*client) {
	d := newDice(b.Seed, streamCustomer+2<<20+uint64(cl.n))
	var near []*client
	for _, s := range shops {
		if s.place.province == cl.place.province && s.joined.Before(cl.joined) {
			near = append(near, s)
		}
	}
	if len(near) == 0 {
		near = shops[:1]
	}
	by := pick(d, near)
	cl.Relations = append(cl.Relations, customers.Relation{Kind: customers.ServedBy, Other: by.ID, From: b.since(d, cl).Format(time.DateOnly)})
}

// since is when an end customer first bought at their reseller: of those who
// were there when the books began, up to four years before.
func (b *binder) since(d dice, cl *client) time.Time {
	if cl.joined.Sub(b.Begin) > 24*time.Hour {
		return cl.joined
	}
	return cl.joined.AddDate(0, 0, -d.between(20, 1400))
}

// branches gives some large resellers a second shop elsewhere.
func (b *binder) branches() {
	n := 0
	for _, cl := range slices.Clone(b.clients) {
		if cl.segment != shop || cl.size < 1.15 || cl.course != steady && cl.course != growing || n == 12 {
			continue
		}
		n++
		d := newDice(b.Seed, streamCustomer+3<<20+uint64(cl.n))
		p := &places[d.place(shop)]
		for p.province != cl.place.province || p == cl.place {
			p = &places[d.place(shop)]
		}
		branch := &client{Customer: &customers.Customer{}, segment: shop, course: steady, place: p, size: cl.size * 0.7, rhythm: cl.rhythm * 1.4, contact: d.person(p.lang, b.Today)}
		branch.joined = b.start(d, shop, steady)
		if branch.joined.Before(cl.joined) {
			branch.joined = cl.joined.Add(time.Hour)
		}
		town := strings.TrimPrefix(strings.TrimPrefix(p.city, "Kota "), "Kabupaten ")
		branch.Kind, branch.Name, branch.Source, branch.Parent = customers.Organization, b.unique(cl.Name+" Cabang "+town, p), cl.Source, cl.ID
		b.equip(d, branch)
		b.add(d, branch.Customer, branch.joined)
		b.enlist(branch)
	}
}

// group puts three hotels under the company that owns them.
func (b *binder) group() {
	d := b.dice()
	p := &places[slices.IndexFunc(places, func(p place) bool { return p.city == "Kota Yogyakarta" })]
	joined := b.Begin.Add(30 * time.Second)
	cu := &customers.Customer{Kind: customers.Organization, Name: "PT Puri Nusa Hospitalitas", Owner: b.Staff[salesLead].ID, Language: "id", Channel: "email",
		Addressing: "Bu Melani", Addresses: []customers.Address{d.address(p, true)}, Tags: []customers.Tag{{Value: "Kunci"}},
		Phones: []customers.Phone{{Value: d.fixed(p.dial), Primary: true, Label: "work"}}, Emails: []customers.Email{{Value: "pusat@purinusa.example", Primary: true}},
		Remember: "Kantor pusat; pesanan dibuat oleh masing-masing hotel."}
	b.add(d, cu, joined)
	n := 0
	for _, cl := range b.clients {
		if cl.segment == hotel && !cl.english && cl.Parent.IsZero() && cl.course == steady && n < 3 {
			cl.Parent = cu.ID
			n++
		}
	}
}
