package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/locale"
)

const problemType = "application/problem+json"

// problem is an error as the API answers it (RFC 9457).
type problem struct {
	Type   string  `json:"type" example:"about:blank"`
	Title  string  `json:"title" doc:"The HTTP status in words."`
	Status int     `json:"status" example:"422"`
	Detail string  `json:"detail" doc:"What is wrong, in the language of Accept-Language."`
	Errors []fault `json:"errors,omitempty" doc:"The fields at fault."`
}

// fault is what is wrong with one field.
type fault struct {
	Field   string `json:"field" example:"emails.0.value"`
	Code    string `json:"code" example:"mailaddr.invalid"`
	Message string `json:"message"`
}

func (p *problem) Error() string                { return p.Detail }
func (p *problem) GetStatus() int               { return p.Status }
func (p *problem) ContentType(ct string) string { return problemType }
func (p *problem) json() []byte {
	b, _ := json.Marshal(p) // strings and numbers can't fail
	return b
}

// statuses are the HTTP statuses of the kinds of error.
var statuses = map[errs.Kind]int{
	errs.Internal: http.StatusInternalServerError, errs.Invalid: http.StatusUnprocessableEntity, errs.NotFound: http.StatusNotFound,
	errs.Conflict: http.StatusConflict, errs.Forbidden: http.StatusForbidden, errs.Signin: http.StatusUnauthorized,
	errs.Limited: http.StatusTooManyRequests, errs.Stale: http.StatusPreconditionFailed, errs.TooLarge: http.StatusRequestEntityTooLarge,
}

// fault turns an error into a problem. What is not meant for people is logged
// and not shown.
func (a *API) fault(p *locale.Printer, err error) *problem {
	if ready, ok := errors.AsType[*problem](err); ok {
		return ready
	}
	list := errs.All(err)
	kind := errs.KindOf(err)
	if len(list) == 0 {
		a.Log.Error("request failed", "err", err)
		return newProblem(http.StatusInternalServerError, p.T("error.internal"))
	}
	out := newProblem(statuses[kind], p.Error(list[0]))
	if own, ok := errors.AsType[*statusError](err); ok {
		out.Status, out.Title = own.status, http.StatusText(own.status)
	}
	for _, e := range list {
		if e.Field != "" {
			out.Errors = append(out.Errors, fault{e.Field, e.Key, p.Error(e)})
		}
	}
	return out
}

func newProblem(status int, detail string) *problem {
	return &problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail}
}

// problem answers outside of an operation.
func (a *API) problem(w http.ResponseWriter, r *http.Request, status int, err error) {
	c, _ := a.caller(r.Context(), "", r.Header.Get("Accept-Language"))
	p := a.fault(c.Printer, err)
	p.Status, p.Title = status, http.StatusText(status)
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(status)
	w.Write(p.json())
}

var requiredProperty = regexp.MustCompile(`^expected required property (\S+) to be present`)

// fromHuma turns what huma found wrong with a request into a problem.
func fromHuma(ctx huma.Context, status int, msg string, list []error) huma.StatusError {
	var p *locale.Printer
	if ctx != nil {
		if c := of(ctx.Context()); c != nil {
			p = c.Printer
		}
	}
	if p == nil {
		return newProblem(status, msg)
	}
	out := newProblem(status, p.T("error.invalid"))
	switch status {
	case http.StatusBadRequest:
		out.Detail = p.T("api.json")
	case http.StatusRequestEntityTooLarge:
		out.Detail = p.T("error.too_large")
	case http.StatusUnsupportedMediaType:
		out.Detail = p.T("api.media_type")
	}
	for _, err := range list {
		d, ok := errors.AsType[*huma.ErrorDetail](err)
		if !ok {
			continue
		}
		field := fieldName(d.Location)
		key, name, limit := complaint(d.Message)
		if name != "" {
			field = strings.TrimPrefix(field+"."+name, ".")
		}
		out.Errors = append(out.Errors, fault{field, key, p.T(key, "text", limit)})
	}
	if len(out.Errors) > 0 && status == http.StatusUnprocessableEntity {
		out.Detail = strings.TrimPrefix(out.Errors[0].Field+": "+out.Errors[0].Message, ": ")
	}
	return out
}

// complaint returns the key of our message for one of huma's, with the name of
// the field that is missing and the limit that was passed, if it is about one.
func complaint(msg string) (key, field, limit string) {
	if m := requiredProperty.FindStringSubmatch(msg); m != nil {
		return "error.required", m[1], ""
	}
	for _, k := range complaints {
		if rest, ok := strings.CutPrefix(msg, k.says); ok {
			return k.key, "", strings.TrimSpace(rest)
		}
	}
	return "api.type", "", ""
}

// complaints are the beginnings of huma's messages that have one of ours; what
// follows is the limit, where there is one.
var complaints = []struct{ says, key string }{
	{"unexpected property", "api.unknown"},
	{"expected value to be one of", "error.choice"},
	{"expected string to be RFC 4122 uuid", "api.id"},
	{"expected string to be RFC 3339 date-time", "api.time"},
	{"expected string to be RFC 3339 date", "api.date"},
	{"expected number to be", "api.type"},
	{"expected number ", "api.range"},
	{"expected array length ", "api.items"},
	{"expected length ", "api.length"},
}

// fieldName turns huma's path, body.emails[0].value or query.limit, into ours,
// emails.0.value or limit.
func fieldName(path string) string {
	path = strings.NewReplacer("[", ".", "]", "").Replace(path)
	_, name, _ := strings.Cut(path, ".")
	return name
}
