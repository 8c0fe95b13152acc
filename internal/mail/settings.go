package mail

import (
	"context"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/mailaddr"
)

// A Security says how the connection to the server is protected.
type Security string

// The ways, the usual one first.
const (
	STARTTLS Security = "starttls" // a plain connection is turned into a protected one, or given up
	TLS      Security = "tls"      // protected from the start
	Plain    Security = "none"     // not at all: for servers in one's own network
)

// Settings say how mail leaves.
type Settings struct {
	Host     string // of the SMTP server; "" sends nothing
	Port     int64
	Security Security
	Username string // "" for a server that asks for none
	Password string // secret
	From     string // bare address of the sender
	FromName string // "" for the workspace's name
	Site     string // address of Akrab for links: "https://crm.example.com"; "" for no links
	Rev      int64  // 0 before the settings were saved for the first time
}

// settingID is the id of the one row.
var settingID = ids.MustParse("01900000-0000-7000-8000-000000000002")

const settingCols = `host, port, security, username, password, from_email, from_name, site, rev`

func scanSettings(s db.Scanner, v *Settings) error {
	return s.Scan(&v.Host, &v.Port, &v.Security, &v.Username, &v.Password, &v.From, &v.FromName, &v.Site, &v.Rev)
}

// Get returns the settings; before they are saved, usual ones without a server.
func Get(ctx context.Context, tx *db.Tx) (Settings, error) {
	s, ok, err := db.Find(ctx, tx, scanSettings, `SELECT `+settingCols+` FROM mail_setting WHERE id = $1`, settingID)
	if err == nil && !ok {
		s = Settings{Port: 587, Security: STARTTLS}
	}
	return s, err
}

// Ready reports whether a server is set, so that mail can be sent.
func Ready(ctx context.Context, tx *db.Tx) (bool, error) {
	s, err := Get(ctx, tx)
	return s.Host != "", err
}

// Save keeps s in place of the settings whose revision is s.Rev. An empty
// password keeps the one that is stored, but only while it goes to the same
// server, for the same user and no less protected: nobody gets to know a
// password by sending it elsewhere. Save returns Invalid errors at the fields
// host, port, security, username, password, from, from_name and site, and a
// Stale error if somebody saved others since.
func Save(ctx context.Context, tx *db.Tx, s Settings) error {
	s.trim()
	old, err := Get(ctx, tx)
	if err != nil {
		return err
	}
	var bad errs.List
	for _, e := range errs.All(s.check()) {
		bad.Add(e)
	}
	switch same := s.Host == old.Host && s.Port == old.Port && s.Username == old.Username && s.Security == old.Security; {
	case s.Username == "":
		s.Password = ""
	case s.Password == "" && same && old.Password != "":
		s.Password = old.Password
	case s.Password == "" && s.Host != "":
		bad.Add(errs.InvalidField("password", "mail.password.again"))
	}
	if err := bad.Err(); err != nil {
		return err
	}
	n, err := s.write(ctx, tx)
	if err != nil {
		return err
	}
	if n == 0 {
		return errs.New(errs.Stale, "error.stale")
	}
	return tx.SetOp(ctx, settingID, map[string]any{"name": s.Host, journal.Final: true})
}

func (s *Settings) write(ctx context.Context, tx *db.Tx) (int64, error) {
	if s.Rev == 0 {
		return tx.Exec(ctx, `
			INSERT INTO mail_setting (id, host, port, security, username, password, from_email, from_name, site, created_op)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
			ON CONFLICT (id) DO NOTHING`,
			settingID, s.Host, s.Port, s.Security, s.Username, s.Password, s.From, s.FromName, s.Site, tx.Op)
	}
	return tx.Exec(ctx, `
		UPDATE mail_setting SET host = $2, port = $3, security = $4, username = $5, password = $6, from_email = $7,
			from_name = $8, site = $9, rev = rev + 1
		WHERE id = $1 AND rev = $10`,
		settingID, s.Host, s.Port, s.Security, s.Username, s.Password, s.From, s.FromName, s.Site, s.Rev)
}

func (s *Settings) trim() {
	for _, p := range []*string{&s.Host, &s.Username, &s.From, &s.FromName, &s.Site} {
		*p = strings.TrimSpace(*p)
	}
	s.Site = strings.TrimRight(s.Site, "/")
}

func (s *Settings) check() error {
	var bad errs.List
	if strings.ContainsAny(s.Host, " /:@\\\t\r\n") || len(s.Host) > 253 {
		bad.Add(errs.InvalidField("host", "mail.host.invalid"))
	}
	if s.Port < 1 || s.Port > 65535 {
		bad.Add(errs.InvalidField("port", "mail.port.invalid"))
	}
	if s.Security != STARTTLS && s.Security != TLS && s.Security != Plain {
		bad.Add(errs.InvalidField("security", "error.choice"))
	}
	if a, err := mailaddr.Parse(s.From); err == nil {
		s.From = a.Text
	} else if s.Host != "" || s.From != "" {
		bad.Add(errs.InvalidField("from", "mailaddr.invalid"))
	}
	for _, f := range []struct{ field, text string }{{"username", s.Username}, {"password", s.Password}, {"from_name", s.FromName}} {
		if utf8.RuneCountInString(f.text) > 200 {
			bad.Add(errs.InvalidField(f.field, "error.too_long", "max", 200))
		} else if strings.ContainsAny(f.text, "\r\n\x00") {
			bad.Add(errs.InvalidField(f.field, "error.text_invalid"))
		}
	}
	if u, err := url.Parse(s.Site); s.Site != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.User != nil || len(s.Site) > 300) {
		bad.Add(errs.InvalidField("site", "mail.site.invalid"))
	}
	return bad.Err()
}
