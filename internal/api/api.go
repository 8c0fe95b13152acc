// Package api is the public REST API under /api/v1, described by OpenAPI 3.1
// at /api/openapi.json.
//
// A program shows a token ("Authorization: Bearer akr_…"); each operation has a
// permission that the token's role must have. What is refused is answered as
// application/problem+json (RFC 9457) with the fields at fault, in the language
// of Accept-Language. A POST, PATCH or DELETE with an Idempotency-Key has its
// effect once however often it is sent: its answer is stored in the
// transaction of the effect.
package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/json"
	"log/slog"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/offers"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/workspace"
)

//go:embed schema/*.sql
var schema embed.FS

// Text holds the messages of this package.
//
//go:embed text/*.json
var Text embed.FS

// Module is the table of stored answers.
var Module = db.Module{
	Name: "api", Schema: schema,
	Tables: []db.Table{{Name: "api_idempotency", Key: []string{"token", "key"}, Private: true}},
}

// Options are what the API works with. All must be set, but for Log and Offers.
type Options struct {
	DB        *db.DB
	Catalogue *locale.Catalogue
	Book      *customers.Book
	Shelf     *catalog.Shelf
	Search    *search.Index
	Offers    *offers.Desk // makes offers; one without models if nil
	Version   string
	Log       *slog.Logger
}

// An API serves the operations.
type API struct {
	Options
	mux  *http.ServeMux
	huma huma.API
	ops  []Operation
}

// An Operation is one of the API's, with the permission that it needs.
type Operation struct {
	Method, Path string
	Need         team.Perm // empty: any token
}

// maxBody is the most that a request may send, but for files: 1 MiB.
const maxBody = 1 << 20

// New returns the API.
func New(opt Options) *API {
	if opt.Log == nil {
		opt.Log = slog.Default()
	}
	if opt.Offers == nil {
		opt.Offers = &offers.Desk{}
	}
	a := &API{Options: opt, mux: http.NewServeMux()}
	conf := huma.DefaultConfig("Akrab", opt.Version)
	conf.OpenAPIPath, conf.DocsPath, conf.SchemasPath, conf.CreateHooks = "/api/openapi", "", "", nil
	conf.Info.Description = "Customers, their timelines and everything that changes them. Lists answer {items, count, next}; " +
		"filters are f=column:operator:value, repeatable; times are RFC 3339 in UTC."
	conf.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token": {Type: "http", Scheme: "bearer", Description: "A token made by `akrab token create` or in the settings."},
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, list ...error) huma.StatusError {
		return fromHuma(ctx, status, msg, list)
	}
	a.huma = humago.New(a.mux, conf)
	a.huma.UseMiddleware(a.identify)
	a.customerOperations()
	a.timelineOperations()
	a.factOperations()
	a.insightOperations()
	a.offerOperations()
	a.productOperations()
	a.taskOperations()
	a.orderOperations()
	a.viewOperations()
	a.segmentOperations()
	a.planOperations()
	a.otherOperations()
	a.importOperations()
	return a
}

// Operations returns all operations.
func (a *API) Operations() []Operation { return a.ops }

// ServeHTTP implements [http.Handler].
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h, pattern := a.mux.Handler(r)
	if pattern == "" {
		rec := &statusOnly{}
		h.ServeHTTP(rec, r) // finds out whether it is the path or the method
		key, status := "error.not_found", http.StatusNotFound
		if rec.status == http.StatusMethodNotAllowed {
			key, status = "api.method", rec.status
			w.Header()["Allow"] = rec.Header()["Allow"]
		}
		a.problem(w, r, status, errs.New(errs.NotFound, key))
		return
	}
	a.mux.ServeHTTP(w, r)
}

// statusOnly swallows an answer.
type statusOnly struct {
	header http.Header
	status int
}

func (s *statusOnly) Header() http.Header {
	if s.header == nil {
		s.header = http.Header{}
	}
	return s.header
}
func (s *statusOnly) WriteHeader(status int)      { s.status = status }
func (s *statusOnly) Write(p []byte) (int, error) { return len(p), nil }

// caller is who sent a request.
type caller struct {
	team.Identity
	*locale.Printer
	key string // Idempotency-Key
	in  locale.Workspace
}

type callerKey struct{}

func of(ctx context.Context) *caller {
	c, _ := ctx.Value(callerKey{}).(*caller)
	return c
}

const permKey = "akrab.need"

// identify finds who sends a request and whether they may.
func (a *API) identify(ctx huma.Context, next func(huma.Context)) {
	c, err := a.caller(ctx.Context(), ctx.Header("Authorization"), ctx.Header("Accept-Language"))
	c.key = ctx.Header("Idempotency-Key")
	ctx = huma.WithValue(ctx, callerKey{}, c)
	need, _ := ctx.Operation().Metadata[permKey].(team.Perm)
	if err == nil && need != "" && !c.Can(need) {
		err = errs.New(errs.Forbidden, "error.forbidden")
	}
	if err == nil && len(c.key) > 255 {
		err = errs.InvalidField("Idempotency-Key", "error.too_long", "max", 255)
	}
	if err != nil {
		p := a.fault(c.Printer, err)
		if p.Status == http.StatusUnauthorized {
			ctx.SetHeader("WWW-Authenticate", `Bearer realm="akrab"`)
		}
		ctx.SetHeader("Content-Type", problemType)
		ctx.SetStatus(p.Status)
		ctx.BodyWriter().Write(p.json())
		return
	}
	next(ctx)
}

// caller returns who shows a token. The caller has a language even if the
// token is refused.
func (a *API) caller(ctx context.Context, authorization, language string) (*caller, error) {
	lang := locale.Negotiate(language)
	if language == "" {
		lang = locale.EN
	}
	c := &caller{}
	set := workspace.Default()
	kind, text, _ := strings.Cut(authorization, " ")
	err := a.DB.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) {
		if set, err = workspace.Get(ctx, tx); err != nil {
			return err
		}
		if !strings.EqualFold(kind, "Bearer") || text == "" {
			return errs.New(errs.Signin, "api.token")
		}
		c.Identity, err = team.ByToken(ctx, tx, strings.TrimSpace(text))
		return err
	})
	c.in = set.Locale()
	c.Printer = a.Catalogue.Printer(lang, c.in)
	if err == nil && c.Due(a.DB.Now()) {
		err = a.DB.Write(ctx, db.Op{}, func(tx *db.Tx) error { return team.Touch(ctx, tx, &c.Identity, "") })
	}
	return c, err
}

// answer is what an operation answers.
type answer struct {
	status int
	header map[string]string
	body   []byte
}

func jsonAnswer(status int, v any) (*answer, error) {
	var body []byte
	var err error
	if m, ok := v.(json.Marshaler); ok {
		body, err = m.MarshalJSON() // json.Marshal would check what we wrote, byte by byte
	} else {
		body, err = json.Marshal(v)
	}
	return &answer{status: status, body: body}, err
}

func (n *answer) with(name, value string) *answer {
	if n.header == nil {
		n.header = map[string]string{}
	}
	n.header[name] = value
	return n
}

// operation describes an operation for add.
type operation struct {
	method, path, id, summary, text string
	need                            team.Perm
	out                             any // value of the type that is answered; nil for nothing
	status                          int
}

// add registers an operation whose input is of type I.
func add[I any](a *API, o operation, h func(ctx context.Context, c *caller, in *I) (*answer, error)) {
	a.ops = append(a.ops, Operation{o.method, o.path, o.need})
	op := huma.Operation{
		OperationID: o.id, Method: o.method, Path: o.path, Summary: o.summary, Description: o.text,
		Security: []map[string][]string{{"token": {}}}, Metadata: map[string]any{permKey: o.need},
		MaxBodyBytes: maxBody, Responses: map[string]*huma.Response{},
	}
	a.describe(&op, o)
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*huma.StreamResponse, error) {
		c := of(ctx)
		n, err := h(ctx, c, in)
		if err != nil {
			return nil, a.fault(c.Printer, err)
		}
		return &huma.StreamResponse{Body: func(hc huma.Context) {
			for name, value := range n.header {
				hc.SetHeader(name, value)
			}
			if len(n.body) > 0 && n.header["Content-Type"] == "" {
				hc.SetHeader("Content-Type", "application/json")
			}
			hc.SetStatus(n.status)
			hc.BodyWriter().Write(n.body)
		}}, nil
	})
	a.takes(&o)
}

// takes corrects what the description says that an operation can be sent. Of a
// handler that reads the bytes of its JSON too huma says that any bytes will do.
func (a *API) takes(o *operation) {
	post := a.huma.OpenAPI().Paths[o.path].Post
	if o.method != "POST" || post.RequestBody == nil || post.RequestBody.Content["application/json"] == nil {
		return
	}
	delete(post.RequestBody.Content, "application/octet-stream")
}

// describe fills in what the operation answers.
func (a *API) describe(op *huma.Operation, o operation) {
	reg := a.huma.OpenAPI().Components.Schemas
	ok := &huma.Response{Description: http.StatusText(o.status)}
	if o.out != nil {
		ok.Content = map[string]*huma.MediaType{"application/json": {Schema: reg.Schema(reflect.TypeOf(o.out), true, "")}}
	}
	op.Responses[strconv.Itoa(o.status)] = ok
	fault := reg.Schema(reflect.TypeFor[problem](), true, "")
	for _, status := range []int{400, 401, 403, 404, 409, 412, 413, 422} {
		op.Responses[strconv.Itoa(status)] = &huma.Response{
			Description: http.StatusText(status), Content: map[string]*huma.MediaType{problemType: {Schema: fault}},
		}
	}
	if o.method != "GET" {
		op.Parameters = append(op.Parameters, &huma.Param{
			Name: "Idempotency-Key", In: "header", Schema: &huma.Schema{Type: "string"},
			Description: "A key of your choice. The same request with the same key has its effect once, within 24 hours.",
		})
	}
}

// change runs f as an operation of the journal and returns its answer, which is
// stored under the request's Idempotency-Key, if it has one, in the same
// transaction.
func (a *API) change(ctx context.Context, c *caller, op db.Op, method, path string, body []byte, f func(tx *db.Tx) (*answer, error)) (*answer, error) {
	op.Who = c.Who()
	var n *answer
	hash := sha256.New()
	for _, part := range [][]byte{[]byte(method), []byte(path), body} {
		hash.Write(part)
		hash.Write([]byte{0})
	}
	sum := hash.Sum(nil)
	err := a.DB.Write(ctx, op, func(tx *db.Tx) (err error) {
		if c.key == "" {
			n, err = f(tx)
			return err
		}
		if n, err = c.stored(ctx, tx, sum); err != nil {
			return err
		}
		if n, err = f(tx); err != nil {
			return err
		}
		header, err := json.Marshal(n.header)
		if err != nil {
			return err
		}
		if n.body == nil {
			n.body = []byte{}
		}
		_, err = tx.Aside(ctx, `
			INSERT INTO api_idempotency (token, key, hash, status, header, body, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			c.Token, c.key, sum, n.status, string(header), n.body, db.Millis(tx.Now))
		return err
	})
	if errs.KindOf(err) == errs.Conflict && c.key != "" && err != errReplay {
		// Perhaps the same request came twice at once, and the other was quicker.
		again := a.DB.Read(ctx, op.Who, func(tx *db.Tx) error {
			old, err := c.stored(ctx, tx, sum)
			if old != nil {
				n = old
			}
			return err
		})
		if again != nil {
			err = again
		}
	}
	if err == errReplay { // nothing was to be done again, and the operation begun for it is gone
		return n.with("Idempotency-Replayed", "true"), nil
	}
	return n, err
}

// stored looks for the answer that is stored under the request's
// Idempotency-Key. If there is one its error is errReplay, or Invalid if it was
// given to another request.
func (c *caller) stored(ctx context.Context, tx *db.Tx, sum []byte) (*answer, error) {
	old, ok, err := db.Find(ctx, tx, scanStored, `
		SELECT hash, status, header, body FROM api_idempotency WHERE token = $1 AND key = $2`, c.Token, c.key)
	switch {
	case err != nil || !ok:
		return nil, err
	case !bytes.Equal(old.hash, sum):
		return nil, errs.InvalidField("Idempotency-Key", "api.key_reused")
	}
	return old.answer(), errReplay
}

// errReplay rolls back a transaction that found its answer stored.
var errReplay = errs.New(errs.Conflict, "error.conflict")

type storedAnswer struct {
	hash   []byte
	status int
	header string
	body   []byte
}

func scanStored(s db.Scanner, v *storedAnswer) error {
	return s.Scan(&v.hash, &v.status, &v.header, &v.body)
}

func (v *storedAnswer) answer() *answer {
	n := &answer{status: v.status, body: v.body}
	_ = json.Unmarshal([]byte(v.header), &n.header) // it was written by us; without headers the answer still holds
	return n
}

// Purge deletes stored answers that are older than a day.
func Purge(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, `DELETE FROM api_idempotency WHERE created_at < $1`, db.Millis(tx.Now.Add(-24*time.Hour)))
	return err
}
