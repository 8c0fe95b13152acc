package ui

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
)

// onceName is the field of a form that tells it from others like it.
const onceName = "once"

func newOnce(v *View) string { return ids.New(v.Now).String() }

// OnceHidden is [Once] for a [PostButton] that adds something.
func OnceHidden(v *View) map[string]string { return map[string]string{onceName: newOnce(v)} }

// onceKey returns the key of a form that was sent, "" if it has none: the same
// for what one session sends again unchanged to the same address.
func (r *Req) onceKey() string {
	if r.Method != http.MethodPost || r.Form.Get(onceName) == "" || r.View.Session.IsZero() {
		return ""
	}
	hash := sha256.New()
	for _, part := range []string{r.View.Session.String(), r.URL.Path, r.Form.Encode()} {
		io.WriteString(hash, strconv.Itoa(len(part))+" "+part)
	}
	if r.MultipartForm != nil {
		for name, files := range r.MultipartForm.File {
			for _, f := range files {
				io.WriteString(hash, "\n"+name+" "+f.Filename+" "+strconv.FormatInt(f.Size, 10))
			}
		}
	}
	return base64.RawURLEncoding.EncodeToString(hash.Sum(nil))
}

// arm has what the form does happen once. It waits for the same form that is
// being handled, and returns db.ErrRepeated if it had its effect already.
func (r *Req) arm() error {
	key := ""
	if r.server != nil && r.server.DB != nil {
		key = r.onceKey()
	}
	if key == "" || r.Who.Once != nil {
		return nil
	}
	var err error
	if r.leave, err = r.server.turns.take(r.Context(), key); err != nil {
		return err
	}
	r.Who.Once = &db.Once{Key: key}
	_, repeated, err := r.asked()
	if err == nil && repeated {
		err = db.ErrRepeated
	}
	return err
}

// asked returns what is known of the form.
func (r *Req) asked() (a db.Asked, ok bool, err error) {
	err = r.server.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error {
		a, ok, err = db.FindAsked(r.Context(), tx, r.Who.Once.Key)
		return err
	})
	return a, ok, err
}

// inMemory is how many bytes of a form's files are kept in memory.
const inMemory = 4 << 20

// Multipart parses a form with files. It returns a TooLarge error if more was
// sent than the route takes, and Invalid for what is no form. Other errors mean
// that the form was sent before: handlers return them.
func (r *Req) Multipart() error {
	err := r.ParseMultipartForm(inMemory)
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return errs.New(errs.TooLarge, "error.too_large").Because(err)
	}
	if err != nil {
		return errs.New(errs.Invalid, "error.invalid").Because(err)
	}
	return r.arm()
}

// once runs a handler. What a form did that is sent again is not done again:
// it is answered as before.
func (s *server) once(w http.ResponseWriter, r *Req, h Handler) error {
	err := r.arm()
	if err == nil {
		err = s.run(w, r, h)
	}
	if r.leave != nil {
		defer r.leave()
	}
	switch {
	case errors.Is(err, db.ErrRepeated):
		return s.repeat(w, r)
	case err == nil && r.Who.Once != nil && !r.Who.Once.Op.IsZero():
		s.remember(w, r)
	}
	return err
}

// A sent is what a form was answered that led to another page.
type sent struct {
	To    string `json:"to"`
	Toast *Toast `json:"toast,omitempty"`
}

// remember keeps where a form led. One that led nowhere may be sent again: what
// its answer showed can't be shown twice.
func (s *server) remember(w http.ResponseWriter, r *Req) {
	ctx := context.WithoutCancel(r.Context()) // whoever clicked twice has left the first answer
	a := sent{To: cmp.Or(w.Header().Get("Location"), w.Header().Get("HX-Redirect"))}
	var err error
	if a.To == "" {
		err = r.Who.Once.Forget(ctx, s.DB)
	} else {
		if flashed(w.Header()) {
			a.Toast = r.View.Toast
		}
		text, failed := json.Marshal(a)
		if err = failed; err == nil {
			err = r.Who.Once.Answered(ctx, s.DB, string(text))
		}
	}
	if err != nil {
		s.Log.Error("answer to a form was not kept", "path", r.URL.Path, "err", err)
	}
}

// flashed reports whether an answer brings a toast to the next page.
func flashed(h http.Header) bool {
	return slices.ContainsFunc(h["Set-Cookie"], func(c string) bool {
		value, ok := strings.CutPrefix(c, flashCookie+"=")
		return ok && !strings.HasPrefix(value, ";")
	})
}

// repeatWait is how long a form waits for the answer to the same one that
// another process handles.
const repeatWait = 2 * time.Second

// repeat answers a form as it was answered before. If nobody knows how, because
// a process died or takes its time, it shows what was done.
func (s *server) repeat(w http.ResponseWriter, r *Req) error {
	var a db.Asked
	for end := time.Now().Add(repeatWait); ; {
		var known bool
		var err error
		if a, known, err = r.asked(); err != nil {
			return err
		}
		if !known {
			return errs.New(errs.Conflict, "error.conflict")
		}
		if a.Answer != "" || time.Now().After(end) {
			break
		}
		select {
		case <-r.Context().Done():
			return r.Context().Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	to := sent{To: PathOperations + "/" + a.Op.String()}
	if a.Answer != "" {
		if err := json.Unmarshal([]byte(a.Answer), &to); err != nil {
			return err
		}
	}
	if to.Toast != nil {
		Flash(w, r, *to.Toast)
	}
	return Redirect(w, r, to.To)
}

// turns lets one at a time do something under a key.
type turns struct {
	mu   sync.Mutex
	busy map[string]chan struct{} // closed when the turn ends
}

// take waits for its turn, which lasts until leave is called.
func (t *turns) take(ctx context.Context, key string) (leave func(), err error) {
	for {
		t.mu.Lock()
		before, ok := t.busy[key]
		if !ok {
			mine := make(chan struct{})
			if t.busy == nil {
				t.busy = map[string]chan struct{}{}
			}
			t.busy[key] = mine
			t.mu.Unlock()
			return func() {
				t.mu.Lock()
				delete(t.busy, key)
				t.mu.Unlock()
				close(mine)
			}, nil
		}
		t.mu.Unlock()
		select {
		case <-before:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
