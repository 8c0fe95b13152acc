// Assets bundles what browsers get into internal/ui/dist: the styles, the
// script with htmx, the fonts and the icons, minified, under names that hold a
// hash of their content, each beside its gzipped form where that is smaller.
// manifest.json maps plain names to those.
//
// Usage, anywhere in the repository, after npm ci:
//
//	go run ./tools/assets
package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "assets:", err)
		os.Exit(1)
	}
}

// packages are the parts of others that the bundle contains, whose licences
// travel with it.
var packages = []string{"htmx.org", "@fontsource-variable/inter", "@fontsource-variable/plus-jakarta-sans"}

func run() error {
	root, err := findRoot()
	if err != nil {
		return err
	}
	src, dist := filepath.Join(root, "internal/ui/assets"), filepath.Join(root, "internal/ui/dist")
	for _, p := range packages {
		if _, err := os.Stat(filepath.Join(root, "node_modules", p)); err != nil {
			return errors.New(p + " is not installed: run npm ci first")
		}
	}
	files, err := bundle(root, src)
	if err != nil {
		return err
	}
	for _, name := range []string{"icons.svg", "favicon.svg"} {
		b, err := os.ReadFile(filepath.Join(src, name))
		if err != nil {
			return err
		}
		files = append(files, file{name, bytes.TrimSpace(b)})
	}
	licences, err := licences(root)
	if err != nil {
		return err
	}
	return write(dist, append(files, file{"licences.txt", licences}))
}

// findRoot returns the directory at or above the present one that holds go.mod.
func findRoot() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, statErr := os.Stat(filepath.Join(dir, "go.mod")); statErr == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			err = errors.New("no go.mod here or above")
		}
		dir = up
	}
	return "", err
}

// A file is what goes into dist, under its plain name or, if esbuild made it,
// its final one.
type file struct {
	name    string
	content []byte
}

// bundle returns what esbuild makes of app.css and app.js, with their final
// names.
func bundle(root, src string) ([]file, error) {
	result := api.Build(api.BuildOptions{
		EntryPoints:       []string{filepath.Join(src, "app.css"), filepath.Join(src, "app.js")},
		AbsWorkingDir:     root,
		NodePaths:         []string{filepath.Join(root, "node_modules")},
		Outdir:            filepath.Join(root, "internal/ui/dist"),
		Bundle:            true,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		Format:            api.FormatIIFE,
		Target:            api.ES2022,
		Charset:           api.CharsetUTF8,
		LegalComments:     api.LegalCommentsNone, // licences.txt holds them
		EntryNames:        "[name]-[hash]",
		AssetNames:        "[name]-[hash]",
		Loader:            map[string]api.Loader{".woff2": api.LoaderFile},
		Plugins:           []api.Plugin{generated},
	})
	if len(result.Errors) > 0 {
		return nil, errors.New(strings.Join(api.FormatMessages(result.Errors, api.FormatMessagesOptions{}), "\n"))
	}
	for _, w := range api.FormatMessages(result.Warnings, api.FormatMessagesOptions{Kind: api.WarningMessage}) {
		fmt.Fprint(os.Stderr, w)
	}
	var files []file
	for _, f := range result.OutputFiles {
		files = append(files, file{filepath.Base(f.Path), f.Contents})
	}
	return files, nil
}

// generated answers the import "akrab:generated" with the classes that stand
// for figures, since pages have no style attributes: v-0…v-100 for shares in
// percent, hue-185…hue-345 for the colours of identities.
var generated = api.Plugin{Name: "generated", Setup: func(b api.PluginBuild) {
	b.OnResolve(api.OnResolveOptions{Filter: `^akrab:generated$`}, func(api.OnResolveArgs) (api.OnResolveResult, error) {
		return api.OnResolveResult{Path: "generated", Namespace: "akrab"}, nil
	})
	b.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: "akrab"}, func(api.OnLoadArgs) (api.OnLoadResult, error) {
		css := generatedClasses()
		return api.OnLoadResult{Contents: &css, Loader: api.LoaderCSS}, nil
	})
}}

func generatedClasses() string {
	var b strings.Builder
	b.WriteString("@layer utilities {\n")
	for v := range 101 {
		fmt.Fprintf(&b, ".v-%d { --v: %d }\n", v, v)
	}
	for h := 185; h <= 345; h += 5 {
		fmt.Fprintf(&b, ".hue-%d { --h: %d }\n", h, h)
	}
	b.WriteString("}\n")
	return b.String()
}

// licences returns the licences of the packages in the bundle.
func licences(root string) ([]byte, error) {
	var b bytes.Buffer
	for _, p := range packages {
		text, err := os.ReadFile(filepath.Join(root, "node_modules", p, "LICENSE"))
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "==== %s ====\n\n%s\n\n", p, bytes.TrimSpace(text))
	}
	return b.Bytes(), nil
}

// write replaces what dist holds by the files, their gzipped forms and the
// manifest.
func write(dist string, files []file) error {
	if err := clean(dist); err != nil {
		return err
	}
	manifest := make(map[string]string)
	slices.SortFunc(files, func(a, b file) int { return cmp.Compare(a.name, b.name) })
	for _, f := range files {
		plain, final := names(f)
		manifest[plain] = final
		if err := os.WriteFile(filepath.Join(dist, final), f.content, 0o644); err != nil {
			return err
		}
		z, err := zip(f.content)
		if err != nil {
			return err
		}
		size := fmt.Sprintf("%7d", len(f.content))
		// A font is compressed already: its zipped form would only take room.
		if len(z) < len(f.content)*9/10 {
			if err := os.WriteFile(filepath.Join(dist, final+".gz"), z, 0o644); err != nil {
				return err
			}
			size += fmt.Sprintf(" %6d gz", len(z))
		}
		fmt.Printf("%-48s %s\n", final, size)
	}
	b, err := json.MarshalIndent(manifest, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dist, "manifest.json"), append(b, '\n'), 0o644)
}

// clean empties dist, but for the file that keeps it in the repository.
func clean(dist string) error {
	if err := os.MkdirAll(dist, 0o755); err != nil {
		return err
	}
	list, err := os.ReadDir(dist)
	if err != nil {
		return err
	}
	for _, e := range list {
		if e.Name() == ".keep" {
			continue
		}
		if err := os.Remove(filepath.Join(dist, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// names returns a file's plain name and its name with a hash. Esbuild's files
// have it already: "app-3F2A9C41.css".
func names(f file) (plain, final string) {
	ext := path.Ext(f.name)
	base := strings.TrimSuffix(f.name, ext)
	if i := strings.LastIndexByte(base, '-'); i > 0 && len(base)-i-1 == 8 && base[i+1:] == strings.ToUpper(base[i+1:]) {
		return base[:i] + ext, f.name
	}
	sum := sha256.Sum256(f.content)
	return f.name, base + "-" + base32.StdEncoding.EncodeToString(sum[:5]) + ext
}

func zip(b []byte) ([]byte, error) {
	var buf bytes.Buffer
	z, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(b); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}
