package ui

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/a-h/templ"
	"github.com/klauspost/compress/gzip"
)

// Render answers with a page, or with the fragment of it that the request
// asks for: the one named as the id of the element to be replaced. A page that
// has no such fragment is sent whole and replaces the whole page. If the
// template fails, nothing is written.
func Render(w http.ResponseWriter, r *Req, status int, page templ.Component) error {
	buf := buffers.Get().(*bytes.Buffer)
	defer func() { buf.Reset(); buffers.Put(buf) }()

	target := r.Target()
	if r.Partial() && target != "" {
		if err := templ.RenderFragments(r.Context(), buf, page, target); err != nil {
			return err
		}
		if buf.Len() > 0 {
			return send(w, r, status, buf, true)
		}
		w.Header().Set("HX-Retarget", "body")
		w.Header().Set("HX-Reswap", "outerSync")
	}
	if err := page.Render(r.Context(), buf); err != nil {
		return err
	}
	return send(w, r, status, buf, false)
}

// Fragment marks its children as the part of a page that Render sends when a
// request asks for the element of that id. Use it, and not templ.Fragment:
// under that, a component called without children would show the fragment
// again in their place, as templ.Fragment leaves them in the context.
func Fragment(id string) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		children := templ.GetChildren(ctx)
		alone := templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
			return children.Render(templ.ClearChildren(ctx), w)
		})
		return templ.Fragment(id).Render(templ.WithChildren(ctx, alone), w)
	})
}

// RenderPart answers with a component as it is, without a page around it: for
// addresses that only scripts ask for.
func RenderPart(w http.ResponseWriter, r *Req, status int, part templ.Component) error {
	buf := buffers.Get().(*bytes.Buffer)
	defer func() { buf.Reset(); buffers.Put(buf) }()
	if err := part.Render(r.Context(), buf); err != nil {
		return err
	}
	return send(w, r, status, buf, true)
}

// send writes the answer. A part carries the toast with it; a whole page has
// it in its frame.
func send(w http.ResponseWriter, r *Req, status int, buf *bytes.Buffer, part bool) error {
	if r.View.Toast != nil {
		if part {
			if err := toastPart(r.View).Render(r.Context(), buf); err != nil {
				return err
			}
		}
		dropFlash(w, r.Request)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "HX-Request-Type, HX-Target, Accept-Language, Accept-Encoding, Cookie")
	if buf.Len() < 1024 || !acceptsGzip(r.Request) {
		h.Set("Content-Length", strconv.Itoa(buf.Len()))
		w.WriteHeader(status)
		_, err := w.Write(buf.Bytes())
		return ignoreGone(err)
	}
	h.Set("Content-Encoding", "gzip")
	w.WriteHeader(status)
	z := zippers.Get().(*gzip.Writer)
	defer zippers.Put(z)
	z.Reset(w)
	if _, err := z.Write(buf.Bytes()); err != nil {
		return ignoreGone(err)
	}
	return ignoreGone(z.Close())
}

// ignoreGone drops an error of writing to the browser: the header is written,
// so there is nobody left to tell.
func ignoreGone(error) error { return nil }

var (
	buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}
	// Level 1: pages shrink to a fifth at a third of the default level's time.
	zippers = sync.Pool{New: func() any { z, _ := gzip.NewWriterLevel(io.Discard, 1); return z }}
)

func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, q, _ := strings.Cut(part, ";")
		if strings.TrimSpace(name) == "gzip" {
			q = strings.ReplaceAll(q, " ", "")
			return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
		}
	}
	return false
}

// Redirect sends the browser to another page after something was done. Where
// only a part of this very page was asked for, the part is rendered anew;
// another page is loaded whole.
func Redirect(w http.ResponseWriter, r *Req, to string) error {
	if r.Partial() && !samePage(r, to) {
		w.Header().Set("HX-Redirect", to)
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusOK)
		return nil
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r.Request, to, http.StatusSeeOther)
	return nil
}

func samePage(r *Req, to string) bool {
	at, err := url.Parse(r.Header.Get("HX-Current-URL"))
	if err != nil {
		return false
	}
	u, err := url.Parse(to)
	return err == nil && u.Path == at.Path
}

// Done answers an action that the page has already shown, such as a change of
// theme: nothing for a script, else back to the page.
func Done(w http.ResponseWriter, r *Req, def string) error {
	if r.Partial() {
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return Redirect(w, r, r.Back(def))
}

// Page puts the frame around a page's content.
func Page(v *View, opt PageOptions, body templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return Layout(v, opt).Render(templ.WithChildren(ctx, body), w)
	})
}
