package ui

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

// TestUploadsAreRemoved checks that nothing stays in the temporary directory of
// a file that was too large for memory, also if the request is a copy.
func TestUploadsAreRemoved(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	during := 0
	routes := []Route{{Pattern: "POST /up", Need: Self, MaxBody: 1 << 20, Handler: func(w http.ResponseWriter, r *Req) error {
		if err := r.ParseMultipartForm(1); err != nil {
			return err
		}
		list, err := os.ReadDir(dir)
		during = len(list)
		if r.Form.Get("fail") != "" {
			panic("on purpose")
		}
		return err
	}}}
	mux := NewMux(MuxOptions{Auth: signedIn, Printer: printer(t)}, routes)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), ctxKey{}, 1)))
	}))
	defer server.Close()
	for _, target := range []string{"/up", "/up?fail=1"} {
		var body bytes.Buffer
		m := multipart.NewWriter(&body)
		part, err := m.CreateFormFile("files", "besar.txt")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(part, strings.Repeat("x", 500_000))
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		resp, err := http.Post(server.URL+target, m.FormDataContentType(), &body)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		after, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		if during == 0 || len(after) > 0 {
			t.Errorf("%s: %d files while it was handled, %d afterwards", target, during, len(after))
		}
	}
}

type ctxKey struct{}
