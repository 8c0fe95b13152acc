package imports

import (
	"slices"
	"strings"
	"unicode"

	"github.com/akrab-crm/akrab/internal/fold"
)

// A match is what the name of a column says.
type match struct {
	target Target
	weak   bool // another column that says the same more exactly goes first
}

// matchHeader says which field a column with the given name is, of those that
// Google, Outlook, HubSpot, Salesforce, Odoo, Akrab and people in Indonesia
// call so. It reports false if the name says nothing.
func matchHeader(header string) (match, bool) {
	if t, ok := ownName(header); ok {
		return match{target: t}, true
	}
	if m, ok := matchWords(fold.Text(header)); ok {
		return m, true
	}
	if split := splitCamel(header); split != header {
		return matchWords(fold.Text(split))
	}
	return match{}, false
}

// ownName reads the name of a column in a file that Akrab wrote: the text of a target.
func ownName(header string) (Target, bool) {
	if label, ok := strings.CutPrefix(header, "trait:"); ok && label != "" {
		return Target{Field: "trait", Part: label}, len(label) <= maxLabel
	}
	t, ok := parsePath(header)
	return t, ok && t.Group != "" && t.String() == header
}

// splitCamel parts "MailingPostalCode" into words.
func splitCamel(s string) string {
	if strings.ContainsAny(s, " _.-") {
		return s
	}
	var b strings.Builder
	lower := false
	for _, r := range s {
		if unicode.IsUpper(r) && lower {
			b.WriteByte(' ')
		}
		lower = unicode.IsLower(r)
		b.WriteRune(r)
	}
	return b.String()
}

// headerFields are names of columns that mean one field, folded. What "title"
// means depends on the others.
var headerFields = func() map[string]string {
	m := words(headerNames)
	delete(m, "title")
	return m
}()

const headerNames = `
	name: full name, fullname, display name, customer name, contact name, client name, nama, nama lengkap, nama pelanggan, nama customer, nama kontak, nama konsumen, nama anggota, nama member, pelanggan, konsumen, contact full name
	honorific: prefix, name prefix, salutation, sapaan, gelar depan, panggilan hormat
	given_name: first name, firstname, given name, forename, nama depan, vorname
	middle_name: middle name, additional name, nama tengah
	family_name: last name, lastname, surname, family name, nama belakang, nama keluarga, marga, nachname
	suffix: name suffix, gelar, gelar belakang
	nickname: nick name, short name, alias, nama panggilan
	addressing: cara menyapa, greeting
	kind: customer type, contact type, jenis, jenis pelanggan, tipe pelanggan
	is_company: is a company, is company, company or individual
	organization: organisation, organization name, organization 1 name, company, company name, associated company, primary associated company, related company, account name, parent name, parent id name, perusahaan, nama perusahaan, instansi, nama instansi, kantor, organisasi, employer, member of, anggota dari
	title: job title, jobtitle, job position, position, organization title, organization 1 title, function, jabatan, posisi
	department: organization department, organization 1 department, departemen, divisi, bagian, division
	role: contact role, peran
	external_id: external id, id, customer id, customer no, customer number, customer code, contact id, account number, record id, rec id, unique id, member id, member no, client id, internal reference, reference, ref, id pelanggan, kode, kode pelanggan, kode customer, no pelanggan, nomor pelanggan, no anggota, nomor anggota, id member, id anggota, no member, kode konsumen
	phase: lifecycle stage, life cycle phase, tahap
	reseller: selling role, peran penjualan
	owner: contact owner, account owner, salesperson, sales person, sales rep, assigned to, account manager, penanggung jawab, sales, pemilik
	tags: tag, labels, label, group membership, groups, categories, category id, keywords, kategori, grup, kelompok
	source: lead source, original source, asal, sumber, referral source
	archived: diarsipkan
	birthday: birth date, birthdate, date of birth, dob, birth day, tanggal lahir, tgl lahir, ulang tahun, hari ulang tahun, tanggal ulang tahun, lahir
	language: preferred language, bahasa, lang
	channel: preferred channel, preferred contact method, suka lewat, kontak lewat
	hours: preferred hours, jam kontak, jam hubungi
	remember: notes, note, comment, comments, remarks, internal notes, catatan, keterangan, things to remember, hal yang perlu diingat
`

// ignored are names of columns that look like something else than they are.
var ignored = map[string]bool{
	"no": true, "nomor": true, "nomor urut": true, "no urut": true, "photo": true, "company account": true,
	"file as": true, "initials": true, "email opt out": true, "e mail display name": true, "e mail type": true,
}

// Words of which names of columns for contact points and addresses are made.
var (
	emailNouns = set("email mail surel imel")
	phoneNouns = set("phone telephone telepon telpon telp tlp tel hp handphone ponsel mobile cell cellphone wa whatsapp fax faks")
	streetWord = map[string]string{
		"street": "street", "jalan": "street", "jln": "street", "jl": "street", "po": "po_box", "box": "po_box", "extended": "street2",
		"village": "village", "kelurahan": "village", "kel": "village", "desa": "village",
		"district": "district", "kecamatan": "district", "kec": "district", "subdistrict": "district",
		"city": "city", "kota": "city", "kabupaten": "city", "kab": "city", "town": "city", "suburb": "city", "locality": "city",
		"state": "province", "region": "province", "province": "province", "provinsi": "province", "propinsi": "province", "prov": "province",
		"zip": "postal_code", "zipcode": "postal_code", "postal": "postal_code", "postcode": "postal_code", "kodepos": "postal_code", "pos": "postal_code",
		"country": "country", "negara": "country", "rt": "rt", "rw": "rw",
	}
	// labels that stand in the name of a column.
	headerLabels = map[string]string{
		"home": "home", "rumah": "home", "personal": "home", "pribadi": "home",
		"work": "work", "business": "work", "office": "work", "kantor": "work", "company": "work", "kerja": "work",
		"mobile": "mobile", "hp": "mobile", "handphone": "mobile", "ponsel": "mobile", "cell": "mobile", "cellphone": "mobile",
		"wa": "whatsapp", "whatsapp": "whatsapp", "fax": "fax", "faks": "fax", "main": "main", "utama": "main", "primary": "main",
		"other": "other", "lain": "other", "lainnya": "other", "billing": "billing", "mailing": "mailing", "shipping": "shipping", "delivery": "shipping",
		"pengiriman": "shipping", "penagihan": "billing", "pager": "pager", "car": "car",
	}
	fillers  = set("no nomor nomer number num value nilai the e address alamat")
	networks = set("instagram facebook tiktok twitter linkedin telegram line website url web site situs laman ig fb")
)

func set(list string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(list) {
		m[w] = true
	}
	return m
}

// matchWords is matchHeader for folded text.
func matchWords(text string) (match, bool) {
	if ignored[text] || text == "" {
		return match{}, false
	}
	if f, ok := headerFields[text]; ok {
		return match{target: Target{Field: f}}, true
	}
	words, n := takeNumber(strings.Fields(text))
	if m, ok := matchSpecial(words, n); ok {
		return m, true
	}
	if m, ok := matchPoint("emails", emailNouns, words, n); ok {
		return m, true
	}
	if m, ok := matchPoint("phones", phoneNouns, words, n); ok {
		return m, true
	}
	return matchAddress(words, n)
}

// takeNumber takes a number between 1 and 99 out of the words, which may end
// one of them ("phone2"). It is 0 if there is none.
func takeNumber(words []string) (rest []string, n int) {
	for _, w := range words {
		body := strings.TrimRight(w, "0123456789")
		if d := w[len(body):]; n == 0 && d != "" && len(d) <= 2 {
			n, _ = groupNumber(d)
			w = body
		}
		if w != "" {
			rest = append(rest, w)
		}
	}
	return rest, n
}

func group(n int) string {
	return groupOf("", n)
}

// groupOf returns the name of the group with a label, the n-th of its kind.
func groupOf(label string, n int) string {
	if label == "" {
		return itoa(max(n, 1))
	}
	if n > 1 {
		return label + itoa(n)
	}
	return label
}

// matchSpecial knows lists that are no contact points.
func matchSpecial(words []string, n int) (match, bool) {
	text := strings.Join(words, " ")
	switch text {
	case "website value", "website", "web page", "web", "url", "website url", "situs", "situs web", "laman", "homepage":
		return match{target: Target{"handles", groupOf("website", n), "value"}}, true
	case "im value":
		return match{target: Target{"handles", group(n), "value"}}, true
	case "im service":
		return match{target: Target{"handles", group(n), "network"}}, true
	case "custom field value", "event value", "relation value":
		return match{target: Target{"traits", groupOf(words[0], n), "value"}}, true
	case "custom field label", "custom field type", "event label", "event type", "relation label", "relation type":
		return match{target: Target{"traits", groupOf(words[0], n), "label"}}, true
	}
	if len(words) > 0 && len(words) < 3 && networks[words[0]] && (len(words) == 1 || set("account akun id url handle username profile")[words[1]]) {
		return match{target: Target{"handles", groupOf(network(words[0]), n), "value"}}, true
	}
	return match{}, false
}

// matchPoint matches e-mail addresses or telephone numbers: one of nouns, and
// no word but labels, fillers and the part that is meant.
func matchPoint(list string, nouns map[string]bool, words []string, n int) (match, bool) {
	noun, word, part := false, "", "value"
	for _, w := range words {
		l, isLabel := headerLabels[w]
		switch {
		case nouns[w] && !isLabel:
			noun = true
		case isLabel && (w != "company" || word == ""):
			noun = noun || nouns[w]
			if word == "" || word == "main" || word == "mobile" || l == "fax" {
				word = l
			}
		case w == "label" || w == "type" || w == "tipe" || w == "jenis":
			part = "label"
		case w == "state" || w == "status":
			part = "state"
		case !fillers[w]:
			return match{}, false
		}
	}
	if !noun {
		return match{}, false
	}
	return match{target: Target{list, groupOf(word, n), part}}, true
}

// matchAddress matches parts of postal addresses.
func matchAddress(words []string, n int) (match, bool) {
	part, word, noun, line := "", "", false, false
	for _, w := range words {
		p, isPart := streetWord[w]
		l, isLabel := headerLabels[w]
		switch {
		case isPart && part == "rt" && p == "rw": // "RT/RW" holds both
			part = "street2"
		case isPart && (part == "" || part == "street" || p == "postal_code"):
			part = p
		case isPart: // "City/Town": the first counts
		case isLabel && word == "":
			word = l
		case w == "address" || w == "alamat":
			noun = true
		case w == "line" || w == "baris":
			line = true
		case w == "number" && part == "street":
			part = "number"
		case w == "code" || w == "kode" || w == "name" && part != "" || w == "formatted" || w == "lengkap" || w == "id" && part != "" && part != "street":
		case (w == "label" || w == "type") && noun:
			part = "label"
		default:
			return match{}, false
		}
	}
	switch {
	case part == "street" && n > 1, part == "" && noun && n > 1: // "Alamat 2" is a line
		part, n = "street"+itoa(min(n, 3)), 0
		return match{target: Target{"addresses", groupOf(word, n), part}}, true
	case part == "" && noun:
		if !line && n == 0 || slices.Contains(words, "formatted") || slices.Contains(words, "lengkap") {
			return match{target: Target{"addresses", groupOf(word, n), "street"}, weak: true}, true
		}
		return match{target: Target{"addresses", groupOf(word, 0), "street"}}, true
	case part == "" || part == "postal_code" && !hasPostal(words):
		return match{}, false
	}
	return match{target: Target{"addresses", groupOf(word, n), part}}, true
}

// hasPostal tells a postal code from a post.
func hasPostal(words []string) bool {
	return len(words) > 1 || words[0] != "pos" && words[0] != "postal"
}
