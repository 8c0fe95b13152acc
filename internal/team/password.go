package team

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/fold"
)

// MinPassword is the least number of characters of a password.
const MinPassword = 10

// maxPassword bounds the bytes that are hashed.
const maxPassword = 500

// A Password is a hashed password. The zero Password lets nobody in.
type Password struct {
	phc       string
	temporary bool
}

func (p Password) stored() any {
	if p.phc == "" {
		return nil
	}
	return p.phc
}

// NewPassword checks and hashes a password that somebody chose. It returns an
// Invalid error at the field password if it is too short, too long, or easily
// guessed; about holds the user's name and address, which are. It waits while
// two others are being hashed.
func NewPassword(ctx context.Context, text string, about ...string) (Password, error) {
	switch {
	case text == "":
		return Password{}, errs.InvalidField("password", "error.required")
	case utf8.RuneCountInString(text) < MinPassword:
		return Password{}, errs.InvalidField("password", "team.password.short", "min", MinPassword)
	case len(text) > maxPassword:
		return Password{}, errs.InvalidField("password", "error.too_long", "max", maxPassword)
	case guessable(text, about):
		return Password{}, errs.InvalidField("password", "team.password.common")
	}
	phc, err := hash(ctx, text)
	return Password{phc: phc}, err
}

// TemporaryPassword makes a password that somebody must change when they sign
// in with it, and returns its text too. Its 80 random bits are written in
// groups of four, to be read out.
func TemporaryPassword(ctx context.Context) (string, Password, error) {
	s := newSecret()
	text := s[:4] + "-" + s[4:8] + "-" + s[8:12] + "-" + s[12:16]
	phc, err := hash(ctx, text)
	return text, Password{phc: phc, temporary: true}, err
}

// guessable reports whether a password is among the first that anybody tries.
func guessable(text string, about []string) bool {
	plain := strings.ToLower(text)
	if simple(plain) || slices.Contains(strings.Fields(common), plain) {
		return true
	}
	letters := fold.Text(text)
	for _, s := range about {
		local, _, _ := strings.Cut(s, "@")
		if f := fold.Text(s); f != "" && (letters == f || letters == fold.Text(local)) {
			return true
		}
	}
	return false
}

// simple reports whether s has fewer than four different characters, or runs
// in the order of the alphabet or of the digits.
func simple(s string) bool {
	seen := map[rune]bool{}
	up, down := true, true
	var last rune
	for i, r := range s {
		seen[r] = true
		if i > 0 {
			wrap := last == '9' && r == '0'
			up = up && (r == last+1 || wrap)
			down = down && (r == last-1 || last == '0' && r == '9')
		}
		last = r
	}
	return len(seen) < 4 || up || down
}

// common are passwords of ten characters or more that lists of stolen ones
// begin with, here and elsewhere.
const common = `
	1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc qwertyuiop qwerty1234 qwerty12345 qwerty123456 qwertyuiop123
	asdfghjkl123 zxcvbnm123 q1w2e3r4t5 q1w2e3r4t5y6 123qweasdzxc qazwsxedcrfv 1234567890q 123456789a
	123456789q a123456789 a1234567890 1234567891 12345678910 123456789123 12345678900 1234512345 1122334455
	0123456789 9876543210 password12 password123 password1234 password12345 passw0rd123 p@ssw0rd123
	p@ssword123 password!123 mypassword administrator administrator1 admin12345 admin123456 adminadmin
	superadmin superuser1 welcome123 welcome1234 letmein123 changeme123 iloveyou123 iloveyou12 football123
	baseball123 princess123 sunshine123 superman123 liverpool123 manchester minecraft123 pokemon123
	michael123 jessica123 dragon1234 monkey1234 abcd123456 abc1234567 abcdef123456 abc123abc123 test123456
	testtest123 secret1234 rahasia123 rahasia1234 katasandi123 katasandi1 sandi12345 bismillah1 bismillah12
	bismillah123 alhamdulillah assalamualaikum indonesia1 indonesia12 indonesia123 indonesia45
	merdeka1945 jakarta123 bandung123 surabaya123 sayangku123 sayang1234 akucintakamu cintaku123
	cinta12345 doraemon123 anakbaik123 semangat123 selamat123 perusahaan1 pelanggan1 pelanggan123
	akrabakrab akrab12345 akrabcrm123 customer123 company123 marketing123 penjualan123`

// params are what a hash costs.
type params struct {
	memory  uint32 // KiB
	time    uint32 // passes
	threads uint8
}

// cost is what OWASP asks for at least (Password Storage Cheat Sheet): 19 MiB,
// so that two at once fit any machine.
var cost = params{memory: 19 * 1024, time: 2, threads: 1}

const (
	saltLen = 16
	keyLen  = 32
)

// hashing holds a place for each password that is being hashed.
var hashing = make(chan struct{}, 2)

func (p params) key(ctx context.Context, text string, salt []byte, n uint32) ([]byte, error) {
	select {
	case hashing <- struct{}{}:
		defer func() { <-hashing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	// What looks the same is the same, however the keyboard composes it.
	return argon2.IDKey([]byte(norm.NFC.String(text)), salt, p.time, p.memory, p.threads, n), nil
}

// hash returns a password's hash in PHC format, with a new salt.
func hash(ctx context.Context, text string) (string, error) {
	salt := make([]byte, saltLen)
	rand.Read(salt)
	key, err := cost.key(ctx, text, salt, keyLen)
	if err != nil {
		return "", err
	}
	return formatPHC(cost, salt, key), nil
}

func formatPHC(p params, salt, key []byte) string {
	enc := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.time, p.threads, enc(salt), enc(key))
}

// verify reports whether text is the password of a hash in PHC format, and
// whether the hash should be made anew because it costs less than it should.
func verify(ctx context.Context, phc, text string) (ok, old bool, err error) {
	p, salt, want, err := parsePHC(phc)
	if err != nil {
		return false, false, err
	}
	if len(text) > maxPassword {
		return false, false, nil
	}
	got, err := p.key(ctx, text, salt, uint32(len(want)))
	if err != nil {
		return false, false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1, p != cost || len(want) != keyLen || len(salt) != saltLen, nil
}

var errPHC = errors.New("team: a stored password can't be read")

// parsePHC reads $argon2id$v=19$m=…,t=…,p=…$salt$key. What costs more than a
// server can give is refused: a hash may have come from elsewhere.
func parsePHC(s string) (p params, salt, key []byte, err error) {
	part := strings.Split(s, "$")
	if len(part) != 6 || part[0] != "" || part[1] != "argon2id" || part[2] != "v=19" {
		return p, nil, nil, errPHC
	}
	if _, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &p.memory, &p.time, &p.threads); err != nil {
		return p, nil, nil, errPHC
	}
	salt, err1 := base64.RawStdEncoding.Strict().DecodeString(part[4])
	key, err2 := base64.RawStdEncoding.Strict().DecodeString(part[5])
	if err := errors.Join(err1, err2); err != nil {
		return p, nil, nil, errPHC
	}
	if p.threads < 1 || p.threads > 16 || p.memory < 8*uint32(p.threads) || p.memory > 256*1024 || p.time < 1 || p.time > 16 ||
		len(salt) < 8 || len(salt) > 64 || len(key) < 16 || len(key) > 64 {
		return p, nil, nil, errPHC
	}
	return p, salt, key, nil
}
