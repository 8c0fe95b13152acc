package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http/httptest"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/workspace"
)

var modules = []db.Module{jobs.Module, journal.Module, workspace.Module, Module}

// A server is an SMTP server on loopback that keeps what it is sent.
type server struct {
	port  int64
	roots *x509.CertPool

	mu       sync.Mutex
	got      []*netmail.Message
	to       []string
	answer   func(to string) error // to RCPT; nil accepts all
	password string                // asked of who signs in; "" lets all in
}

type session struct {
	s  *server
	in bool
	to string
}

// start runs a server; protect offers STARTTLS, and implicit TLS from the start.
func start(t *testing.T, protect, implicit bool) *server {
	t.Helper()
	s := &server{}
	srv := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{s: s}, nil }))
	srv.Domain, srv.AllowInsecureAuth = "localhost", true
	srv.ErrorLog = slog.NewLogLogger(slog.NewTextHandler(io.Discard, nil), slog.LevelInfo)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.port = int64(l.Addr().(*net.TCPAddr).Port)
	if protect || implicit {
		web := httptest.NewTLSServer(nil) // for its certificate
		conf := &tls.Config{Certificates: web.TLS.Certificates}
		s.roots = x509.NewCertPool()
		s.roots.AddCert(web.Certificate())
		web.Close()
		if implicit {
			l = tls.NewListener(l, conf)
		} else {
			srv.TLSConfig = conf
		}
	}
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
	return s
}

func (s *server) letters() []*netmail.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got
}

func (s *server) refuse(f func(to string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = f
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, _, password string) error {
		if password != s.s.password {
			return smtp.ErrAuthFailed
		}
		s.in = true
		return nil
	}), nil
}

func (s *session) Mail(string, *smtp.MailOptions) error {
	if s.s.password != "" && !s.in {
		return smtp.ErrAuthRequired
	}
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	s.s.mu.Lock()
	defer s.s.mu.Unlock()
	if s.s.answer != nil {
		return s.s.answer(to)
	}
	return nil
}

func (s *session) Data(r io.Reader) error {
	m, err := netmail.ReadMessage(r)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(m.Body)
	if err != nil {
		return err
	}
	m.Body = strings.NewReader(string(body))
	s.s.mu.Lock()
	defer s.s.mu.Unlock()
	s.s.got = append(s.s.got, m)
	s.s.to = append(s.s.to, s.to)
	return nil
}

func (s *session) Reset()        { s.to = "" }
func (s *session) Logout() error { return nil }

// a bench is a database that sends to a server.
type bench struct {
	*testing.T
	d      *db.DB
	sender *sender
	ahead  time.Duration
}

func each(t *testing.T, f func(b *bench)) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		b := &bench{T: t, d: d, sender: &sender{db: d}}
		d.Now = func() time.Time { return dbtest.Now.Add(b.ahead) }
		f(b)
	})
}

func (b *bench) write(why string, f func(tx *db.Tx) error) {
	b.Helper()
	if err := b.d.Write(b.Context(), db.Op{Why: why}, f); err != nil {
		b.Fatal(err)
	}
}

// use sets a server.
func (b *bench) use(s *server, how func(*Settings)) {
	b.Helper()
	b.sender.roots = s.roots
	b.write("mail.save", func(tx *db.Tx) error {
		set, err := Get(b.Context(), tx)
		if err != nil {
			return err
		}
		set.Host, set.Port, set.Security, set.From, set.FromName = "127.0.0.1", s.port, Plain, "crm@contoh.id", "Toko Maju"
		if how != nil {
			how(&set)
		}
		return Save(b.Context(), tx, set)
	})
}

func (b *bench) send(m Message) {
	b.Helper()
	b.write("", func(tx *db.Tx) error { return Send(b.Context(), tx, m) })
}

func (b *bench) deliver() {
	b.Helper()
	if err := b.sender.run(b.Context()); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) all() (list []Letter) {
	b.Helper()
	err := b.d.Read(b.Context(), db.Who{}, func(tx *db.Tx) (err error) {
		list, err = db.List(b.Context(), tx, scanLetter, `SELECT `+letterCols+` FROM mail_message ORDER BY created_at, id`)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return list
}

func decode(t *testing.T, s string) string {
	t.Helper()
	text, err := new(mime.WordDecoder).DecodeHeader(s)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAMessageIsSentOnce(t *testing.T) {
	each(t, func(b *bench) {
		s := start(b.T, false, false)
		b.use(s, nil)
		m := Message{To: "ratna@contoh.id", Name: "Ratna \r\nBcc: x@y.id", Subject: "Ringkasan ☀\r\nBcc: x@y.id", Text: "Halo Bu Ratna", HTML: "<p>Halo</p>", Key: "k1"}
		b.send(m)
		b.send(m)
		r := jobs.NewRunner(b.d, slog.New(slog.NewTextHandler(io.Discard, nil)))
		Register(r, b.d)
		if err := r.Drain(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.deliver()
		b.ahead = 24 * time.Hour
		b.deliver()
		got := s.letters()
		if len(got) != 1 {
			b.Fatalf("%d messages arrived, want 1", len(got))
		}
		h := got[0].Header
		if to := decode(b.T, h.Get("To")); to != `"Ratna Bcc: x@y.id" <ratna@contoh.id>` {
			b.Errorf("To: %s", to)
		}
		if from := decode(b.T, h.Get("From")); from != `"Toko Maju" <crm@contoh.id>` {
			b.Errorf("From: %s", from)
		}
		if sub := decode(b.T, h.Get("Subject")); sub != "Ringkasan ☀ Bcc: x@y.id" || h.Get("Bcc") != "" {
			b.Errorf("Subject: %s, Bcc: %s", sub, h.Get("Bcc"))
		}
		if ct := h.Get("Content-Type"); !strings.HasPrefix(ct, "multipart/alternative") {
			b.Errorf("Content-Type: %s", ct)
		}
		if l := b.all(); len(l) != 1 || l[0].State != Sent || l[0].Done.IsZero() {
			b.Errorf("stored: %+v", l)
		}
	})
}

func TestInvitation(t *testing.T) {
	each(t, func(b *bench) {
		s := start(b.T, false, false)
		b.use(s, nil)
		b.send(Message{To: "a@contoh.id", Subject: "Undangan", Text: "Rapat", Calendar: "BEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\nEND:VCALENDAR\r\n"})
		b.deliver()
		body, err := io.ReadAll(s.letters()[0].Body)
		if err != nil || !strings.Contains(string(body), "text/calendar; method=CANCEL") {
			b.Errorf("%v\n%s", err, body)
		}
	})
}

func TestTemporaryTroubleIsTriedAgain(t *testing.T) {
	each(t, func(b *bench) {
		s := start(b.T, false, false)
		b.use(s, nil)
		s.refuse(func(string) error {
			return &smtp.SMTPError{Code: 451, Message: "come back later"}
		})
		b.send(Message{To: "a@contoh.id", Subject: "x", Text: "y"})
		b.deliver()
		if l := b.all()[0]; l.State != Queued || l.Attempts != 1 || !strings.Contains(l.Error, "come back later") || !l.Due.Equal(dbtest.Now.Add(time.Minute)) {
			b.Errorf("after a temporary refusal: %+v", l)
		}
		b.deliver() // not due yet
		s.refuse(nil)
		b.ahead = time.Minute
		b.deliver()
		if l := b.all()[0]; l.State != Sent || l.Attempts != 2 || len(s.letters()) != 1 {
			b.Errorf("after the second attempt: %+v, %d arrived", l, len(s.letters()))
		}
	})
}

func TestAServerThatIsAway(t *testing.T) {
	each(t, func(b *bench) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		away := &server{port: int64(l.Addr().(*net.TCPAddr).Port)}
		l.Close()
		b.use(away, nil)
		b.send(Message{To: "a@contoh.id", Subject: "x", Text: "y"})
		for n := range attempts {
			b.deliver()
			got := b.all()[0]
			if want := int64(n + 1); got.Attempts != want {
				b.Fatalf("%d attempts, want %d: %+v", got.Attempts, want, got)
			}
			b.ahead += longest
		}
		if got := b.all()[0]; got.State != Failed || got.Error == "" {
			b.Errorf("after the last attempt: %+v", got)
		}
	})
}

func TestGivenUpAndSentAgain(t *testing.T) {
	each(t, func(b *bench) {
		s := start(b.T, false, false)
		b.use(s, nil)
		s.refuse(func(to string) error {
			if to == "pergi@contoh.id" {
				return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
			}
			return nil
		})
		b.send(Message{To: "pergi@contoh.id", Subject: "x", Text: "y"})
		b.ahead = time.Millisecond
		b.send(Message{To: "ada@contoh.id", Subject: "x", Text: "y"})
		b.deliver()
		all := b.all()
		if all[0].State != Failed || !strings.Contains(all[0].Error, "no such user") || all[1].State != Sent {
			b.Fatalf("%+v", all)
		}
		s.refuse(nil)
		b.write("", func(tx *db.Tx) error { return Again(b.Context(), tx, all[0].ID) })
		b.deliver()
		if l := b.all()[0]; l.State != Sent || len(s.letters()) != 2 {
			b.Errorf("sent again: %+v", l)
		}
		err := b.d.Write(b.Context(), db.Op{}, func(tx *db.Tx) error { return Again(b.Context(), tx, all[0].ID) })
		if errs.KindOf(err) != errs.Conflict {
			b.Errorf("sending again what was sent: %v", err)
		}
	})
}

// A process that dies after the server took a message sends it once more; the
// same Message-ID says that it is the same.
func TestRepeatedAfterACrash(t *testing.T) {
	each(t, func(b *bench) {
		s := start(b.T, false, false)
		b.use(s, nil)
		b.send(Message{To: "a@contoh.id", Subject: "x", Text: "y"})
		ctx, cancel := context.WithCancel(b.Context())
		defer cancel()
		real := b.d.Now
		b.deliverDying(ctx)
		b.d.Now = real
		b.deliver() // somebody may still be at it
		if n := len(s.letters()); n != 1 {
			b.Fatalf("%d arrived while it was claimed, want 1", n)
		}
		b.ahead = claimed
		b.deliver()
		got := s.letters()
		if len(got) != 2 || got[0].Header.Get("Message-ID") == "" || got[0].Header.Get("Message-ID") != got[1].Header.Get("Message-ID") {
			b.Errorf("%d arrived: %v", len(got), got)
		}
	})
}

// deliverDying sends what is due and forgets it, as a process does that dies.
func (b *bench) deliverDying(ctx context.Context) {
	b.Helper()
	list, set := b.all(), Settings{}
	if err := b.d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) { set, err = Get(ctx, tx); return err }); err != nil {
		b.Fatal(err)
	}
	c, err := b.sender.dial(ctx, set)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	for i := range list {
		b.write("", func(tx *db.Tx) error { _, err := claim(ctx, tx, &list[i]); return err })
		send(c, set, &list[i])
	}
}

func TestProtection(t *testing.T) {
	each(t, func(b *bench) {
		plain, starttls, implicit := start(b.T, false, false), start(b.T, true, false), start(b.T, false, true)
		for _, tt := range []struct {
			name string
			s    *server
			way  Security
			ok   bool
		}{
			{"STARTTLS", starttls, STARTTLS, true},
			{"TLS", implicit, TLS, true},
			{"STARTTLS that is not offered", plain, STARTTLS, false},
			{"none", plain, Plain, true},
		} {
			tt.s.password = "rahasia"
			b.use(tt.s, func(set *Settings) { set.Security, set.Username, set.Password = tt.way, "crm", "rahasia" })
			err := b.sender.try(b.Context(), Message{To: "a@contoh.id", Subject: "Coba", Text: "y"})
			if (err == nil) != tt.ok {
				b.Errorf("%s: %v", tt.name, err)
			}
			b.use(tt.s, func(set *Settings) { set.Security, set.Username, set.Password = tt.way, "crm", "salah" })
			err = b.sender.try(b.Context(), Message{To: "a@contoh.id", Subject: "Coba", Text: "y"})
			if errs.KindOf(err) != errs.Invalid || strings.Contains(err.Error(), "salah") {
				b.Errorf("%s with a wrong password: %v", tt.name, err)
			}
		}
		b.sender.roots = nil // a certificate that nobody vouches for
		b.write("mail.save", func(tx *db.Tx) error {
			set, err := Get(b.Context(), tx)
			set.Security, set.Port, set.Password = TLS, implicit.port, "rahasia"
			return errors.Join(err, Save(b.Context(), tx, set))
		})
		if err := b.sender.try(b.Context(), Message{To: "a@contoh.id"}); err == nil {
			b.Error("a server whose certificate is not trusted got the password")
		}
	})
}

func TestWithoutServer(t *testing.T) {
	each(t, func(b *bench) {
		b.send(Message{To: "a@contoh.id", Subject: "x", Text: "y"})
		if l := b.all()[0]; l.State != Failed || l.Error == "" {
			b.Errorf("without a server: %+v", l)
		}
		err := b.d.Write(b.Context(), db.Op{}, func(tx *db.Tx) error { return Send(b.Context(), tx, Message{To: "bukan alamat"}) })
		if e := errs.All(err); len(e) != 1 || e[0].Field != "to" {
			b.Errorf("to no address: %v", err)
		}
		if err := Try(b.Context(), b.d, Message{To: "a@contoh.id"}); errs.KindOf(err) != errs.Invalid {
			b.Errorf("trying without a server: %v", err)
		}
	})
}

func TestThePasswordStaysSecret(t *testing.T) {
	each(t, func(b *bench) {
		s := start(b.T, false, false)
		secret := func(set *Settings) { set.Username, set.Password = "crm", "sangat-rahasia" }
		b.use(s, secret)
		b.use(s, func(set *Settings) { set.Username, set.Password, set.FromName = "crm", "", "Nama Lain" })
		var set Settings
		var kept []string
		err := b.d.Read(b.Context(), db.Who{}, func(tx *db.Tx) (err error) {
			if set, err = Get(b.Context(), tx); err != nil {
				return err
			}
			kept, err = db.List(b.Context(), tx, db.One[string], `SELECT was FROM journal_change`)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		if set.Password != "sangat-rahasia" || set.FromName != "Nama Lain" {
			b.Errorf("an empty password did not keep the stored one: %+v", set)
		}
		if len(kept) == 0 || strings.Contains(strings.Join(kept, ""), "rahasia") {
			b.Errorf("the journal has %q", kept)
		}
		if t := b.d.Table("mail_setting"); !t.Private || !t.Omits("password") {
			b.Error("the settings are exported")
		}
		for name, change := range map[string]func(*Settings){
			"another host":     func(s *Settings) { s.Host = "jahat.contoh.id" },
			"another port":     func(s *Settings) { s.Port++ },
			"another user":     func(s *Settings) { s.Username = "lain" },
			"less protection":  func(s *Settings) { s.Security = TLS },
			"no such security": func(s *Settings) { s.Security = "x" },
		} {
			to := set
			to.Password = ""
			change(&to)
			err := b.d.Write(b.Context(), db.Op{Why: "mail.save"}, func(tx *db.Tx) error { return Save(b.Context(), tx, to) })
			if errs.KindOf(err) != errs.Invalid {
				b.Errorf("%s with the stored password: %v", name, err)
			}
		}
	})
}

func TestSettingsAreChecked(t *testing.T) {
	for field, s := range map[string]Settings{
		"host":      {Host: "a b", Port: 25, Security: TLS, From: "a@b.id"},
		"port":      {Host: "a", Port: 70000, Security: TLS, From: "a@b.id"},
		"security":  {Host: "a", Port: 25, Security: "", From: "a@b.id"},
		"from":      {Host: "a", Port: 25, Security: TLS, From: "ab"},
		"from_name": {Host: "a", Port: 25, Security: TLS, From: "a@b.id", FromName: strings.Repeat("é", 201)},
		"site":      {Host: "a", Port: 25, Security: TLS, From: "a@b.id", Site: "ftp://x"},
	} {
		err := s.check()
		if all := errs.All(err); len(all) != 1 || all[0].Field != field {
			t.Errorf("%+v: %v, want an error at %s", s, err, field)
		}
	}
}

func TestPurge(t *testing.T) {
	each(t, func(b *bench) {
		b.send(Message{To: "a@contoh.id", Key: "k"})
		b.ahead = Keep + time.Hour
		b.write("", func(tx *db.Tx) error { _, err := Purge(b.Context(), tx); return err })
		if n := len(b.all()); n != 0 {
			b.Errorf("%d old messages left", n)
		}
		err := b.d.Write(b.Context(), db.Op{}, func(tx *db.Tx) error { return Drop(b.Context(), tx, ids.New(tx.Now)) })
		if errs.KindOf(err) != errs.Conflict {
			b.Errorf("dropping what is not there: %v", err)
		}
	})
}
