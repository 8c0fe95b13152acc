package imports

import (
	"strings"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/fold"
)

// words turns lines of "value: word, word" into a table from folded word to
// value. Each value is a word for itself.
func words(lines string) map[string]string {
	m := map[string]string{}
	for line := range strings.Lines(lines) {
		value, list, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		value = strings.TrimSpace(value)
		m[fold.Text(value)] = value
		for w := range strings.SplitSeq(list, ",") {
			m[fold.Text(w)] = value
		}
	}
	return m
}

var kindWords = words(`
	person: individual, human, contact, people, orang, perorangan, pribadi, individu, kontak, o
	organization: organisation, organisasi, company, business, account, org, perusahaan, badan usaha, instansi, lembaga, kantor, toko, pt, cv
	household: family, home, rumah tangga, keluarga
`)

var phaseWords = words(`
	prospect: lead, subscriber, marketing qualified lead, marketingqualifiedlead, sales qualified lead, salesqualifiedlead, opportunity, mql, sql, calon, prospek, calon pelanggan
	new: new customer, baru, pelanggan baru
	active: customer, client, pelanggan, aktif
	loyal: evangelist, vip, setia, pelanggan setia
	at_risk: at risk, mulai diam, berisiko
	lost: churned, former, inactive, hilang, tidak aktif, nonaktif, bekas pelanggan
`)

var resellerWords = words(`
	reseller: mitra, partner, distributor
	dealer:
	agent: agen
	none: no, false, 0, tidak, bukan
`)

var channelWords = words(`
	phone: call, telephone, telepon, telp, panggilan
	whatsapp: wa, whats app
	email: e-mail, mail, surel
	sms: text, text message
	letter: post, surat, pos
	visit: kunjungan, tatap muka
`)

var languageWords = words(`
	id: indonesia, indonesian, bahasa, bahasa indonesia
	en: english, inggris, bahasa inggris
	jv: jawa, javanese, bahasa jawa
	su: sunda, sundanese, bahasa sunda
	ms: melayu, malay
	zh: chinese, mandarin, cina, tionghoa
	ar: arabic, arab
	ja: japanese, jepang
	ko: korean, korea
	nl: dutch, belanda
	de: german, jerman
	fr: french, prancis
	es: spanish, spanyol
`)

var stateWords = words(`
	unverified: unknown, belum diperiksa
	verified: valid, ok, confirmed, terverifikasi, benar
	invalid: bounced, bounce, bad, tidak berfungsi, salah
	opted_out: opted out, opt out, optout, unsubscribed, do not contact, tidak mau dihubungi
`)

// labelWords are labels of contact points and addresses.
var labelWords = words(`
	home: house, personal, private, rumah, pribadi
	work: business, office, company, kantor, kerja, pekerjaan, bisnis, perusahaan
	mobile: cell, cellular, hp, handphone, ponsel, seluler
	whatsapp: wa, whats app
	main: primary, utama, principal
	fax: faks, faksimile
	other: lain, lainnya, alternate, alternatif
	billing: penagihan, invoice, tagihan
	mailing: surat menyurat
	shipping: delivery, pengiriman, kirim
	pager:
	car:
`)

var networkWords = words(`
	website: web, site, url, homepage, home page, home, work, blog, profile, situs, situs web, laman
	instagram: ig
	facebook: fb, facebook messenger, messenger
	tiktok: tik tok
	x: twitter
	linkedin: linked in
	telegram:
	line:
	whatsapp: wa
	other: skype, aim, icq, jabber, gtalk, google talk, hangouts, yahoo, msn, qq, lain, lainnya
`)

var yesWords = words(`
	yes: y, ya, true, t, 1, x, benar, betul, iya
	no: n, tidak, false, f, 0, bukan, tdk
`)

// blankWords are what people write into cells that they leave empty. In names
// they mean themselves: some people are called Null.
var blankWords = map[string]bool{
	"n/a": true, "na": true, "null": true, "nil": true, "none": true, "nan": true, "#n/a": true, "0": true,
	"tidak ada": true, "tdk ada": true, "belum ada": true, "kosong": true, "(kosong)": true, "(blank)": true,
}

// blank reports whether a cell of anything but text is as good as empty.
func blank(s string) bool {
	return strings.Trim(s, " -–—._?/") == "" || len(s) < 12 && blankWords[strings.ToLower(s)]
}

// label returns the common word for a label, or the label as it is without
// the star by which Google marks the primary one.
func label(s string) (text string, star bool) {
	s = strings.TrimSpace(s)
	if rest, ok := strings.CutPrefix(s, "* "); ok {
		s, star = strings.TrimSpace(rest), true
	}
	if s == "" {
		return "", star
	}
	if w, ok := labelWords[fold.Text(s)]; ok {
		return w, star
	}
	if strings.Contains(fold.Text(s), "fax") {
		return "fax", star
	}
	return s, star
}

func network(s string) string {
	if w, ok := networkWords[fold.Text(s)]; ok {
		return w
	}
	return "other"
}

// language returns the BCP 47 tag of a language that is given by tag or name.
func language(s string) (string, bool) {
	if tag, ok := languageWords[fold.Text(s)]; ok {
		return tag, true
	}
	main, rest, _ := strings.Cut(strings.ReplaceAll(s, "_", "-"), "-")
	letters := func(s string) bool {
		return strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz") == ""
	}
	if len(main) < 2 || len(main) > 3 || !letters(main) || len(rest) > 8 || rest != "" && strings.Trim(strings.ToLower(rest), "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return "", false
	}
	main = strings.ToLower(main)
	if rest != "" {
		main += "-" + rest
	}
	return main, true
}

// choose returns the value for a word of one of the tables above.
func choose[T ~string](table map[string]string, s string) (T, bool) {
	v, ok := table[fold.Text(s)]
	return T(v), ok
}

// companyKind says what a column "is a company" makes of a customer.
func companyKind(s string) (customers.Kind, bool) {
	switch yesWords[fold.Text(s)] {
	case "yes":
		return customers.Organization, true
	case "no":
		return customers.Person, true
	}
	return "", false
}
