package notices_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/mail"
	"github.com/akrab-crm/akrab/internal/notices"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/workspace"
)

var modules = []db.Module{jobs.Module, journal.Module, workspace.Module, mail.Module, team.Module, notices.Module}

var permissions = []team.Permission{{Key: "activity.read", Roles: []string{"agent", "viewer"}}}

// An office is a workspace with a staff.
type office struct {
	*testing.T
	d     *db.DB
	ahead time.Duration
	rina  team.User // administrator, reads English
	budi  team.User // agent, reads the workspace's language
}

func each(t *testing.T, f func(o *office)) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		o := &office{T: t, d: d}
		d.Now = func() time.Time { return dbtest.Now.Add(o.ahead) }
		o.write("team.user", func(ctx context.Context, tx *db.Tx) error {
			set := workspace.Default()
			set.Name = "Toko Maju"
			if err := workspace.Save(ctx, tx, set, 0); err != nil {
				return err
			}
			o.rina = team.User{Name: "Rina Kusuma", Email: "rina@contoh.id", Taste: team.Taste{Language: locale.EN}}
			if err := team.FirstAdministrator(ctx, tx, permissions, &o.rina, team.Password{}); err != nil {
				return err
			}
			role, err := team.RoleByKey(ctx, tx, team.Agent)
			if err != nil {
				return err
			}
			o.budi = team.User{Name: "Budi Santoso", Email: "budi@contoh.id", RoleID: role.ID}
			return team.CreateUser(ctx, tx, &o.budi, team.Password{})
		})
		f(o)
	})
}

func (o *office) write(why string, f func(ctx context.Context, tx *db.Tx) error) {
	o.Helper()
	if err := o.d.Write(o.Context(), db.Op{Why: why}, func(tx *db.Tx) error { return f(o.Context(), tx) }); err != nil {
		o.Fatal(err)
	}
}

func (o *office) read(who db.Who, f func(ctx context.Context, tx *db.Tx) error) {
	o.Helper()
	if err := o.d.Read(o.Context(), who, func(tx *db.Tx) error { return f(o.Context(), tx) }); err != nil {
		o.Fatal(err)
	}
}

func (o *office) add(n notices.Notice) (added bool) {
	o.Helper()
	o.write("", func(ctx context.Context, tx *db.Tx) (err error) { added, err = notices.Add(ctx, tx, &n); return err })
	return added
}

func (o *office) newest(user ids.ID, unseen bool, after notices.Place, limit int) (list []notices.Notice) {
	o.Helper()
	o.read(db.Who{}, func(ctx context.Context, tx *db.Tx) (err error) {
		list, err = notices.Newest(ctx, tx, user, unseen, after, limit)
		return err
	})
	return list
}

func (o *office) unseen(user ids.ID) (n int) {
	o.Helper()
	o.read(db.Who{}, func(ctx context.Context, tx *db.Tx) (err error) { n, err = notices.Unseen(ctx, tx, user); return err })
	return n
}

func TestToldOnceForAReason(t *testing.T) {
	each(t, func(o *office) {
		n := notices.Notice{User: o.budi.ID, Kind: "mention", Reason: "r1", Who: "Rina", Args: map[string]string{"due_on": "2026-03-04"}}
		if !o.add(n) || o.add(n) {
			o.Error("a reason counts once")
		}
		n.User = o.rina.ID
		if !o.add(n) {
			o.Error("another user was not told")
		}
		got := o.newest(o.budi.ID, false, notices.Place{}, 10)
		if len(got) != 1 || got[0].Who != "Rina" || got[0].Args["due_on"] != "2026-03-04" || !got[0].Created.Equal(dbtest.Now) || !got[0].Seen.IsZero() {
			o.Errorf("stored: %+v", got)
		}
		err := o.d.Write(o.Context(), db.Op{}, func(tx *db.Tx) error {
			_, err := notices.Add(o.Context(), tx, &notices.Notice{Kind: "mention", Reason: "x"})
			return err
		})
		if err == nil {
			o.Error("a notice for nobody was stored")
		}
	})
}

func TestSeen(t *testing.T) {
	each(t, func(o *office) {
		for n := range 5 {
			o.ahead = time.Duration(n) * time.Second
			o.add(notices.Notice{User: o.budi.ID, Kind: "mention", Reason: string(rune('a' + n))})
		}
		first := o.newest(o.budi.ID, true, notices.Place{}, 2)
		rest := o.newest(o.budi.ID, true, notices.Place{At: first[1].Created, ID: first[1].ID}, 10)
		if len(first) != 2 || len(rest) != 3 || first[0].Reason != "e" || rest[0].Reason != "c" || rest[2].Reason != "a" {
			o.Fatalf("pages: %+v, then %+v", first, rest)
		}
		o.write("", func(ctx context.Context, tx *db.Tx) error { return notices.See(ctx, tx, o.budi.ID, rest[0].ID, true) })
		if n := o.unseen(o.budi.ID); n != 4 {
			o.Errorf("%d unseen, want 4", n)
		}
		o.write("", func(ctx context.Context, tx *db.Tx) error { return notices.See(ctx, tx, o.budi.ID, rest[0].ID, false) })
		o.write("", func(ctx context.Context, tx *db.Tx) error {
			return notices.SeeAll(ctx, tx, o.budi.ID, dbtest.Now.Add(2*time.Second))
		})
		if list := o.newest(o.budi.ID, true, notices.Place{}, 10); len(list) != 2 || list[1].Reason != "d" {
			o.Errorf("what came later was seen too: %+v", list)
		}
		err := o.d.Write(o.Context(), db.Op{}, func(tx *db.Tx) error { return notices.See(o.Context(), tx, o.rina.ID, first[0].ID, true) })
		if errs.KindOf(err) != errs.NotFound {
			o.Errorf("somebody else's notice: %v", err)
		}
		for n := range notices.Many + 5 {
			o.add(notices.Notice{User: o.rina.ID, Kind: "mention", Reason: ids.New(dbtest.Now.Add(time.Duration(n))).String()})
		}
		if n := o.unseen(o.rina.ID); n != notices.Many {
			o.Errorf("%d unseen, want no more than %d", n, notices.Many)
		}
		o.ahead = notices.Keep + time.Hour
		o.write("", func(ctx context.Context, tx *db.Tx) error { _, err := notices.Purge(ctx, tx); return err })
		if list := o.newest(o.budi.ID, false, notices.Place{}, 10); len(list) != 0 {
			o.Errorf("%d old notices left", len(list))
		}
	})
}

func TestCall(t *testing.T) {
	each(t, func(o *office) {
		record, customer := ids.New(dbtest.Now), ids.New(dbtest.Now)
		may := func(u *team.User) (bool, error) { return u.Role.Can("activity.read"), nil }
		call := func(by ids.ID, texts ...string) {
			o.Helper()
			o.write("", func(ctx context.Context, tx *db.Tx) error {
				n := notices.Notice{SubjectKind: "interaction", Subject: record, Customer: customer, WhoID: by, Who: "Seseorang"}
				return notices.Call(ctx, tx, n, may, texts...)
			})
		}
		call(o.rina.ID, "Tanya @Budi Santoso", "@Rina Kusuma juga")
		call(o.rina.ID, "Tanya @Budi lagi")
		if a, b := o.unseen(o.budi.ID), o.unseen(o.rina.ID); a != 1 || b != 0 {
			o.Errorf("Budi was told %d times, Rina of her own words %d times", a, b)
		}
		call(o.budi.ID, "@budi@contoh.id dan @rina@contoh.id")
		if a, b := o.unseen(o.budi.ID), o.unseen(o.rina.ID); a != 1 || b != 1 {
			o.Errorf("after adding Rina: Budi %d, Rina %d", a, b)
		}
		record = ids.New(dbtest.Now)
		may = func(u *team.User) (bool, error) { return false, nil }
		call(o.rina.ID, "@Budi")
		if n := o.unseen(o.budi.ID); n != 1 {
			o.Errorf("who may not see it was told: %d", n)
		}
	})
}

// catalogue holds the messages that notices need.
func catalogue(t *testing.T) *locale.Catalogue {
	t.Helper()
	cat, err := locale.Load(notices.Text)
	if err != nil {
		t.Fatal(err)
	}
	return cat
}

// kinds knows one record, "rahasia", which only Budi may see.
func kinds(o *office, record, customer ids.ID) map[string]notices.Kind {
	return map[string]notices.Kind{
		"interaction": {
			Names: func(_ context.Context, tx *db.Tx, list []ids.ID) (map[ids.ID]string, error) {
				if tx.Who.User != o.budi.ID {
					return nil, nil
				}
				return map[ids.ID]string{record: "<Pompa> bocor"}, nil
			},
			Href: func(id ids.ID) string { return "/interactions/" + id.String() },
		},
		"customer": {
			Names: func(context.Context, *db.Tx, []ids.ID) (map[ids.ID]string, error) {
				return map[ids.ID]string{customer: "Bu Ratna"}, nil
			},
			Href: func(id ids.ID) string { return "/customers/" + id.String() },
		},
	}
}

func TestLinesSayWhatTheirReaderMaySee(t *testing.T) {
	each(t, func(o *office) {
		record, customer := ids.New(dbtest.Now), ids.New(dbtest.Now)
		set := workspace.Default()
		v := catalogue(o.T).Printer(locale.ID, set.Locale())
		list := []notices.Notice{
			{Kind: "mention", SubjectKind: "interaction", Subject: record, Customer: customer, Who: "Rina"},
			{Kind: "mention", Customer: customer},
		}
		for _, who := range []team.User{o.budi, o.rina} {
			o.read(who.Who(), func(ctx context.Context, tx *db.Tx) error {
				lines, err := notices.Lines(ctx, tx, v, kinds(o, record, customer), list)
				if err != nil {
					return err
				}
				if who.ID == o.budi.ID {
					if l := lines[0]; l.Text != "Rina menyebut Anda di catatan tentang Bu Ratna" || l.Href != "/interactions/"+record.String() || l.Name != "<Pompa> bocor" {
						o.Errorf("%+v", l)
					}
				} else if l := lines[0]; l.Href != "" || l.Name != "" || strings.Contains(l.Text, "Ratna") {
					o.Errorf("who may not see it reads %+v", l)
				}
				if l := lines[1]; l.Text != "Akrab menyebut Anda" || l.Href != "/customers/"+customer.String() {
					o.Errorf("%+v", l)
				}
				return nil
			})
		}
	})
}

func TestDigest(t *testing.T) {
	each(t, func(o *office) {
		record, customer := ids.New(dbtest.Now), ids.New(dbtest.Now)
		post := &notices.Post{DB: o.d, Catalogue: catalogue(o.T), Kinds: kinds(o, record, customer)}
		mails := func() (list []mail.Letter) {
			o.Helper()
			o.read(db.Who{}, func(ctx context.Context, tx *db.Tx) (err error) { list, err = mail.Waiting(ctx, tx, 100); return err })
			return list
		}
		send := func() {
			o.Helper()
			if err := post.Send(o.Context()); err != nil {
				o.Fatal(err)
			}
		}
		o.add(notices.Notice{User: o.budi.ID, Kind: "mention", Reason: "1", SubjectKind: "interaction", Subject: record, Customer: customer, Who: "Rina"})
		send()
		if len(mails()) != 0 {
			o.Fatal("somebody who chose nothing got a digest")
		}
		o.write("", func(ctx context.Context, tx *db.Tx) error {
			return notices.SaveDigest(ctx, tx, o.budi.ID, notices.Digest{Every: notices.Daily, Hour: 8}) // 8 in Jakarta is 1 UTC
		})
		o.ahead = 21 * time.Hour
		send()
		if len(mails()) != 0 {
			o.Fatal("too early, or without a server")
		}
		o.write("mail.save", func(ctx context.Context, tx *db.Tx) error {
			return mail.Save(ctx, tx, mail.Settings{Host: "mail.contoh.id", Port: 587, Security: mail.STARTTLS, From: "crm@contoh.id", Site: "https://crm.contoh.id/"})
		})
		o.ahead = 22 * time.Hour
		send()
		send()
		got := mails()
		if len(got) != 1 || got[0].To != "budi@contoh.id" || got[0].Subject != "1 hal untuk Anda di Toko Maju" {
			o.Fatalf("%+v", got)
		}
		for _, want := range []string{"Halo Budi Santoso", "Rina menyebut Anda di catatan tentang Bu Ratna", "<Pompa> bocor", "https://crm.contoh.id/notices/", "https://crm.contoh.id/settings/notices", "pukul 08.00"} {
			if !strings.Contains(got[0].Text, want) {
				o.Errorf("the text lacks %q:\n%s", want, got[0].Text)
			}
		}
		if !strings.Contains(got[0].HTML, "&lt;Pompa&gt; bocor") || strings.Contains(got[0].HTML, "<Pompa>") {
			o.Errorf("HTML: %s", got[0].HTML)
		}
		o.ahead += 24 * time.Hour
		send()
		if len(mails()) != 1 {
			o.Error("a notice was mailed twice")
		}
		o.add(notices.Notice{User: o.budi.ID, Kind: "mention", Reason: "2", Customer: customer})
		o.add(notices.Notice{User: o.budi.ID, Kind: "mention", Reason: "3", Customer: customer})
		o.write("", func(ctx context.Context, tx *db.Tx) error {
			list, err := notices.Newest(ctx, tx, o.budi.ID, true, notices.Place{}, 1)
			if err != nil {
				return err
			}
			return notices.See(ctx, tx, o.budi.ID, list[0].ID, true)
		})
		o.ahead += 24 * time.Hour
		send()
		if got := mails(); len(got) != 2 || !strings.HasPrefix(got[1].Subject, "1 hal") {
			o.Errorf("what was seen was mailed, or what was new was not: %+v", got)
		}
		for field, d := range map[string]notices.Digest{"every": {Every: "x"}, "weekday": {Every: notices.Weekly, Weekday: 7}, "hour": {Every: notices.Daily, Hour: 24}} {
			err := o.d.Write(o.Context(), db.Op{}, func(tx *db.Tx) error { return notices.SaveDigest(o.Context(), tx, o.budi.ID, d) })
			if all := errs.All(err); len(all) != 1 || all[0].Field != field {
				o.Errorf("%+v: %v", d, err)
			}
		}
	})
}
