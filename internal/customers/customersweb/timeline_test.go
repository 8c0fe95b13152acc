package customersweb_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/ui"
)

// entries returns a customer's timeline as the administrator sees it.
func (s *site) entries(id ids.ID) (list []activity.Interaction) {
	s.t.Helper()
	s.read(func(tx *db.Tx) error {
		page, err := activity.Timeline(s.t.Context(), tx, id, activity.Place{}, activity.Filter{Limit: 200})
		list = page.Items
		return err
	})
	return list
}

func TestLog(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id := s.add(tirta())
		page := "/customers/" + id.String()
		form := s.open(page).is(200).has("Belum ada catatan").fields(page + "/interactions")
		form.Set("body", "Suka kopi\r\ntanpa gula")
		a := s.post(page+"/interactions", form).to(page)
		got := s.entries(id)
		if len(got) != 1 || got[0].Kind != activity.Note || got[0].Body != "Suka kopi\ntanpa gula" || got[0].ActorID != s.user.ID || got[0].Direction != "" {
			t.Fatalf("%+v", got)
		}
		s.open(page).has("Suka kopi\ntanpa gula", "Hari ini", "oleh Rina Kusuma", `name="body"`).lacks("Belum ada catatan")
		if got := s.get(id); got.LastKind != "note" {
			t.Errorf("last contact by %q", got.LastKind)
		}
		s.undo(a)
		s.open(page).has("Belum ada catatan")

		call := url.Values{"kind": {"call"}, "direction": {"in"}, "minutes": {"4,5"}, "subject": {"Setuju penawaran"}, "body": {""},
			"promised": {"1"}, "promise": {"Kirim faktur"}, "due_at": {"2026-11-18"}, "due_time": {"10:30"}, "private": {"1"}}
		s.post(page+"/interactions", call).to(page)
		i := s.entries(id)[0]
		if i.Direction != activity.In || i.Seconds != 270 || i.Subject != "Setuju penawaran" || i.Promise != "Kirim faktur" || !i.Private {
			t.Errorf("%+v", i)
		}
		if want := time.Date(2026, 11, 18, 3, 30, 0, 0, time.UTC); !i.Due.Equal(want) {
			t.Errorf("due %v, want %v", i.Due, want)
		}
		s.open(page).has("Panggilan masuk", "4 mnt 30 dtk", "Kirim faktur", "Tenggat 18 Nov 2026, 10.30", "Pribadi", "Berikutnya besok")
	})
}

func TestLogIsRefused(t *testing.T) {
	tests := []struct {
		name string
		form url.Values
		want []string
	}{
		{"empty note", url.Values{"kind": {"note"}}, []string{"Isi bagian ini"}},
		{"minutes", url.Values{"kind": {"call"}, "minutes": {"lama"}, "body": {"tetap <ada>"}}, []string{`value="lama"`, "tetap &lt;ada&gt;", "Tulis lamanya dalam menit"}},
		{"not a number", url.Values{"kind": {"call"}, "minutes": {"nan"}}, []string{`value="nan"`, "Tulis lamanya dalam menit"}},
		{"due without promise", url.Values{"kind": {"note"}, "body": {"x"}, "promised": {"1"}, "due_at": {"2026-11-18"}}, []string{`value="2026-11-18"`, "Tulis apa yang dijanjikan"}},
		{"no such day", url.Values{"kind": {"note"}, "body": {"x"}, "promised": {"1"}, "promise": {"y"}, "due_at": {"2026-02-31"}}, []string{"Tulis tanggal dan jam", `value="y"`}},
		{"kind", url.Values{"kind": {"robot"}, "body": {"x"}}, []string{"Pilih salah satu dari daftar"}},
		{"direction", url.Values{"kind": {"call"}, "direction": {"up"}, "body": {"x"}}, []string{"Pilih salah satu dari daftar"}},
	}
	each(t, func(t *testing.T, s *site) {
		id := s.add(tirta())
		page := "/customers/" + id.String()
		for _, tt := range tests {
			a := s.post(page+"/interactions", tt.form).is(422).has("<h1>CV Tirta Berkah Abadi</h1>")
			a.has(tt.want...)
			part := s.post(page+"/interactions", tt.form, "HX-Request-Type", "partial", "HX-Target", "main#main").is(422)
			part.has(tt.want...).lacks("<html")
			if t.Failed() {
				t.Fatalf("%s", tt.name)
			}
		}
		if got := s.entries(id); len(got) != 0 {
			t.Errorf("%d entries", len(got))
		}
		s.post("/customers/"+ids.New(now).String()+"/interactions", url.Values{"body": {"x"}}).is(404)
	})
}

func TestPromises(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id := s.add(tirta())
		page := "/customers/" + id.String()
		i := s.log(activity.Interaction{Customer: id, Kind: activity.Note, Body: "x", Promise: "Kirim contoh", Due: now.AddDate(0, 0, -2)})
		s.open(page).has("Terlambat, 15 Nov 2026", "Kirim contoh")
		kept := "/interactions/" + i.String() + "/kept"
		a := s.post(kept, url.Values{"kept": {"1"}, "back": {page + "?show=note"}}).to(page + "?show=note")
		s.open(page).has("Ditepati 17 Nov 2026", "Buka lagi").lacks("Terlambat, 15 Nov 2026")
		s.undo(a)
		s.open(page).has("Terlambat, 15 Nov 2026")
		s.post(kept, url.Values{"kept": {"1"}}).to(page)
		s.post(kept, url.Values{"kept": {"0"}}).to(page)
		s.open(page).has("Terlambat, 15 Nov 2026")
	})
}

func TestPinEditDelete(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id := s.add(tirta())
		page := "/customers/" + id.String()
		i := s.log(activity.Interaction{Customer: id, Kind: activity.Call, Direction: activity.Out, Seconds: 90, Body: "Lama", Subject: "Perihal"})
		entry := "/interactions/" + i.String()
		s.post(entry+"/pin", url.Values{"pinned": {"1"}}).to(page)
		s.open(page).has("Disematkan", "Lepas sematan")
		s.post(entry+"/pin", url.Values{"pinned": {"0"}}).to(page)

		form := s.open(entry+"/edit").is(200).has("Lama", "Perihal").fields(entry + "/edit")
		if form.Get("minutes") != "1,5" || form.Get("direction") != "out" || form.Get("occurred_at") != "2026-11-17" || form.Get("occurred_time") != "10:30" {
			t.Errorf("the form shows %v", form)
		}
		stale := url.Values{}
		for k, v := range form {
			stale[k] = v
		}
		form.Set("body", "Baru")
		form.Set("occurred_time", "09:15")
		s.post(entry+"/edit", form).to(page)
		s.open(page).has("Baru", "09.15").lacks("Lama")

		// Who edits what has changed meanwhile sees it before it is replaced.
		stale.Set("body", "Punya saya")
		ask := s.post(entry+"/edit", stale).is(409).has("Rekan Anda mengubah catatan ini", "Baru", "Punya saya")
		s.post(entry+"/edit", ask.fields(entry+"/edit")).to(page)
		s.open(page).has("Punya saya")
		form = s.open(entry + "/edit").fields(entry + "/edit")
		form.Set("minutes", "x")
		s.post(entry+"/edit", form).is(422).has(`value="x"`, "Tulis lamanya dalam menit")

		a := s.post(entry+"/delete", url.Values{}).to(page)
		s.open(page).has("Belum ada catatan")
		s.open(entry + "/edit").is(404)
		s.undo(a)
		s.open(page).has("Punya saya")
	})
}

// A private note is its author's alone, on every page.
func TestPrivate(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id := s.add(tirta())
		page := "/customers/" + id.String()
		body := &bytes.Buffer{}
		r := upload(t, page+"/interactions", body, map[string]string{"kind": "note", "body": "Rahasia dapur", "private": "1", "promised": "1", "promise": "Diam-diam", "due_at": "2026-11-18"}, "rahasia.txt", "isi")
		s.do(r).to(page)
		i := s.entries(id)[0]
		entry := "/interactions/" + i.ID.String()
		s.open(page).has("Rahasia dapur", "rahasia.txt")
		s.open("/files/" + i.Files[0].ID.String()).is(200)
		s.be(s.as(s.mate, func(ui.Perm) bool { return true }))
		s.open(page).lacks("Rahasia dapur", "rahasia.txt", "Diam-diam")
		s.open("/files/" + i.Files[0].ID.String()).is(404)
		s.open(entry + "/edit").is(404)
		for _, act := range []string{"edit", "pin", "kept", "delete"} {
			s.post(entry+"/"+act, url.Values{"rev": {"1"}, "body": {"x"}}).is(404)
		}
	})
}

// upload makes the request of a form with a file.
func upload(t *testing.T, path string, body *bytes.Buffer, fields map[string]string, name, content string) *http.Request {
	t.Helper()
	w := multipart.NewWriter(body)
	for k, v := range fields {
		if err := w.WriteField(k, v); err != nil {
			t.Fatal(err)
		}
	}
	f, err := w.CreateFormFile("files", name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("POST", path, body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return r
}

func TestFiles(t *testing.T) {
	png := "\x89PNG\r\n\x1a\n" + strings.Repeat("x", 300<<10)
	tests := []struct{ name, content, mediaType, disposition string }{
		{"foto.png", png, "image/png", "inline; filename=foto.png"},
		{"surat.html", "<html><script>alert(1)</script>", "application/octet-stream", "attachment; filename=surat.html"},
		{"gambar.svg", "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "application/octet-stream", "attachment; filename=gambar.svg"},
		{"bukan.png", "<script>alert(1)</script>", "application/octet-stream", "attachment; filename=bukan.png"},
		{`C:\x\faktur "1".pdf`, "%PDF-1.7", "application/octet-stream", `attachment; filename="faktur \"1\".pdf"`},
		{"übersicht.txt", "a", "application/octet-stream", "attachment; filename*=utf-8''%C3%BCbersicht.txt"},
	}
	each(t, func(t *testing.T, s *site) {
		id := s.add(tirta())
		page := "/customers/" + id.String()
		for _, tt := range tests {
			body := &bytes.Buffer{}
			s.do(upload(t, page+"/interactions", body, map[string]string{"kind": "note", "back": page}, tt.name, tt.content)).to(page)
			i := newest(s.entries(id))
			a := s.open("/files/" + i.Files[0].ID.String()).is(200)
			if a.body != tt.content {
				t.Errorf("%s: %d bytes, want %d", tt.name, len(a.body), len(tt.content))
			}
			h := a.header
			if h.Get("Content-Type") != tt.mediaType || h.Get("Content-Disposition") != tt.disposition || h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") {
				t.Errorf("%s: %v", tt.name, h)
			}
		}
		body := &bytes.Buffer{}
		s.do(upload(t, page+"/interactions", body, map[string]string{"kind": "call", "minutes": "x", "body": "tetap ada"}, "a.txt", "a")).is(422).
			has("tetap ada", "Pilih berkas lagi")
		s.open("/files/" + ids.New(now).String()).is(404)
		body = &bytes.Buffer{}
		s.do(upload(t, page+"/interactions", body, map[string]string{"kind": "note"}, "besar.bin", strings.Repeat("x", activity.MaxFile+1))).is(422).has("lebih dari 25 MB")
	})
}

func newest(list []activity.Interaction) activity.Interaction {
	top := list[0]
	for _, i := range list {
		if i.ID.String() > top.ID.String() {
			top = i
		}
	}
	return top
}

// The timeline is read on by pages, each entry once, in the order of time,
// and by kind; that of an organisation has its people's.
func TestReadingOn(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		org, ratna := s.company()
		page := "/customers/" + org.String()
		for i := range 55 {
			of, kind := org, activity.Note
			if i%3 == 0 {
				of = ratna
			}
			if i%5 == 0 {
				kind = activity.Call
			}
			s.log(activity.Interaction{Customer: of, Kind: kind, Body: "nomor-" + strconv.Itoa(i) + ".", At: now.Add(-time.Duration(i*7) * time.Hour)})
		}
		bodies := regexp.MustCompile(`nomor-\d+\.`)
		next := regexp.MustCompile(`href="(/customers/[^"]*after=[^"]*)"`)
		walk := func(path string, partial bool) []string {
			var seen []string
			for path != "" {
				var header []string
				if partial && strings.Contains(path, "after=") {
					header = []string{"HX-Request-Type", "partial", "HX-Target", "li#older"}
				}
				a := s.open(path, header...).is(200)
				if header != nil {
					a.lacks("<html", "composer")
				}
				body := a.body
				if i := strings.Index(body, `id="timeline"`); i >= 0 {
					body = body[i:]
				}
				seen = append(seen, bodies.FindAllString(body, -1)...)
				path = ""
				if m := next.FindStringSubmatch(a.body); m != nil {
					path = strings.ReplaceAll(m[1], "&amp;", "&")
				}
			}
			return seen
		}
		for _, partial := range []bool{false, true} {
			seen := walk(page, partial)
			if len(seen) != 55 {
				t.Errorf("%d entries are shown, want 55", len(seen))
			}
			for i, text := range seen {
				if want := "nomor-" + strconv.Itoa(i) + "."; text != want {
					t.Errorf("entry %d is %s", i, text)
					break
				}
			}
			if calls := walk(page+"?show=call", partial); len(calls) != 11 {
				t.Errorf("%d calls, want 11", len(calls))
			}
		}
		if own := walk("/customers/"+ratna.String(), false); len(own) != 19 {
			t.Errorf("%d entries of Ratna, want 19", len(own))
		}
		s.open(page).has("dengan Ratna Wulandari", "<dd>2</dd>", "Terlambat, 2 hari lalu") // promises to both
		s.open(page+"?show=letter").has("Belum ada: Surat", "Lihat semua")
		s.open(page + "?after=nonsense").is(422)
		s.open(page + "?show=nonsense").is(200).has("nomor-0.")
	})
}

// Who may only read the timeline sees it without its buttons.
func TestReadersOfTheTimeline(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		org, _ := s.company()
		s.be(s.as(s.mate, func(p ui.Perm) bool { return p == "customers.read" || p == "activity.read" }))
		s.open("/customers/"+org.String()).is(200).has("Lini masa", "Rak depan kini pesaing").lacks(`class="composer"`, "/kept", "/pin")
	})
}
