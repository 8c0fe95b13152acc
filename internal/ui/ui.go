// Package ui is the ground of all pages: routes and their permissions, the
// frame around a page, the parts that pages are made of, and how an answer
// reaches the browser.
//
// Every address renders a whole page. When htmx asks for a part of it, the same
// handler renders the same page and [Render] sends only the templ fragment that
// the request names, so a page has one handler and one template whether or not
// scripts run. A form that is refused answers 422 with the whole form, one that
// is accepted answers 303, and GET changes nothing.
//
// Pages contain no inline script and no style attributes, because the
// Content-Security-Policy allows neither: looks that depend on data use the
// classes v-0…v-100 and hue-N, behaviour hangs on data attributes that the one
// script bundle knows (see assets/app.js).
//
// Components that many pages use are marked go:noinline: what templ makes of
// one is a function that returns a closure, small enough to be inlined always,
// and each caller would get a copy of the whole closure (24 kB for an Input).
package ui

import (
	"context"
	"embed"
	"net/http"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
)

// Text holds the messages of this package, in text/id.json and text/en.json.
//
//go:embed text/*.json
var Text embed.FS

// A Perm is a permission that a route needs, for example "customers.write".
type Perm string

// Permissions that are not rights of a role.
const (
	Public Perm = ""     // anyone, signed in or not
	Self   Perm = "self" // any signed-in user
)

// A Handler serves one route. If it returns an error it must have written
// nothing; the error becomes a page, or a toast where only a part of the page
// was asked for.
type Handler func(w http.ResponseWriter, r *Req) error

// A Route is one line of a module's route table. Tables are data, so that a
// test can visit every route of Akrab.
type Route struct {
	Pattern string // as for http.ServeMux: "GET /deals/{id}"
	Need    Perm
	Handler Handler
	MaxBody int64 // most bytes of a request's body; 0 means 1 MiB
}

// GET returns a route that shows a page.
func GET(path string, need Perm, h Handler) Route {
	return Route{Pattern: "GET " + path, Need: need, Handler: h}
}

// POST returns a route that changes something.
func POST(path string, need Perm, h Handler) Route {
	return Route{Pattern: "POST " + path, Need: need, Handler: h}
}

// A Visitor is who looks at a page, and how they like it.
type Visitor struct {
	Who       db.Who
	Session   ids.ID // zero if nobody is signed in
	Name      string
	Email     string      // shown in the user menu; may be empty
	Lang      locale.Lang // empty: negotiated from Accept-Language
	Theme     string      // "light", "dark", or "" to follow the system
	Density   string      // "compact", "comfortable", or "" for the middle
	Shortcuts bool        // whether single keys act
	NavFolded bool        // whether the sidebar is a rail

	// Can reports whether the visitor has a permission. If nil, none.
	Can func(Perm) bool
}

// An Auth finds who makes a request. It returns a Signin error, and what it
// knows of their taste (language, theme), if nobody is signed in. It may set
// cookies.
type Auth func(w http.ResponseWriter, r *http.Request) (Visitor, error)

// A View is what every template needs: the language, the visitor, the frame.
type View struct {
	*locale.Printer
	Visitor
	Lang   locale.Lang
	Path   string // the page's path and query
	Now    time.Time
	Brand  string // name of the workspace
	Nav    []NavItem
	Pinned []Pin
	Toast  *Toast // what the last action did; nil if nothing

	unseen func(context.Context, *View) int // what the bell counts; nil for no bell
}

// May reports whether the visitor has the permission.
func (v *View) May(p Perm) bool {
	switch {
	case p == Public:
		return true
	case v.Session.IsZero():
		return false
	case p == Self:
		return true
	}
	return v.Can != nil && v.Can(p)
}

// A NavItem is a line of the sidebar.
type NavItem struct {
	Key   string // what PageOptions.At names, for example "customers"
	Label string // message key
	Href  string
	Icon  string
	Perm  Perm
	Group string // message key of the heading above it; "" for the first lines, NavFoot for the foot
	Keys  string // shortcut, for example "g c"; may be empty
	Bar   bool   // whether it is among the five of the telephone's bar; the others are in the visitor's menu there

	// Count returns a number shown beside the label, for example of open tasks;
	// 0 shows nothing. It runs on every page: it must be cheap. May be nil.
	Count func(ctx context.Context, v *View) (n int64, hot bool)
}

// NavFoot as a NavItem's Group puts it at the foot of the sidebar.
const NavFoot = "foot"

// A Pin is a record that the visitor keeps in the sidebar.
type Pin struct {
	Name string
	Href string
	Org  bool
}

// Addresses that the frame's controls post to or lead to. Another package
// serves them.
const (
	PathSignin     = "/signin"
	PathSignout    = "/signout"
	PathTheme      = "/me/theme"       // POST theme=light|dark|system
	PathLanguage   = "/me/language"    // POST lang=id|en; for visitors who are not signed in too
	PathSidebar    = "/me/sidebar"     // POST folded=0|1
	PathSettings   = "/me"             // the visitor's own settings
	PathSearch     = "/search"         // GET q=
	PathPeople     = "/notices/people" // GET q=: colleagues whom what was typed after an @ may mean
	PathOperations = "/operations"     // what was done; with /{id} one of it, with /undo behind (POST) takes it back
	PathNotices    = "/notices"        // what the visitor was told
	PathNews       = "/notices/news"   // the latest of it, for the bell's menu
	PathBell       = "/notices/bell"   // BellPart; pages ask for it by themselves, so it shows nobody's presence
)
