package notices

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/akrab-crm/akrab/internal/ids"
)

// staff is who can be called in these tests.
func staff() (*People, map[ids.ID]string) {
	p, names := NewPeople(), map[ids.ID]string{}
	for _, u := range []struct{ name, email string }{
		{"Rina", "rina@contoh.id"},
		{"Rina Kusuma", "rina.kusuma@contoh.id"},
		{"Budi Santoso", "budi@contoh.id"},
		{"Budi Hartono", "hartono@contoh.id"},
		{"Ma'ruf Amin", "maruf@contoh.id"},
		{"José Núñez", "jose@contoh.id"},
		{"Dr. Sri Wahyuni", "sri@contoh.id"},
		{"王小明", "wang@contoh.id"},
	} {
		id := ids.New(time.UnixMilli(1))
		p.Add(id, u.name, u.email)
		names[id] = u.name
	}
	return p, names
}

func TestFind(t *testing.T) {
	p, names := staff()
	for _, tt := range []struct{ text, want string }{
		{"", ""},
		{"tanpa siapa pun", ""},
		{"@Rina tolong cek", "@Rina=Rina"},
		{"@Rina Kusuma tolong cek", "@Rina Kusuma=Rina Kusuma"},
		{"@rina kusuma, tolong", "@rina kusuma=Rina Kusuma"},
		{"@Rina, Kusuma", "@Rina=Rina"},
		{"(@Rina)", "@Rina=Rina"},
		{"@Rina\nKusuma", "@Rina=Rina"},
		{`@"Rina Kusuma"s`, `@"Rina Kusuma"=Rina Kusuma`},
		{"@“Rina Kusuma” ya", "@“Rina Kusuma”=Rina Kusuma"},
		{`@"Rina Kusumawati"`, ""},
		{"@rina.kusuma@contoh.id.", "@rina.kusuma@contoh.id=Rina Kusuma"},
		{"@RINA@contoh.id", "@RINA@contoh.id=Rina"},
		{"surat ke rina@contoh.id", ""},
		{"@Budi bantu", ""}, // two of them
		{"@Budi Santoso dan @Budi Hartono", "@Budi Santoso=Budi Santoso @Budi Hartono=Budi Hartono"},
		{"@Maruf ya", "@Maruf=Ma'ruf Amin"},
		{"@Ma’ruf' ya", "@Ma’ruf=Ma'ruf Amin"},
		{"@Jose Nunez", "@Jose Nunez=José Núñez"},
		{"@Dr. Sri Wahyuni!", "@Dr. Sri Wahyuni=Dr. Sri Wahyuni"},
		{"@王小明 你好", "@王小明=王小明"},
		{"@Rin", ""},
		{"@Rinata", ""},
		{"@@Rina", ""},
		{"@ Rina", ""},
		{"@Siapa", ""},
	} {
		var got []string
		for _, m := range p.Find(tt.text) {
			got = append(got, tt.text[m.Start:m.End]+"="+names[m.User])
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("Find(%q) = %s, want %s", tt.text, s, tt.want)
		}
	}
}

func TestMentions(t *testing.T) {
	for text, want := range map[string]int{"rina@contoh.id": 0, "@Rina": 1, "halo @Rina\ndan @Budi": 2, "@": 0, "harga @ 5.000": 0} {
		if got := Mentions(text); len(got) != want {
			t.Errorf("Mentions(%q) = %q, want %d", text, got, want)
		}
	}
}

func FuzzFind(f *testing.F) {
	for _, s := range []string{"@Rina Kusuma", `@"Rina Kusuma"`, "@rina@contoh.id", "@“Budi", "@@@@", "@Ma'ruf''", "@王小明", "a@Rina @Rina-Kusuma", "@Dr. Sri", "@\xff", "@" + strings.Repeat("é", 99)} {
		f.Add(s)
	}
	p, names := staff()
	f.Fuzz(func(t *testing.T, text string) {
		end := 0
		for _, m := range p.Find(text) {
			if m.Start < end || m.End <= m.Start+1 || m.End > len(text) || text[m.Start] != '@' {
				t.Fatalf("Find(%q) has %+v after %d", text, m, end)
			}
			if names[m.User] == "" {
				t.Fatalf("Find(%q) names nobody", text)
			}
			if utf8.ValidString(text) && !utf8.ValidString(text[m.Start:m.End]) {
				t.Fatalf("Find(%q) cuts a character: %+v", text, m)
			}
			end = m.End
		}
		for _, s := range Mentions(text) {
			if strings.Contains(s, "\n") || len(s) > maxCalled || utf8.ValidString(text) && !utf8.ValidString(s) {
				t.Fatalf("Mentions(%q) has %q", text, s)
			}
		}
	})
}
