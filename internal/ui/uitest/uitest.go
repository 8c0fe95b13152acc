// Package uitest lets tests use pages as people do: in a real Chromium, with
// mouse and keyboard, on a desktop and on a telephone, in light and in dark.
// What the page writes to its console as an error fails the test, and axe
// checks that everyone can use it.
//
// Where there is no Chromium, or no node_modules, tests are skipped, unless
// the environment has AKRAB_TEST_BROWSER=required.
package uitest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// patience is how long a test waits for something to appear.
const patience = 10 * time.Second

// A Browser is a window on a site. Its methods fail the test if they can't do
// what they say.
type Browser struct {
	t    testing.TB
	ctx  context.Context
	base string

	mu       sync.Mutex
	problems []string // console errors since the last check
}

// New opens a browser on the site at base, for example that of an
// httptest.Server, with a desktop's window and light colours. It ends with the
// test, which fails if a page had errors.
func New(t testing.TB, base string) *Browser {
	t.Helper()
	path := findChromium()
	if path == "" {
		skip(t, "there is no Chromium")
	}
	if findUp("node_modules/axe-core/axe.min.js") == "" {
		skip(t, "node_modules is missing: run npm ci")
	}
	opts := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.Headless, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-extensions", true),
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"),
	}
	if os.Geteuid() == 0 {
		opts = append(opts, chromedp.NoSandbox) // Chromium refuses to run as root otherwise
	}
	alloc, cancelAlloc := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, cancel := chromedp.NewContext(alloc)
	b := &Browser{t: t, ctx: ctx, base: strings.TrimSuffix(base, "/")}
	t.Cleanup(func() {
		b.checkConsole()
		if err := chromedp.Cancel(ctx); err != nil { // waits until the process has gone and its directory can be removed
			t.Logf("stop Chromium: %v", err)
		}
		cancel()
		cancelAlloc()
	})
	// The first call starts the process, with ctx's lifetime: it must not have a deadline.
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	call(b, "listen to the log", cdplog.Enable, cdp.Empty{})
	// Without it a page loaded without a window's focus would not know its own.
	call(b, "have the focus", emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	b.Desktop()
	b.Theme("light")
	return b
}

func skip(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("AKRAB_TEST_BROWSER") == "required" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

func findChromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// findUp returns the path of name in this directory or one above it, or "".
func findUp(name string) string {
	dir, err := os.Getwd()
	for err == nil {
		path := filepath.Join(dir, name)
		if _, statErr := os.Stat(path); statErr == nil {
			return path
		}
		up := filepath.Dir(dir)
		if up == dir {
			break
		}
		dir = up
	}
	return ""
}

// hear collects what the page complains about.
func (b *Browser) hear(ev any) {
	problem := ""
	switch ev := ev.(type) {
	case *page.EventJavascriptDialogOpening:
		// "Leave the page?", to which a test that goes elsewhere says yes.
		go chromedp.Call(b.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
	case *runtime.EventExceptionThrown:
		problem = "uncaught " + ev.ExceptionDetails.Text
		if x := ev.ExceptionDetails.Exception; x != nil {
			problem += " " + x.Description
		}
	case *runtime.EventConsoleAPICalled:
		if ev.Type == runtime.ConsoleAPICalledTypeError {
			var words []string
			for _, a := range ev.Args {
				words = append(words, strings.Trim(string(a.Value), `"`)+a.Description)
			}
			problem = strings.Join(words, " ")
		}
	case *cdplog.EventEntryAdded:
		if ev.Entry.Level == cdplog.EntryLevelError && !expected(ev.Entry) {
			problem = string(ev.Entry.Source) + ": " + ev.Entry.Text + " " + ev.Entry.URL
		}
	}
	if problem != "" {
		b.mu.Lock()
		b.problems = append(b.problems, problem)
		b.mu.Unlock()
	}
}

// expected reports whether an entry only says that a page answered with a
// status such as 422 or 404, which tests look at by themselves.
func expected(e *cdplog.Entry) bool {
	return e.Source == cdplog.EntrySourceNetwork && strings.Contains(e.Text, "status of 4") && !strings.Contains(e.URL, "/assets/")
}

func (b *Browser) checkConsole() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.problems {
		b.t.Errorf("browser: %s", p)
	}
	b.problems = nil
}

// Forgive drops the console errors so far, where a test provoked them.
func (b *Browser) Forgive() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.problems = nil
}

// run does an action within patience.
func run[T any](b *Browser, what string, action chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, action)
	if err != nil {
		b.t.Fatalf("%s: %v\n%s", what, err, b.where())
	}
	return v
}

// call sends a command of the protocol.
func call[P, R any](b *Browser, what string, cmd cdp.Command[P, R], params P) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if _, err := chromedp.Call(ctx, cmd, params); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
}

// where says which page is open and how it begins, for messages.
func (b *Browser) where() string {
	ctx, cancel := context.WithTimeout(b.ctx, 2*time.Second)
	defer cancel()
	s, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + (document.querySelector("main") ?? document.body).innerText.slice(0, 600)`))
	if err != nil {
		return ""
	}
	return s
}

// Open goes to a path of the site and waits until it has loaded.
func (b *Browser) Open(path string) {
	b.t.Helper()
	run(b, "open "+path, chromedp.Navigate(b.base+path))
}

// Path returns the path and query of the page that is open.
func (b *Browser) Path() string {
	b.t.Helper()
	var s string
	b.Eval(`location.pathname + location.search`, &s)
	return s
}

// WaitPath waits until the page at a path is open.
func (b *Browser) WaitPath(path string) {
	b.t.Helper()
	b.wait("wait for "+path, fmt.Sprintf(`location.pathname + location.search === %s || location.pathname === %[1]s`, quote(path)))
}

// Eval runs JavaScript and stores its result, if out isn't nil.
func (b *Browser) Eval(js string, out any) {
	b.t.Helper()
	if out == nil {
		run(b, "run script", chromedp.Evaluate[chromedp.Void](js, chromedp.EvalAwaitPromise))
		return
	}
	raw := run(b, "run script", chromedp.Evaluate[[]byte](js, chromedp.EvalAwaitPromise))
	if err := json.Unmarshal(raw, out); err != nil {
		b.t.Fatalf("script's result %s: %v", raw, err)
	}
}

// wait polls until the page has loaded and an expression is true. It survives
// navigation.
func (b *Browser) wait(what, expression string) {
	b.t.Helper()
	if !b.poll(expression) {
		b.t.Fatalf("%s: not within %v\n%s", what, patience, b.where())
	}
}

func (b *Browser) poll(expression string) bool {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(b.ctx, patience)
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.readyState === "complete" && Boolean(`+expression+`)`))
		cancel()
		if err == nil && ok {
			return true
		}
	}
	return false
}

// See waits until text stands visibly on the page.
func (b *Browser) See(text string) {
	b.t.Helper()
	b.wait("see "+text, `document.body?.innerText.replace(/\u00a0/g, " ").includes(`+quote(text)+`)`)
}

// Unsee waits until text no longer stands on the page.
func (b *Browser) Unsee(text string) {
	b.t.Helper()
	b.wait("no longer see "+text, `!document.body.innerText.replace(/\u00a0/g, " ").includes(`+quote(text)+`)`)
}

// Wait waits until an element that matches the selector is visible.
func (b *Browser) Wait(selector string) {
	b.t.Helper()
	b.wait("wait for "+selector, `[...document.querySelectorAll(`+quote(selector)+`)].some((e) => e.checkVisibility())`)
}

// Gone waits until nothing visible matches the selector.
func (b *Browser) Gone(selector string) {
	b.t.Helper()
	b.wait("wait until gone: "+selector, `![...document.querySelectorAll(`+quote(selector)+`)].some((e) => e.checkVisibility())`)
}

// Text returns the visible text of the first element that matches.
func (b *Browser) Text(selector string) string {
	b.t.Helper()
	b.Wait(selector)
	var s string
	b.Eval(`document.querySelector(`+quote(selector)+`).innerText.trim()`, &s)
	return s
}

// Value returns what a field holds, found by its label or a selector.
func (b *Browser) Value(field string) string {
	b.t.Helper()
	var s string
	b.find("field "+field, fieldJS(field))
	b.Eval(fieldJS(field)+`.value`, &s)
	return s
}

// Click clicks on what a selector finds, or on the link, button, tick or
// option with the given text or label. It uses the mouse: what is covered
// can't be clicked.
func (b *Browser) Click(what string) {
	b.t.Helper()
	x, y := b.find("click "+what, targetJS(what))
	run(b, "click "+what, chromedp.MouseClickXY(x, y))
}

// Type writes text into a field, found by its label or a selector, in the place
// of what it held.
func (b *Browser) Type(field, text string) {
	b.t.Helper()
	b.find("field "+field, fieldJS(field))
	b.Eval(`(() => { const f = `+fieldJS(field)+`; f.focus(); f.select?.(); })()`, nil)
	if text == "" {
		b.Press("Delete")
		return
	}
	call(b, "type into "+field, input.InsertText, input.InsertTextParams{Text: text})
}

// Select chooses an option of a select, by its text.
func (b *Browser) Select(field, option string) {
	b.t.Helper()
	b.find("field "+field, fieldJS(field))
	var ok bool
	b.Eval(`(() => {
		const f = `+fieldJS(field)+`, o = [...f.options].find((o) => o.text.trim() === `+quote(option)+`);
		if (!o) return false;
		f.value = o.value;
		f.dispatchEvent(new Event("input", {bubbles: true}));
		f.dispatchEvent(new Event("change", {bubbles: true}));
		return true;
	})()`, &ok)
	if !ok {
		b.t.Fatalf("select %q in %s: no such option", option, field)
	}
}

// Upload puts files into a file field, found by a selector.
func (b *Browser) Upload(selector string, paths ...string) {
	b.t.Helper()
	run(b, "upload to "+selector, chromedp.SetUploadFiles(chromedp.CSS(selector), paths))
}

// Keys that Press knows besides letters, figures and signs.
var named = map[string]string{
	"Enter": kb.Enter, "Escape": kb.Escape, "Tab": kb.Tab, "Backspace": kb.Backspace, "Delete": kb.Delete, "Space": " ",
	"Up": kb.ArrowUp, "Down": kb.ArrowDown, "Left": kb.ArrowLeft, "Right": kb.ArrowRight, "Home": kb.Home, "End": kb.End, "F8": kb.F8, "F9": kb.F9,
}

// Press presses keys one after the other: "g", "c", "Enter", "Ctrl+k",
// "Shift+x".
func (b *Browser) Press(keys ...string) {
	b.t.Helper()
	for _, k := range keys {
		var mod chromedp.Modifier
		for {
			m, rest, ok := strings.Cut(k, "+")
			if !ok || rest == "" {
				break
			}
			switch m {
			case "Ctrl":
				mod |= chromedp.ModifierCtrl
			case "Shift":
				mod |= chromedp.ModifierShift
			case "Alt":
				mod |= chromedp.ModifierAlt
			default:
				b.t.Fatalf("press %s: unknown modifier", k)
			}
			k = rest
		}
		if mod&chromedp.ModifierShift != 0 && len(k) == 1 {
			k = strings.ToUpper(k)
		}
		code := k
		if s, ok := named[k]; ok {
			code = s
		}
		for _, r := range code {
			b.key(r, mod)
		}
	}
}

// key presses and releases one key. Unlike chromedp.KeyEvent it sends the key
// and its text as one event, as a keyboard does: a page that handles the key
// prevents the text.
func (b *Browser) key(r rune, mod chromedp.Modifier) {
	b.t.Helper()
	events := kb.Encode(r)
	down, up := *events[0], *events[len(events)-1]
	down.Modifiers |= int64(mod)
	up.Modifiers |= int64(mod)
	if len(events) == 3 && mod&^chromedp.ModifierShift == 0 {
		down.Text, down.UnmodifiedText = events[1].Text, events[1].UnmodifiedText
	}
	call(b, "press a key", input.DispatchKeyEvent, down)
	call(b, "release a key", input.DispatchKeyEvent, up)
}

// Focused returns the id of the element that has the focus, or its tag's name.
func (b *Browser) Focused() string {
	b.t.Helper()
	var s string
	b.Eval(`document.activeElement?.id || document.activeElement?.tagName.toLowerCase() || ""`, &s)
	return s
}

// find waits until the JavaScript expression yields a visible element, scrolls
// it into view and returns the middle of it.
func (b *Browser) find(what, js string) (x, y float64) {
	b.t.Helper()
	var at []float64
	for range 20 { // a page that swaps may take it away in between
		b.wait(what, js)
		b.Eval(`(() => {
			const e = `+js+`;
			if (!e) return [];
			e.scrollIntoView({block: "nearest", inline: "nearest"});
			const r = e.getBoundingClientRect();
			return [r.x + r.width / 2, r.y + r.height / 2];
		})()`, &at)
		if len(at) == 2 {
			break
		}
	}
	if len(at) != 2 {
		b.t.Fatalf("%s: it is gone\n%s", what, b.where())
	}
	return at[0], at[1]
}

// isSelector tells a CSS selector from a text: it begins with # . or [, or
// holds an attribute, or is the name of a heading or a landmark.
func isSelector(s string) bool {
	switch s {
	case "h1", "h2", "main", "body", "aside", "nav":
		return true
	}
	return s != "" && (strings.ContainsRune("#.[", rune(s[0])) || strings.Contains(s, "["))
}

// targetJS returns an expression for the first visible element to be clicked.
func targetJS(what string) string {
	if isSelector(what) {
		return `[...document.querySelectorAll(` + quote(what) + `)].find((e) => e.checkVisibility())`
	}
	return `((want) => {
		const name = (e) => (e.ariaLabel || (() => { const c = e.cloneNode(true); c.querySelectorAll("kbd, .keys, .count, .vh").forEach((k) => k.remove()); return c.textContent; })() || e.title || e.value || "").replace(/\s+/g, " ").trim();
		const modal = [...document.querySelectorAll("dialog:modal")].at(-1);
		const all = [...(modal ?? document).querySelectorAll("a, button, summary, label, input[type=checkbox], input[type=radio], [role=option]")].filter((e) => e.checkVisibility());
		return all.find((e) => name(e) === want) ?? all.find((e) => name(e).startsWith(want));
	})(` + quote(what) + `)`
}

// fieldJS returns an expression for the field with a label, or a selector.
func fieldJS(field string) string {
	if isSelector(field) {
		return `[...document.querySelectorAll(` + quote(field) + `)].find((e) => e.checkVisibility())`
	}
	return `((want) => {
		const clean = (s) => (s ?? "").replace(/\s+/g, " ").trim();
		const label = [...document.querySelectorAll("label")].filter((l) => l.control?.checkVisibility());
		const named = [...document.querySelectorAll("[aria-label]")].filter((e) => e.matches("input, textarea, select") && e.checkVisibility());
		return (label.find((l) => clean(l.textContent) === want) ?? label.find((l) => clean(l.textContent).startsWith(want)))?.control
			?? named.find((e) => clean(e.ariaLabel) === want);
	})(` + quote(field) + `)`
}

func quote(s string) string {
	q, err := json.Marshal(s)
	if err != nil {
		return `""`
	}
	return string(q)
}

// Desktop makes the window 1440 by 900.
func (b *Browser) Desktop() {
	b.t.Helper()
	run(b, "be a desktop", chromedp.EmulateViewport(1440, 900))
}

// Size makes the window that many pixels wide and high.
func (b *Browser) Size(width, height int64) {
	b.t.Helper()
	run(b, "resize", chromedp.EmulateViewport(width, height))
}

// Phone makes the window that of a telephone, 390 by 844, with a touch screen.
func (b *Browser) Phone() {
	b.t.Helper()
	run(b, "be a telephone", chromedp.EmulateViewport(390, 844, chromedp.EmulateScale(2), chromedp.EmulateMobile, chromedp.EmulateTouch))
}

// Theme makes the device prefer "light" or "dark". Motion is off in both, so
// that nothing is caught half-way.
func (b *Browser) Theme(scheme string) {
	b.t.Helper()
	call(b, "prefer "+scheme, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme},
		{Name: "prefers-reduced-motion", Value: "reduce"},
	}})
}

// Script turns the page's own scripts on or off, from the next page on.
func (b *Browser) Script(on bool) {
	b.t.Helper()
	call(b, "scripts", emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
}

// Screenshot writes what the window shows to a PNG file.
func (b *Browser) Screenshot(path string) {
	b.t.Helper()
	b.Eval(`document.fonts.ready.then(() => true)`, nil)
	png := run(b, "screenshot", chromedp.CaptureScreenshot())
	if err := os.WriteFile(path, png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// axe-core's answer, as far as it is told.
type violation struct {
	ID     string `json:"id"`
	Impact string `json:"impact"`
	Help   string `json:"help"`
	Nodes  []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// Axe fails the test for everything on the page that keeps somebody from using
// it, as axe-core sees it (WCAG 2.2 A and AA, and its good practice).
func (b *Browser) Axe() {
	b.t.Helper()
	src, err := os.ReadFile(findUp("node_modules/axe-core/axe.min.js"))
	if err != nil {
		b.t.Fatal(err)
	}
	var list []violation
	// Evaluated through the debugger: the page's Content-Security-Policy stays as it is.
	b.Eval(string(src)+`;true`, nil)
	b.Eval(`axe.run(document, {resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then((r) => r.violations.map((v) => ({id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.map((n) => ({html: n.html, failureSummary: n.failureSummary}))})))`, &list)
	for _, v := range list {
		for i, n := range v.Nodes {
			if i == 3 {
				b.t.Errorf("axe %s: and %d more", v.ID, len(v.Nodes)-i)
				break
			}
			b.t.Errorf("axe %s (%s) on %s: %s\n  %s\n  %s", v.ID, v.Impact, b.Path(), v.Help, n.HTML, strings.ReplaceAll(n.Summary, "\n", "\n  "))
		}
	}
}
