package tasks_test

import (
	"strings"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/calendar"
	"github.com/akrab-crm/akrab/internal/tasks"
)

func TestQuick(t *testing.T) {
	z, err := time.LoadLocation("Asia/Jakarta")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 17, 10, 30, 0, 0, z) // a Tuesday
	for _, tt := range []struct {
		text, title string
		kind        tasks.Kind
		when        string // day, time, end
		repeat      string
	}{
		{"Telepon Bu Ratna besok 10.00", "Telepon Bu Ratna", tasks.Call, "2026-11-18 10:00", ""},
		{"Call Mrs Ratna tomorrow at 10", "Call Mrs Ratna", tasks.Call, "2026-11-18 10:00", ""},
		{"Kirim penawaran", "Kirim penawaran", tasks.Plain, "", ""},
		{"Kirim 2.500 brosur lusa", "Kirim 2.500 brosur", tasks.Plain, "2026-11-19", ""},
		{"Rapat dengan Budi Senin depan 10-11.30", "Rapat dengan Budi", tasks.Meeting, "2026-11-23 10:00 11:30", ""},
		{"Meeting with Budi next Tuesday 10-11:30", "Meeting with Budi", tasks.Meeting, "2026-11-24 10:00 11:30", ""},
		{"Kunjungi Toko Makmur hari Kamis jam 3 sore", "Kunjungi Toko Makmur", tasks.Visit, "2026-11-19 15:00", ""},
		{"WA Pak Made pukul 8 malam", "WA Pak Made", tasks.Message, "2026-11-17 20:00", ""},
		{"Sarapan tim 8.00", "Sarapan tim", tasks.Plain, "2026-11-18 08:00", ""},
		{"Laporan tiap Senin dan Kamis jam 4 sore", "Laporan", tasks.Plain, "2026-11-19 16:00", "FREQ=WEEKLY;BYDAY=MO,TH"},
		{"Report every Monday and Thursday 4pm", "Report", tasks.Plain, "2026-11-19 16:00", "FREQ=WEEKLY;BYDAY=MO,TH"},
		{"Cek stok tiap Selasa 9.00", "Cek stok", tasks.Plain, "2026-11-24 09:00", "FREQ=WEEKLY;BYDAY=TU"},
		{"Cek stok tiap Selasa 11.00", "Cek stok", tasks.Plain, "2026-11-17 11:00", "FREQ=WEEKLY;BYDAY=TU"},
		{"Stand-up every weekday 9am", "Stand-up", tasks.Plain, "2026-11-18 09:00", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"},
		{"Tagihan tiap tanggal 5", "Tagihan", tasks.Plain, "2026-12-05", "FREQ=MONTHLY;BYMONTHDAY=5"},
		{"Bersih-bersih tiap minggu", "Bersih-bersih", tasks.Plain, "2026-11-17", "FREQ=WEEKLY"},
		{"Olahraga tiap hari Minggu", "Olahraga", tasks.Plain, "2026-11-22", "FREQ=WEEKLY;BYDAY=SU"},
		{"Backup setiap 2 minggu", "Backup", tasks.Plain, "2026-11-17", "FREQ=WEEKLY;INTERVAL=2"},
		{"Bayar pajak 15 Desember", "Bayar pajak", tasks.Plain, "2026-12-15", ""},
		{"Pay tax on Jan 5 2028", "Pay tax", tasks.Plain, "2028-01-05", ""},
		{"Kontrak habis 3/2", "Kontrak habis", tasks.Plain, "2027-02-03", ""},
		{"Kontrak habis 2027-03-01", "Kontrak habis", tasks.Plain, "2027-03-01", ""},
		{"Tanya lagi tanggal 10", "Tanya lagi", tasks.Plain, "2026-12-10", ""},
		{"Tanya lagi 3 hari lagi", "Tanya lagi", tasks.Plain, "2026-11-20", ""},
		{"Follow up in 2 weeks", "Follow up", tasks.Plain, "2026-12-01", ""},
		{"Tutup buku akhir bulan", "Tutup buku", tasks.Plain, "2026-11-30", ""},
		{"Rencana minggu depan", "Rencana", tasks.Plain, "2026-11-23", ""},
		{"Beli 10 kursi", "Beli 10 kursi", tasks.Plain, "", ""},
		{"31 Februari", "31 Februari", tasks.Plain, "", ""},
		{"", "", tasks.Plain, "", ""},
	} {
		got := tasks.Quick(tt.text, now)
		when := got.Day
		if !got.At.IsZero() {
			when += got.At.Format(" 15:04")
		}
		if !got.Ends.IsZero() {
			when += got.Ends.Format(" 15:04")
		}
		if got.Title != tt.title || got.Kind != tt.kind || when != tt.when || got.Repeat != tt.repeat {
			t.Errorf("Quick(%q) = %q, %s, %q, %q; want %q, %s, %q, %q", tt.text, got.Title, got.Kind, when, got.Repeat, tt.title, tt.kind, tt.when, tt.repeat)
		}
	}
}

func FuzzQuick(f *testing.F) {
	for _, s := range []string{"Telepon Bu Ratna besok 10.00", "every 2 weeks at 3pm-4pm", "tiap tanggal 31", "17/11/26 jam 25", "pada pada pada", "in 999 months", "tiap Minggu dan"} {
		f.Add(s)
	}
	now := time.Date(2026, 11, 30, 23, 59, 0, 0, time.FixedZone("WITA", 8*3600))
	f.Fuzz(func(t *testing.T, text string) {
		got := tasks.Quick(text, now)
		if len(got.Title) > len(text)*3+3 || strings.ContainsRune(got.Title, 0) {
			t.Errorf("Quick(%q) has the title %q", text, got.Title)
		}
		if got.Repeat != "" {
			if r, err := calendar.ParseRule(got.Repeat, time.UTC); err != nil || !r.Calm() || got.Day == "" {
				t.Errorf("Quick(%q) repeats %q from %q: %v", text, got.Repeat, got.Day, err)
			}
		}
		if !got.At.IsZero() && got.At.Format(time.DateOnly) != got.Day || !got.Ends.IsZero() && !got.Ends.After(got.At) {
			t.Errorf("Quick(%q) is from %v to %v on %s", text, got.At, got.Ends, got.Day)
		}
		if _, err := time.Parse(time.DateOnly, got.Day); got.Day != "" && err != nil {
			t.Errorf("Quick(%q) is on %q", text, got.Day)
		}
	})
}
