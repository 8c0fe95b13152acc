package demo

import (
	"fmt"
	"strings"
	"time"
)

// A name is a person's, with what is known from it.
type name struct {
	given, family string
	male          bool
	honorific     string // Pak, Bu, Mas, Mbak, dr.
	birth         int    // year
}

// full is the name as it is written.
func (n name) full() string { return strings.TrimSpace(n.given + " " + n.family) }

// address is how the person is addressed: Bu Ratna.
func (n name) address() string { return n.honorific + " " + called(n.given) }

// called is the part of a given name that people use: of I Wayan Sudarma's it
// is Wayan.
func called(given string) string {
	given = strings.TrimPrefix(strings.TrimPrefix(given, "I "), "Ni ")
	first, _, _ := strings.Cut(given, " ")
	return first
}

// Names by what people speak at home.
var (
	menOf = map[string][]string{
		"jv": {
			"Agus", "Bambang", "Budi", "Cahyo", "Danang", "Dwi", "Eko", "Gunawan", "Hadi", "Haryanto", "Heru", "Imam", "Joko", "Kuncoro", "Mulyono",
			"Nur", "Prasetyo", "Purnomo", "Slamet", "Sugeng", "Suharto", "Sutrisno", "Teguh", "Tri", "Wahyu", "Widodo", "Yudi", "Yanto", "Arif", "Bagus",
		},
		"su": {
			"Asep", "Ujang", "Dadang", "Cecep", "Deden", "Dede", "Endang", "Iwan", "Jajang", "Maman", "Nandang", "Oman", "Rahmat", "Tatang", "Uus",
			"Wawan", "Yayan", "Yudi", "Gilang", "Hendra", "Rizki", "Adang",
		},
		"ba": {"I Wayan", "I Made", "I Nyoman", "I Ketut", "I Putu", "I Kadek", "I Gede", "I Komang", "I Gusti", "Ida Bagus"},
		"id": {
			"Andi", "Rudi", "Hendra", "Ferry", "Irwan", "Fajar", "Rizal", "Dedi", "Edwin", "Yohanes", "Daniel", "Benny", "Rahmat", "Taufik", "Hasan",
			"Zainal", "Ridwan", "Ilham", "Reza", "Aditya", "Bima", "Kevin", "Stefanus", "Markus", "Robert", "Anton",
		},
	}
	womenOf = map[string][]string{
		"jv": {
			"Ratna", "Sri", "Endang", "Dewi", "Wulan", "Siti", "Lestari", "Retno", "Ningsih", "Rahayu", "Dyah", "Kartika", "Yuni", "Tutik", "Sulastri",
			"Indah", "Ayu", "Anik", "Suparti", "Wahyuni", "Nur", "Puji", "Titik", "Rini", "Umi",
		},
		"su": {
			"Euis", "Neneng", "Imas", "Iis", "Lilis", "Nining", "Yayah", "Cucu", "Rina", "Teti", "Yeyen", "Ai", "Elis", "Enung", "Tati", "Rika", "Mimin",
		},
		"ba": {"Ni Wayan", "Ni Made", "Ni Nyoman", "Ni Ketut", "Ni Putu", "Ni Kadek", "Ni Luh", "Ni Komang", "Ida Ayu"},
		"id": {
			"Maya", "Melani", "Intan", "Fitri", "Nadia", "Yuliana", "Maria", "Christina", "Linda", "Susan", "Desi", "Anita", "Rosa", "Vera", "Diana",
			"Aisyah", "Zahra", "Putri", "Citra", "Winda", "Lia", "Monica", "Felicia", "Grace",
		},
	}
	familyOf = map[string][]string{
		"jv": {
			"Santosa", "Wibowo", "Susanto", "Setiawan", "Kusuma", "Hartono", "Nugroho", "Prabowo", "Utomo", "Saputro", "Wicaksono", "Handoko", "Purwanto",
			"Suryadi", "Widjaja", "Raharjo", "Sasongko", "Subagyo", "Hidayat", "Firmansyah", "Wijayanto", "Cahyono", "Pamungkas", "Adiputra", "Sudibyo",
		},
		"su": {
			"Suryana", "Sutisna", "Hermawan", "Kurniawan", "Mulyana", "Supriatna", "Komara", "Ruhimat", "Sopandi", "Wiguna", "Permana", "Suhendar",
			"Gumilar", "Nugraha", "Setiadi", "Hidayat", "Ramdani", "Sukmana",
		},
		"ba": {
			"Sudarma", "Arsana", "Suardana", "Wirawan", "Sukerta", "Artawan", "Suparta", "Mertayasa", "Widiana", "Sudiarta", "Yasa", "Budiarta",
			"Antara", "Swastika", "Darmawan", "Wijaya", "Pratama", "Mahardika",
		},
		"id": {
			"Pratama", "Hermawan", "Siregar", "Simanjuntak", "Nasution", "Lubis", "Hutapea", "Tanuwijaya", "Halim", "Gunadi", "Lesmana", "Salim",
			"Maulana", "Ramadhan", "Syahputra", "Hakim", "Fauzi", "Kurnia", "Wirawan", "Sitompul", "Limbong", "Kosasih", "Hartanto", "Iskandar",
		},
	}
	secondOf = map[string][]string{ // family-like second names of women
		"jv": {"Wulandari", "Handayani", "Hartati", "Rahmawati", "Kusumawati", "Puspitasari", "Widyastuti", "Setyowati", "Anggraini", "Suryani", "Purwanti", "Utami", "Astuti", "Maharani", "Kurniasih", "Susilowati", "Yulianti"},
		"su": {"Suryani", "Mulyani", "Rohaeni", "Nurhayati", "Kartini", "Sumiati", "Komariah", "Rosmiati", "Yuliani", "Maryati", "Nuraeni", "Sopiah", "Kurniasih"},
		"ba": {"Sukmawati", "Suartini", "Ariani", "Widiastuti", "Puspawati", "Dewi", "Astiti", "Sumiari", "Antari", "Mirayani", "Wahyuni", "Pratiwi"},
		"id": {"Permata", "Anggraini", "Tanjung", "Salim", "Halim", "Siregar", "Oktaviani", "Febrianti", "Maharani", "Lestari", "Kartika", "Setiawati", "Amelia", "Natalia", "Safitri", "Ramadhani"},
	}
	// balinese are the third parts of Balinese given names.
	balinese = []string{"Agus", "Adi", "Eka", "Dharma", "Surya", "Bayu", "Yudi", "Oka", "Rai", "Sari", "Ayu", "Ratih", "Citra", "Indra"}
	// foreign are people from elsewhere who live in Bali and Jakarta.
	foreign = []name{
		{given: "Charlotte", family: "Hughes"}, {given: "Oliver", family: "Brandt", male: true}, {given: "Emma", family: "Lindqvist"},
		{given: "Daniel", family: "Fraser", male: true}, {given: "Sophie", family: "Marchand"}, {given: "Marco", family: "Bianchi", male: true},
		{given: "Hana", family: "Sato"}, {given: "Luke", family: "Pemberton", male: true}, {given: "Ingrid", family: "Solberg"},
		{given: "Peter", family: "van Doorn", male: true}, {given: "Grace", family: "Okafor"}, {given: "Thomas", family: "Keller", male: true},
		{given: "Rachel", family: "Abrams"}, {given: "Kenji", family: "Morita", male: true}, {given: "Alice", family: "Whitmore"},
		{given: "Jonas", family: "Vogel", male: true},
	}
)

// person makes up somebody of a place, born so that they are grown up.
func (d dice) person(lang string, now time.Time) name {
	if d.chance(0.25) {
		lang = "id" // many families have come from elsewhere
	}
	n := name{male: d.chance(0.55), birth: now.Year() - d.between(23, 67)}
	if n.male {
		n.given, n.family = pick(d, menOf[lang]), pick(d, familyOf[lang])
	} else {
		n.given, n.family = pick(d, womenOf[lang]), pick(d, secondOf[lang])
	}
	switch {
	case lang == "ba" && d.chance(0.4):
		n.given += " " + pick(d, balinese)
	case lang == "jv" && d.chance(0.12):
		n.family = "" // many Javanese have one name
	}
	n.title(d, now)
	return n
}

// title decides how a person is addressed.
func (n *name) title(d dice, now time.Time) {
	young := now.Year()-n.birth < 34
	switch {
	case d.chance(0.03):
		n.honorific = "dr."
	case n.male && young:
		n.honorific = "Mas"
	case n.male:
		n.honorific = "Pak"
	case young:
		n.honorific = "Mbak"
	default:
		n.honorific = "Bu"
	}
}

// stranger is somebody from abroad, the nth of them.
func stranger(n int, d dice, now time.Time) name {
	who := foreign[n%len(foreign)]
	who.birth = now.Year() - d.between(28, 62)
	who.honorific = "Ms"
	if who.male {
		who.honorific = "Mr"
	}
	return who
}

// birthday is a day of the person's year of birth; of some only the day is
// known.
func (n name) birthday(d dice) string {
	day := time.Date(2001, 1, 1+d.IntN(365), 0, 0, 0, 0, time.UTC)
	year := n.birth
	if d.chance(0.3) {
		year = 0
	}
	return fmt.Sprintf("%04d-%s", year, day.Format("01-02"))
}

// user is the part of an e-mail address that comes from the name.
func (n name) user() string {
	s := strings.ToLower(strings.Join(strings.Fields(strings.TrimPrefix(strings.TrimPrefix(n.given, "I "), "Ni ")+" "+n.family), "."))
	return strings.Trim(letters(s), ".")
}

// letters leaves the small letters and dots of s.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r == '.' {
			return r
		}
		return -1
	}, s)
}

// mobile is a number with a prefix that no operator of Indonesia has been
// given, so that nobody is called by mistake.
func (d dice) mobile() string {
	prefix := pick(d, []string{"0834", "0835", "0836", "0837", "0839"})
	return fmt.Sprintf("%s-%04d-%0*d", prefix, d.between(1000, 9999), d.between(3, 4), d.between(100, 999))
}

// fixed is a number that begins as no subscriber's does, with a 1.
func (d dice) fixed(dial string) string {
	if len(dial) == 2 {
		return fmt.Sprintf("(0%s) 1%06d", dial, d.IntN(1_000_000))
	}
	return fmt.Sprintf("(0%s) 1%05d", dial, d.IntN(100_000))
}

// mailboxes are where private people have their e-mail.
var mailboxes = []string{"surel.example", "posku.example", "kotaksurat.example", "suratku.example"}
