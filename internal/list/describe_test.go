package list_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/locale"
)

var memberTexts = fstest.MapFS{
	"text/id.json": {Data: []byte(`{"member.name": "Nama", "member.city": "Kota", "member.phase": "Tahap", "member.phase.new": "Baru", "member.phase.old": "Lama", "member.number": "Nomor", "member.points": "Poin", "member.fee": "Iuran", "member.active": "Aktif", "member.birthday": "Ulang tahun", "member.seen": "Terlihat", "member.owner": "Penanggung jawab", "member.badge": "Lencana", "member.tag": "Label", "member.phone": "Telepon"}`)},
	"text/en.json": {Data: []byte(`{"member.name": "Name", "member.city": "City", "member.phase": "Phase", "member.phase.new": "New", "member.phase.old": "Old", "member.number": "Number", "member.points": "Points", "member.fee": "Fee", "member.active": "Active", "member.birthday": "Birthday", "member.seen": "Seen", "member.owner": "Owner", "member.badge": "Badge", "member.tag": "Tag", "member.phone": "Phone"}`)},
}

func TestDescribe(t *testing.T) {
	cat, err := locale.Load(list.Text, memberTexts)
	if err != nil {
		t.Fatal(err)
	}
	id, en := cat.Printer(locale.ID, locale.Workspace{}), cat.Printer(locale.EN, locale.Workspace{})
	name := func(c *list.Column, value string) string {
		if c.Key == "owner" {
			return "Rina"
		}
		return ""
	}
	for _, tt := range []struct{ filter, id, en string }{
		{"city:eq:Bandung", "Kota adalah Bandung", "City is Bandung"},
		{"city:in:Bandung,Solo", "Kota salah satu dari Bandung, Solo", "City is any of Bandung, Solo"},
		{"city:empty", "Kota kosong ", "City is empty "},
		{"phase:ne:old", "Tahap bukan Lama", "Phase is not Old"},
		{"points:gte:1250.5", "Poin paling sedikit 1.250,5", "Points is at least 1.250,5"},
		{"fee:between:1000,2500000", "Iuran antara Rp\u00a01.000 dan Rp\u00a02.500.000", "Fee is between Rp\u00a01.000 and Rp\u00a02.500.000"},
		{"active:eq:true", "Aktif adalah Ya", "Active is Yes"},
		{"birthday:eq:2026-11-17", "Ulang tahun pada 17 Nov 2026", "Birthday is on 17 Nov 2026"},
		{"seen:within:this-month", "Terlihat dalam bulan ini", "Seen is within this month"},
		{"seen:within:-30d", "Terlihat dalam 30 hari terakhir", "Seen is within the last 30 days"},
		{"seen:within:-1y", "Terlihat dalam 1 tahun terakhir", "Seen is within the last year"},
		{"seen:before:-30d", "Terlihat sebelum 30 hari lalu", "Seen is before 30 days ago"},
		{"seen:within:2026-11", "Terlihat dalam November 2026", "Seen is within November 2026"},
		{"seen:gte:2026-11-17T03:30:00Z", "Terlihat sejak 17 Nov 2026, 10.30", "Seen is from 17 Nov 2026, 10:30"},
		{"seen:empty", "Terlihat kosong ", "Seen is empty "},
		{"owner:eq:me", "Penanggung jawab adalah Saya", "Owner is Me"},
		{"owner:eq:01900000-0000-7000-8000-0000000000ff", "Penanggung jawab adalah Rina", "Owner is Rina"},
		{"phone:eq:+6281230457781", "Telepon adalah 0812-3045-7781", "Phone is 0812-3045-7781"},
		{"town:like:x", "town like x", "town like x"},
		{"city:like:x", "Kota like x", "City like x"},
		{"points:gt:many", "Poin lebih dari many", "Points is more than many"},
	} {
		f, _ := list.ParseFilter(tt.filter)
		if tt.filter[:4] == "town" || tt.filter == "city:like:x" {
			f.Values = []string{"x"}
		}
		for _, l := range []struct {
			p    *locale.Printer
			want string
		}{{id, tt.id}, {en, tt.en}} {
			s := members.Describe(l.p, f, name)
			if got := s.Label + " " + s.Op + " " + s.Value; got != l.want {
				t.Errorf("%s in %s is %q, want %q", tt.filter, l.p.Lang, got, l.want)
			}
		}
	}
}

// Every operator and period has words in both languages.
func TestEveryOperatorHasWords(t *testing.T) {
	cat, err := locale.Load(list.Text)
	if err != nil {
		t.Fatal(err)
	}
	for i := range members.Columns {
		c := &members.Columns[i]
		for _, op := range c.Operators() {
			key := "list.op." + string(op)
			if (c.Type == list.Date || c.Type == list.Time) && op != list.Empty && op != list.Filled {
				key = "list.op.date." + string(op)
			}
			if !cat.Has(key) {
				t.Errorf("there is no message %s", key)
			}
		}
	}
	for _, period := range list.Periods() {
		if !cat.Has("list.when." + strings.ReplaceAll(period, "-", "_")) {
			t.Errorf("there are no words for %s", period)
		}
	}
}
