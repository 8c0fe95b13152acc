package main

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// TestUndoKeepsEdits undoes an import that changed customers after people
// edited some of these: their edits stay and are listed, all the rest is as
// it was.
func TestUndoKeepsEdits(t *testing.T) {
	eachEngine(t, func(t *testing.T, fresh func() string) {
		at := fresh()
		key := token(t, at)
		bring(t, at, file(t, 0, 1000, ""))
		before := export(t, at)
		change := bring(t, at, file(t, 0, 1500, " Baru"))
		if change.Updated != 500 || change.Created != 500 || change.Skipped != 500 {
			t.Fatalf("counted %+v", change)
		}
		s := serve(t, at, key)
		// One that the import changed, in another field and in the same; one that
		// it left alone; one that it made.
		other, same, alone, made := s.find("C0000011"), s.find("C0000013"), s.find("C0000014"), s.find("C0001011")
		s.ask(200, "PATCH", "/customers/"+other, `{"remember":"Suka kopi"}`)
		s.ask(200, "PATCH", "/customers/"+same, `{"family_name":"Tangan Orang"}`)
		s.ask(200, "PATCH", "/customers/"+alone, `{"nickname":"Ujang"}`)
		s.ask(201, "POST", "/interactions", fmt.Sprintf(`{"customer_id":%q,"kind":"note","body":"Minta dihubungi"}`, made))
		stale := s.ask(200, "GET", "/customers/"+s.find("C0000015"), "")
		old := stale.tag

		out := akrab(t, "undo", change.Operation, at)
		if !strings.Contains(out, "things were kept") || !strings.Contains(out, "changed_since") || !strings.Contains(out, "in_use") {
			t.Errorf("the undo says\n%s", out)
		}
		after := s.ask(200, "GET", "/customers/"+s.find("C0000015"), "")
		if after.tag == old {
			t.Errorf("the ETag %s is the same after the undo", old)
		}
		s.ask(412, "PATCH", "/customers/"+s.find("C0000015"), `{"nickname":"Lama"}`, "If-Match", old)
		s.ask(200, "PATCH", "/customers/"+s.find("C0000015"), `{"nickname":""}`, "If-Match", after.tag)
		for _, want := range []struct{ id, text string }{
			{other, `"remember":"Suka kopi"`}, {other, `"family_name":"` + benchFamily[11*11%len(benchFamily)] + `"`}, {same, "Tangan Orang"}, {alone, `"nickname":"Ujang"`}, {made, `"external_id":"C0001011"`},
		} {
			if got := s.ask(200, "GET", "/customers/"+want.id, "").body; !strings.Contains(got, want.text) {
				t.Errorf("%s is missing in %s", want.text, got)
			}
		}
		now := export(t, at)
		edited := regexp.MustCompile(strings.Join([]string{other, same, alone, made, s.find("C0000015")}, "|"))
		for name, text := range before {
			if strings.HasPrefix(name, "customer") {
				if g, w := without(now[name], edited), without(text, edited); g != w {
					alike(t, "what nobody edited", map[string]string{name: g}, map[string]string{name: w})
				}
			}
		}
		s.stop()
		akrab(t, "check", at)
	})
}

// without returns the lines of a text that do not match.
func without(text string, re *regexp.Regexp) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !re.MatchString(line) {
			b.WriteString(line)
		}
	}
	return b.String()
}

// TestTwoPeopleEdit changes one customer twice at the same time, again and
// again: who was later learns it, and every change that was accepted is there.
func TestTwoPeopleEdit(t *testing.T) {
	eachEngine(t, func(t *testing.T, fresh func() string) {
		at := fresh()
		s := serve(t, at, token(t, at))
		made := decode[struct{ ID string }](t, s.ask(201, "POST", "/customers", `{"name":"Budi"}`).body)
		path := "/customers/" + made.ID
		for round := range 20 {
			tag := s.ask(200, "GET", path, "").tag
			bodies := []string{fmt.Sprintf(`{"nickname":"satu %d"}`, round), fmt.Sprintf(`{"remember":"dua %d"}`, round)}
			got := both(t, s, "PATCH", path, bodies, "If-Match", tag)
			won := 0
			for i, a := range got {
				switch a.status {
				case 200:
					won++
					if text := s.ask(200, "GET", path, "").body; !strings.Contains(text, bodies[i][1:len(bodies[i])-1]) {
						t.Errorf("round %d: the change %s was accepted and is lost: %s", round, bodies[i], text)
					}
				case 412:
				default:
					t.Errorf("round %d: status %d: %s", round, a.status, a.body)
				}
			}
			if won != 1 {
				t.Errorf("round %d: %d changes were accepted", round, won)
			}
		}
		// Without a condition, changes of different fields both stay.
		for round := range 20 {
			bodies := []string{fmt.Sprintf(`{"nickname":"tiga %d"}`, round), fmt.Sprintf(`{"remember":"empat %d"}`, round)}
			for i, a := range both(t, s, "PATCH", path, bodies) {
				if a.status != 200 {
					t.Errorf("round %d: %s: status %d: %s", round, bodies[i], a.status, a.body)
				}
			}
			text := s.ask(200, "GET", path, "").body
			for _, b := range bodies {
				if !strings.Contains(text, b[1:len(b)-1]) {
					t.Errorf("round %d: %s is lost: %s", round, b, text)
				}
			}
		}
		s.stop()
	})
}

// both sends requests at the same time.
func both(t *testing.T, s *server, method, path string, bodies []string, header ...string) []answer {
	t.Helper()
	got := make([]answer, len(bodies))
	var wg sync.WaitGroup
	for i, body := range bodies {
		wg.Go(func() {
			var err error
			if got[i], err = s.try(method, path, body, header...); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	return got
}

// TestSameKeyCreatesOnce sends one request fifty times at the same time.
func TestSameKeyCreatesOnce(t *testing.T) {
	eachEngine(t, func(t *testing.T, fresh func() string) {
		at := fresh()
		s := serve(t, at, token(t, at))
		bodies := make([]string, 50)
		for i := range bodies {
			bodies[i] = `{"name":"Siti Rahayu","emails":[{"value":"siti@example.com"}]}`
		}
		seen, replays := map[string]bool{}, 0
		for _, a := range both(t, s, "POST", "/customers", bodies, "Idempotency-Key", "pesanan-17") {
			if a.status != 201 {
				t.Errorf("status %d: %s", a.status, a.body)
				continue
			}
			seen[decode[struct{ ID string }](t, a.body).ID] = true
			if a.replay {
				replays++
			}
		}
		if len(seen) != 1 || replays != 49 {
			t.Errorf("%d customers, %d replays", len(seen), replays)
		}
		got := decode[struct{ Count int }](t, s.ask(200, "GET", "/customers?count=true", "").body)
		if got.Count != 1 {
			t.Errorf("%d customers", got.Count)
		}
		ops := s.ask(200, "GET", "/operations", "").body
		if n := strings.Count(ops, `"customer.create"`); n != 1 {
			t.Errorf("%d operations in %s", n, ops)
		}
		s.ask(422, "POST", "/customers", `{"name":"Dewi"}`, "Idempotency-Key", "pesanan-17")
		s.stop()
	})
}
