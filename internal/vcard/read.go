package vcard

import (
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/akrab-crm/akrab/internal/errs"
)

// A Decoder reads the cards of a file in turn.
type Decoder struct {
	lines *lines
	n     int
	begun int   // line of a beginning that was found where the card before has no end, or 0
	err   error // what ended the file
}

// NewDecoder returns a Decoder that reads from r, of any encoding.
func NewDecoder(r io.Reader) *Decoder { return &Decoder{lines: newLines(r)} }

// Offset returns how many bytes of the input are used, for showing progress. It
// runs ahead of the cards by up to a buffer.
func (d *Decoder) Offset() int64 { return d.lines.in.n }

// Next returns the next card, or io.EOF at the end. An Invalid error is about one
// card, vcard.blank or vcard.too_large, each with its number and line, and Next may be
// called again; or it is vcard.empty, for a file without cards. Any other
// error is that of the input.
func (d *Decoder) Next() (*Card, error) {
	if d.err != nil {
		return nil, d.err
	}
	line, err := d.begin()
	if err == io.EOF && d.n == 0 {
		d.err = io.EOF
		return nil, errs.New(errs.Invalid, "vcard.empty")
	}
	if err != nil {
		d.err = err
		return nil, err
	}
	d.n++
	b := builder{card: &Card{N: d.n, Line: line}}
	size, err := d.body(&b)
	if err != nil {
		d.err = err
		return nil, err
	}
	if size > maxCard {
		return nil, errs.New(errs.Invalid, "vcard.too_large", "n", d.n, "line", line, "max", maxCard>>20)
	}
	b.finish()
	if b.card.isBlank() {
		return nil, errs.New(errs.Invalid, "vcard.blank", "n", d.n, "line", line)
	}
	return b.card, nil
}

// Skip passes over n cards, broken ones among them. It returns io.EOF if there are fewer.
func (d *Decoder) Skip(n int) error {
	for range n {
		if _, err := d.Next(); err != nil && errs.KindOf(err) != errs.Invalid {
			return err
		}
		if d.err != nil {
			return d.err
		}
	}
	return nil
}

// begin goes to the beginning of the next card and returns its line.
func (d *Decoder) begin() (int, error) {
	if line := d.begun; line > 0 {
		d.begun = 0
		return line, nil
	}
	for {
		line, err := d.lines.next()
		if err != nil {
			return 0, err
		}
		if isBegin(string(line)) {
			return d.lines.n, nil
		}
	}
}

func isBegin(line string) bool {
	name, value, ok := strings.Cut(line, ":")
	return ok && strings.EqualFold(strings.TrimSpace(name), "BEGIN") && strings.EqualFold(strings.TrimSpace(value), "VCARD")
}

// body reads the properties of a card up to its end and returns their size.
// Once that is too much, they are passed over.
func (d *Decoder) body(b *builder) (int, error) {
	size := 0
	for {
		p, err := d.lines.property()
		if err == io.EOF {
			b.card.warn("vcard.no_end")
			return size, nil
		}
		if err != nil {
			return 0, err
		}
		size += p.size + 16
		value := strings.ToUpper(strings.TrimSpace(string(p.value[:min(len(p.value), 100)])))
		switch {
		case p.name == "END" && value == "VCARD":
			return size, nil
		case p.name == "BEGIN" && value == "VCARD":
			// The card before has no end.
			b.card.warn("vcard.no_end")
			d.begun = p.line
			return size, nil
		case p.name == "AGENT":
			if err := d.passAgent(value); err != nil {
				return 0, err
			}
		case size <= maxCard:
			b.add(&p)
		}
	}
}

// passAgent passes over the card of an agent within a card, as version 2.1 has
// it. That of later versions is a text in one line.
func (d *Decoder) passAgent(value string) error {
	if value == "" {
		line, err := d.lines.next()
		for err == nil && strings.TrimSpace(string(line)) == "" {
			line, err = d.lines.next()
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if !isBegin(string(line)) {
			d.lines.unread(line)
			return nil
		}
	} else if value != "BEGIN:VCARD" {
		return nil
	}
	for depth := 1; depth > 0; {
		line, err := d.lines.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch {
		case isBegin(string(line)):
			depth++
		case isEnd(line):
			depth--
		}
	}
	return nil
}

// A builder makes a card of properties.
type builder struct {
	card    *Card
	kind    Kind
	company bool // whether it is to be shown as a company

	// Properties that belong together have the same group.
	labels    map[string]string // by group
	contacts  []grouped[Contact]
	addresses []grouped[Address]
	envelopes []grouped[Address] // LABEL properties
	extra     []grouped[Property]
}

type grouped[T any] struct {
	group string
	to    *[]T // where it belongs in the card
	v     T
}

// add takes in one property.
func (b *builder) add(p *raw) {
	c := b.card
	if p.name == "" {
		c.warn("vcard.line", "line", p.line)
		return
	}
	if p.name == "PHOTO" && c.Photo.URL == "" && len(c.Photo.Data) == 0 {
		b.photo(p)
		return
	}
	if len(p.value) > maxValue {
		c.warn("vcard.value_too_large", "name", p.name, "max", maxValue>>20)
		return
	}
	if p.isBase64() && isBinary(p.name) {
		c.warn("vcard.binary", "name", p.name)
		return
	}
	value, lost := p.text()
	if lost {
		c.warn("vcard.encoding", "line", p.line)
	}
	if value == "" || b.text(p, value) || b.structured(p, value) || b.contact(p, value) || b.apple(p, value) || b.day(p, value) {
		return
	}
	b.keep(p, value)
}

// isBinary reports whether a property is a file: a picture, sound or key.
func isBinary(name string) bool {
	return slices.Contains([]string{"PHOTO", "LOGO", "SOUND", "KEY"}, name)
}

// text takes in properties of one text. It reports whether p is one.
func (b *builder) text(p *raw, value string) bool {
	c := b.card
	var field *string
	switch p.name {
	case "VERSION":
		field = &c.Version
	case "FN":
		field = &c.FormattedName
	case "TITLE":
		field = &c.Title
	case "ROLE":
		field = &c.Role
	case "UID":
		field = &c.UID
	case "REV":
		field = &c.Rev
	case "LANG", "X-LANG":
		if _, pref := p.types(); pref {
			c.Lang = ""
		}
		field = &c.Lang
	case "NOTE":
		c.Notes = append(c.Notes, unescape(value))
		return true
	case "GENDER", "X-GENDER":
		c.Gender = gender(value)
		return c.Gender != ""
	case "KIND", "X-KIND", "X-ADDRESSBOOKSERVER-KIND":
		b.kind = kindOf(value)
		return b.kind != ""
	default:
		return false
	}
	if *field != "" {
		return false // a further one is kept among the extra ones
	}
	*field = unescape(value)
	if p.name == "VERSION" {
		*field = strings.TrimSpace(value)
	}
	return true
}

func gender(value string) string {
	sex, _, _ := strings.Cut(value, ";")
	switch strings.ToLower(strings.TrimSpace(sex)) {
	case "m", "male":
		return "M"
	case "f", "female":
		return "F"
	case "o", "other":
		return "O"
	case "n", "none":
		return "N"
	case "u", "unknown":
		return "U"
	}
	return ""
}

func kindOf(value string) Kind {
	switch k := Kind(strings.ToLower(strings.TrimSpace(value))); k {
	case Individual, Org, Group, Location:
		return k
	case "organization", "organisation", "company":
		return Org
	}
	return ""
}

// structured takes in properties of several parts.
func (b *builder) structured(p *raw, value string) bool {
	c := b.card
	switch p.name {
	case "N":
		if c.Name != (Name{}) {
			return false
		}
		n := split(value, ';')
		c.Name = Name{
			Family: component(n, 0, " "), Given: component(n, 1, " "), Additional: component(n, 2, " "),
			Prefix: component(n, 3, " "), Suffix: component(n, 4, ", "),
		}
	case "ORG":
		b.organization(value)
	case "NICKNAME":
		c.Nicknames = append(c.Nicknames, list(value, ',')...)
	case "CATEGORIES":
		sep := byte(',')
		if c.Version == "2.1" && len(split(value, ',')) == 1 {
			sep = ';'
		}
		c.Categories = append(c.Categories, list(value, sep)...)
	case "ADR":
		b.address(p, value)
	case "LABEL":
		a := Address{Formatted: unescape(value)}
		a.Types, a.Pref = p.types()
		b.envelopes = append(b.envelopes, grouped[Address]{group: p.group, v: a})
	default:
		return false
	}
	return true
}

// organization takes in ORG. A comma in it is text, whatever the version.
func (b *builder) organization(value string) {
	var parts []string
	for _, s := range split(value, ';') {
		parts = append(parts, unescape(s))
	}
	for len(parts) > 0 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	if len(parts) == 0 {
		return
	}
	o := Organization{Name: parts[0]}
	if len(parts) > 1 {
		o.Units = parts[1:]
	}
	b.card.Orgs = append(b.card.Orgs, o)
}

func (b *builder) address(p *raw, value string) {
	parts := split(value, ';')
	at := func(i int) string { return component(parts, i, ", ") }
	a := Address{
		Box: at(0), Extended: at(1), Street: at(2), City: at(3), Region: at(4), Code: at(5), Country: at(6),
		// The standard's own examples have \n here, and leave the rest alone.
		Formatted: strings.NewReplacer(`\n`, "\n", `\N`, "\n").Replace(p.param("LABEL")),
	}
	if strings.Trim(value, "; ,") == "" && a.Formatted == "" {
		return
	}
	a.Types, a.Pref = p.types()
	b.addresses = append(b.addresses, grouped[Address]{group: p.group, v: a})
}

// services are the properties of accounts before there was IMPP.
var services = map[string]string{
	"X-AIM": "aim", "X-ICQ": "icq", "X-MSN": "msn", "X-YAHOO": "yahoo", "X-JABBER": "xmpp", "X-SKYPE": "skype",
	"X-SKYPE-USERNAME": "skype", "X-GTALK": "gtalk", "X-GOOGLE-TALK": "gtalk", "X-QQ": "qq",
	"X-GADUGADU": "gadugadu", "X-GROUPWISE": "groupwise", "X-TWITTER": "twitter", "X-WHATSAPP": "whatsapp",
	"X-TELEGRAM": "telegram", "X-LINE": "line", "X-FACEBOOK": "facebook", "X-INSTAGRAM": "instagram",
	"X-LINKEDIN": "linkedin", "X-MS-IMADDRESS": "", "X-MATRIX": "matrix", "X-SIP": "sip", "X-EVOLUTION-VIDEO-URL": "video",
}

// contact takes in addresses and numbers.
func (b *builder) contact(p *raw, value string) bool {
	c := b.card
	v := Contact{}
	v.Types, v.Pref = p.types()
	to := &c.IMs
	service, isService := services[p.name]
	switch {
	case p.name == "EMAIL":
		to = &c.Emails
		v.Value = cutScheme(unescape(value), "mailto:")
	case p.name == "TEL":
		to = &c.Phones
		v.Value = number(unescape(value))
	case p.name == "URL":
		to = &c.URLs
		v.Value = unescape(value)
	case p.name == "IMPP":
		v.Service, v.Value = account(unescape(value))
		if s := p.param("X-SERVICE-TYPE"); s != "" {
			v.Service = strings.ToLower(s)
		}
	case p.name == "X-SOCIALPROFILE":
		v.Value = unescape(value)
		if user := p.param("X-USER"); user != "" {
			v.Value = user
		}
		if len(v.Types) > 0 {
			v.Service, v.Types = v.Types[0], v.Types[1:]
		}
	case isService:
		v.Service, v.Value = service, unescape(value)
	default:
		return false
	}
	if strings.TrimSpace(v.Value) != "" {
		b.contacts = append(b.contacts, grouped[Contact]{p.group, to, v})
	}
	return true
}

func cutScheme(s, scheme string) string {
	if len(s) > len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
		return s[len(scheme):]
	}
	return s
}

// number turns a tel: address into a number as people write it.
func number(s string) string {
	rest := cutScheme(s, "tel:")
	if rest == s {
		return s
	}
	digits, params, _ := strings.Cut(rest, ";")
	for param := range strings.SplitSeq(params, ";") {
		if ext := cutScheme(param, "ext="); ext != param {
			return digits + " ext. " + ext
		}
	}
	return digits
}

// noService is how Apple begins the address of an account of no known service.
const noService = "x-apple"

// account splits the address of an account, such as skype:budi.
func account(s string) (service, value string) {
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok || rest == "" || !isName(strings.NewReplacer("+", "", ".", "").Replace(scheme)) {
		return "", s
	}
	if scheme = strings.ToLower(scheme); scheme == noService {
		scheme = ""
	}
	if decoded, err := url.PathUnescape(rest); err == nil {
		rest = clean(decoded)
	}
	return scheme, rest
}

// apple takes in what the address books of Apple and Google add to cards.
func (b *builder) apple(p *raw, value string) bool {
	switch p.name {
	case "X-ABLABEL":
		if p.group == "" {
			return false
		}
		if b.labels == nil {
			b.labels = map[string]string{}
		}
		b.labels[p.group] = label(unescape(value))
	case "X-ABSHOWAS":
		b.company = strings.EqualFold(strings.TrimSpace(value), "COMPANY")
		return b.company
	case "X-ABADR": // the country by whose custom the address is written
	default:
		return false
	}
	return true
}

// label returns a label without the marks around those that Apple translates.
func label(s string) string {
	if rest, ok := strings.CutPrefix(s, "_$!<"); ok {
		if inner, ok := strings.CutSuffix(rest, ">!$_"); ok {
			return inner
		}
	}
	return s
}

// day takes in birthday and anniversary.
func (b *builder) day(p *raw, value string) bool {
	field := &b.card.Birthday
	switch p.name {
	case "BDAY":
	case "ANNIVERSARY", "X-ANNIVERSARY", "X-MS-ANNIVERSARY", "X-EVOLUTION-ANNIVERSARY", "X-KADDRESSBOOK-X-ANNIVERSARY":
		field = &b.card.Anniversary
	default:
		return false
	}
	d := date(value)
	if y := p.param("X-APPLE-OMIT-YEAR"); y != "" && strings.HasPrefix(d, y+"-") {
		d = "-" + d[len(y):]
	}
	switch {
	case d == "":
		b.card.warn("vcard.date", "name", p.name, "value", value)
		return false
	case *field != "":
		return false
	}
	*field = d
	return true
}

// keep adds a property that has no field. Its value is as version 3.0 would have it.
func (b *builder) keep(p *raw, value string) {
	e := Property{Name: p.name, Value: strings.ReplaceAll(value, "\n", `\n`)}
	for _, v := range p.params {
		if !isTransfer(v.Name) {
			e.Params = append(e.Params, v)
		}
	}
	b.extra = append(b.extra, grouped[Property]{group: p.group, v: e})
}

// isTransfer reports whether a parameter says only how a value is encoded.
func isTransfer(param string) bool {
	return strings.EqualFold(param, "CHARSET") || strings.EqualFold(param, "ENCODING")
}

// photo takes in a picture.
func (b *builder) photo(p *raw) {
	c := b.card
	var data []byte
	value := string(p.value)
	scheme := strings.ToLower(value[:min(len(value), 8)])
	switch {
	case strings.HasPrefix(scheme, "data:"):
		_, body, ok := strings.Cut(value, ",")
		if !ok {
			c.warn("vcard.photo")
			return
		}
		data = decodeBase64([]byte(body))
	case strings.HasPrefix(scheme, "http:") || strings.HasPrefix(scheme, "https:") || strings.HasPrefix(scheme, `http\:`) || strings.HasPrefix(scheme, `https\:`):
		if text, lost := p.text(); !lost && len(text) < 4096 {
			c.Photo.URL = unescape(text)
			return
		}
	case len(value) == 0:
		return
	default:
		data = decodeBase64(p.value)
	}
	switch kind := imageType(data); {
	case len(data) > MaxPhoto || len(p.value) >= maxLine:
		c.warn("vcard.photo_too_large", "max", MaxPhoto>>20)
	case kind == "":
		c.warn("vcard.photo")
	default:
		c.Photo.Type, c.Photo.Data = kind, data
	}
}

// finish brings together what belongs together.
func (b *builder) finish() {
	c := b.card
	for _, v := range b.contacts {
		v.v.Label = b.labels[v.group]
		*v.to = append(*v.to, v.v)
	}
	for _, e := range b.envelopes {
		b.envelope(e)
	}
	for _, a := range b.addresses {
		a.v.Label = b.labels[a.group]
		c.Addresses = append(c.Addresses, a.v)
	}
	for _, e := range b.extra {
		e.v.Label = b.labels[e.group]
		if e.v.Name == "X-ABDATE" && strings.EqualFold(e.v.Label, "anniversary") && c.Anniversary == "" {
			if c.Anniversary = date(e.v.Value); c.Anniversary != "" {
				continue
			}
		}
		c.Extra = append(c.Extra, e.v)
	}
	c.Kind = b.kind
	if c.Kind == "" && b.company {
		c.Kind = Org
	}
}

// envelope joins a LABEL with the address that it belongs to: that of the same
// group, or of the same types. Alone, it is an address of its own.
func (b *builder) envelope(e grouped[Address]) {
	same := func(a grouped[Address]) bool {
		if a.v.Formatted != "" {
			return false
		}
		if e.group != "" || a.group != "" {
			return a.group == e.group
		}
		x, y := slices.Clone(a.v.Types), slices.Clone(e.v.Types)
		slices.Sort(x)
		slices.Sort(y)
		return slices.Equal(x, y)
	}
	if i := slices.IndexFunc(b.addresses, same); i >= 0 {
		b.addresses[i].v.Formatted = e.v.Formatted
		return
	}
	b.addresses = append(b.addresses, e)
}
