package ui

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

// dist is what tools/assets makes: the bundled files under names that hold a
// hash of their content, each beside its gzipped form, and manifest.json, which
// maps plain names to those. In a clean checkout it holds only .keep.
//
//go:embed all:dist
var dist embed.FS

var manifest = sync.OnceValues(func() (map[string]string, error) {
	b, err := dist.ReadFile("dist/manifest.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("the pages' styles and scripts are not built into this program: run make assets, then build again")
	}
	if err != nil {
		return nil, err
	}
	var m map[string]string
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, fmt.Errorf("dist/manifest.json: %w", err)
	}
	return m, nil
})

// CheckAssets returns an error that says what to do if the program was built
// without the assets.
func CheckAssets() error {
	_, err := manifest()
	return err
}

// asset returns the address of an asset: "app.css" → "/assets/app-3f2a9c41.css".
func asset(name string) string {
	m, _ := manifest() // without assets, pages work and look plain
	if hashed := m[name]; hashed != "" {
		name = hashed
	}
	return "/assets/" + name
}

// AssetHandler serves the assets under /assets/. As their names change with
// their content, browsers keep them for a year.
func AssetHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		SecurityHeaders(w.Header())
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
			return
		}
		name := path.Clean(strings.TrimPrefix(r.URL.Path, "/assets/"))
		if name == "manifest.json" || strings.HasSuffix(name, ".gz") || strings.HasPrefix(name, ".") {
			http.NotFound(w, r)
			return
		}
		serveAsset(w, r, "dist/"+name)
	})
}

func serveAsset(w http.ResponseWriter, r *http.Request, file string) {
	b, err := dist.ReadFile(file)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", contentType(file))
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	if acceptsGzip(r) {
		if z, err := dist.ReadFile(file + ".gz"); err == nil {
			b = z
			h.Set("Content-Encoding", "gzip")
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(b)))
	if r.Method == http.MethodHead {
		return
	}
	w.Write(b) // an error means that the browser has gone
}

func contentType(file string) string {
	switch path.Ext(file) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	}
	if t := mime.TypeByExtension(path.Ext(file)); t != "" {
		return t
	}
	return "application/octet-stream"
}
