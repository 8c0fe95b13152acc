package ui

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/locale"
)

// MuxOptions says how pages are served. Auth and Printer must be set.
type MuxOptions struct {
	Auth    Auth
	Printer func(locale.Lang) *locale.Printer // texts in a language, figures as the workspace writes them
	Brand   func() string                     // name of the workspace; nil for none
	Nav     []NavItem                         // the sidebar, in order
	Pinned  func(context.Context, *View) []Pin

	// DB is where forms are remembered that were sent; see [Once]. If it is nil,
	// a form sent twice acts twice.
	DB *db.DB

	// Unseen returns how much the visitor was told and has not seen. It runs
	// whenever a whole page is shown: it must be cheap. If it is nil, there is
	// no bell.
	Unseen func(context.Context, *View) int

	// TrustedOrigins may send forms to Akrab, besides Akrab itself: for
	// example "https://crm.example.com" if a proxy rewrites the host.
	TrustedOrigins []string

	Now  func() time.Time // nil for time.Now
	Log  *slog.Logger     // nil for slog.Default
	Slow time.Duration    // requests that take longer are logged; 0 means 1 s

	// Observe is told of every answer: the pattern of its route ("" if none
	// matched), its status, and how long it took. May be nil.
	Observe func(pattern string, status int, took time.Duration)
}

// csp allows what comes from Akrab itself and nothing else. Pictures may be
// data, for previews of files not yet sent.
const csp = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// SecurityHeaders sets the headers that every answer carries.
func SecurityHeaders(h http.Header) {
	h.Set("Content-Security-Policy", csp)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()")
}

// A server serves the pages of the route tables.
type server struct {
	MuxOptions
	mux    *http.ServeMux
	origin *http.CrossOriginProtection
	turns  turns
}

// NewMux returns a handler for the route tables, and error pages for all other
// addresses. It panics if two routes have the same pattern, or if a trusted
// origin is malformed.
func NewMux(opt MuxOptions, tables ...[]Route) http.Handler {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.Default()
	}
	if opt.Slow == 0 {
		opt.Slow = time.Second
	}
	s := &server{MuxOptions: opt, mux: http.NewServeMux(), origin: http.NewCrossOriginProtection()}
	for _, o := range opt.TrustedOrigins {
		if err := s.origin.AddTrustedOrigin(o); err != nil {
			panic(fmt.Sprintf("ui: trusted origin %q: %v", o, err))
		}
	}
	for _, table := range tables {
		for _, rt := range table {
			s.mux.HandleFunc(rt.Pattern, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, rt) })
		}
	}
	return s
}

// ServeHTTP implements [http.Handler].
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	rec := &recorder{ResponseWriter: w}
	SecurityHeaders(rec.Header())
	defer func() {
		if x := recover(); x != nil {
			if x == http.ErrAbortHandler {
				panic(x)
			}
			s.panicked(rec, r, x)
		}
		s.observe(r, rec, time.Since(start))
	}()
	if err := s.origin.Check(r); err != nil {
		s.refuse(rec, r, errs.New(errs.Forbidden, "ui.error.origin").Because(err))
		return
	}
	h, pattern := s.mux.Handler(r)
	if pattern == "" {
		s.unmatched(rec, r, h)
		return
	}
	s.mux.ServeHTTP(rec, r)
}

func (s *server) observe(r *http.Request, rec *recorder, took time.Duration) {
	if took > s.Slow {
		s.Log.Warn("slow request", "method", r.Method, "pattern", r.Pattern, "path", r.URL.Path, "took", took)
	}
	if s.Observe != nil {
		s.Observe(r.Pattern, rec.status, took)
	}
}

// unmatched answers a request that no route takes: h, the mux's own answer to
// it, says whether the address or only the method is unknown.
func (s *server) unmatched(w *recorder, r *http.Request, h http.Handler) {
	plain := &headOnly{header: make(http.Header)}
	h.ServeHTTP(plain, r)
	if plain.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", plain.header.Get("Allow"))
		s.refuse(w, r, errs.New(errs.Invalid, "ui.error.method"))
		return
	}
	s.refuse(w, r, errs.New(errs.NotFound, "error.not_found"))
}

// A headOnly keeps an answer's status and header, and drops its body.
type headOnly struct {
	header http.Header
	status int
}

func (w *headOnly) Header() http.Header         { return w.header }
func (w *headOnly) WriteHeader(status int)      { w.status = status }
func (w *headOnly) Write(b []byte) (int, error) { return len(b), nil }

// serve runs a route for a visitor who may use it.
func (s *server) serve(w http.ResponseWriter, r *http.Request, rt Route) {
	limit := rt.MaxBody
	if limit == 0 {
		limit = 1 << 20
	}
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	// The server removes the files of a form from the request that it knows,
	// of which r may be a copy.
	defer func() {
		if r.MultipartForm != nil {
			r.MultipartForm.RemoveAll() // what can't be removed, the system will
		}
	}()

	visitor, err := s.Auth(w, r)
	req := s.request(r, visitor)
	if err != nil && (rt.Need != Public || errs.KindOf(err) != errs.Signin) {
		s.answer(w, req, err)
		return
	}
	if !req.View.May(rt.Need) {
		s.answer(w, req, errs.New(errs.Forbidden, "error.forbidden"))
		return
	}
	if err := parseForm(r); err != nil {
		s.answer(w, req, err)
		return
	}
	s.frame(r.Context(), req.View)
	if err := s.once(w, req, rt.Handler); err != nil {
		s.answer(w, req, err)
	}
}

// run calls a handler and turns its panic into an internal error, unless it has
// begun to answer.
func (s *server) run(w http.ResponseWriter, r *Req, h Handler) (err error) {
	defer func() {
		x := recover()
		if x == nil {
			return
		}
		if rec, ok := w.(*recorder); x == http.ErrAbortHandler || ok && rec.status != 0 {
			panic(x)
		}
		err = fmt.Errorf("panic: %v\n%s", x, debug.Stack())
	}()
	return h(w, r)
}

// parseForm parses the query and a form in the body, but no multipart body.
func parseForm(r *http.Request) error {
	err := r.ParseForm()
	switch tooLarge := (*http.MaxBytesError)(nil); {
	case errors.As(err, &tooLarge):
		return errs.New(errs.TooLarge, "error.too_large").Because(err)
	case err != nil:
		return errs.New(errs.Invalid, "error.invalid").Because(err)
	}
	return clean(r.Form)
}

// request returns the Req of a visitor, with all of the View but the frame.
func (s *server) request(r *http.Request, visitor Visitor) *Req {
	lang := visitor.Lang
	if lang == "" {
		lang = locale.Negotiate(r.Header.Get("Accept-Language"))
	}
	v := &View{Printer: s.Printer(lang), Visitor: visitor, Lang: lang, Path: r.URL.RequestURI(), Now: s.Now()}
	if s.Brand != nil {
		v.Brand = s.Brand()
	}
	if c, err := r.Cookie(flashCookie); err == nil {
		v.Toast = decodeFlash(c.Value)
	}
	return &Req{Request: r, Who: visitor.Who, View: v, server: s}
}

// frame fills in what the sidebar shows.
func (s *server) frame(ctx context.Context, v *View) {
	if v.Session.IsZero() || v.Nav != nil {
		return // nobody, or done already
	}
	for _, item := range s.Nav {
		if v.May(item.Perm) {
			v.Nav = append(v.Nav, item)
		}
	}
	if s.Pinned != nil {
		v.Pinned = s.Pinned(ctx, v)
	}
	v.unseen = s.Unseen
}

// statuses of the kinds of errors.
var statuses = map[errs.Kind]int{
	errs.Internal:  http.StatusInternalServerError,
	errs.Invalid:   http.StatusUnprocessableEntity,
	errs.NotFound:  http.StatusNotFound,
	errs.Conflict:  http.StatusConflict,
	errs.Forbidden: http.StatusForbidden,
	errs.Signin:    http.StatusUnauthorized,
	errs.Limited:   http.StatusTooManyRequests,
	errs.Stale:     http.StatusPreconditionFailed,
	errs.TooLarge:  http.StatusRequestEntityTooLarge,
}

// refuse answers a request that no route has taken.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	visitor, authErr := s.Auth(w, r)
	if authErr != nil {
		visitor = Visitor{Lang: visitor.Lang, Theme: visitor.Theme}
	}
	s.answer(w, s.request(r, visitor), err)
}

// panicked logs a panic outside of handlers, or in one that had begun to answer,
// and says that something went wrong if nothing is said yet.
func (s *server) panicked(w *recorder, r *http.Request, x any) {
	s.Log.Error("request panicked", "method", r.Method, "path", r.URL.Path, "panic", x, "stack", string(debug.Stack()))
	if w.status == 0 {
		// Auth may be what panicked: the page is that of nobody.
		s.answer(w, s.request(r, Visitor{}), errs.New(errs.Internal, "error.internal").Because(fmt.Errorf("panic: %v", x)))
	}
}

// answer turns an error into a page, or into a toast if only a part of a page
// was asked for: the page that the visitor sees stays, with what they typed.
func (s *server) answer(w http.ResponseWriter, r *Req, err error) {
	kind := errs.KindOf(err)
	if kind == errs.Internal && r.Context().Err() == nil { // whoever left needs no answer
		s.Log.Error("request failed", "method", r.Method, "path", r.URL.Path, "err", err)
	}
	if kind == errs.Signin {
		s.askSignin(w, r)
		return
	}
	status := statuses[kind]
	if w.Header().Get("Allow") != "" { // set by unmatched alone
		status = http.StatusMethodNotAllowed
	}
	var buf bytes.Buffer
	part := r.Partial()
	if part {
		r.View.Toast = nil
		err = errorPart(r.View, err).Render(r.Context(), &buf)
	} else {
		s.frame(r.Context(), r.View)
		err = errorPage(r.View, status, err).Render(r.Context(), &buf)
	}
	if err != nil {
		s.Log.Error("error page failed", "err", err)
		http.Error(w, http.StatusText(status), status)
		return
	}
	if part {
		w.Header().Set("HX-Reswap", "none") // only the toast is swapped
	}
	send(w, r, status, &buf, part)
}

// askSignin leads to the sign-in page and back: to the page itself if one was
// asked for, to the page it came from if something was sent.
func (s *server) askSignin(w http.ResponseWriter, r *Req) {
	next := r.URL.RequestURI()
	if r.Method != http.MethodGet || r.Partial() {
		next = r.Back("/")
	}
	to := PathSignin
	if next != "/" {
		to += "?" + url.Values{"next": {next}}.Encode()
	}
	w.Header().Set("Cache-Control", "no-store")
	if r.Partial() {
		w.Header().Set("HX-Redirect", to)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	http.Redirect(w, r.Request, to, http.StatusSeeOther)
}

// A recorder remembers the status of an answer.
type recorder struct {
	http.ResponseWriter
	status int
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
