package listweb_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"
	"time"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/list/listweb"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/sheet"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/views"
)

// The tests show the list of a shelf of books.
var modules = []db.Module{journal.Module, team.Module, views.Module, {
	Name: "shelf",
	Schema: fstest.MapFS{"schema/001-shelf.sql": {Data: []byte(`
CREATE TABLE book (
  id        UUID PRIMARY KEY,
  title     TEXT NOT NULL,
  title_key TEXT NOT NULL,
  genre     TEXT NOT NULL,
  price     BIGINT NOT NULL,
  pages     BIGINT,
  read      BOOLEAN NOT NULL,
  bought_on TEXT,
  lent_at   BIGINT,
  owner_id  UUID
);
CREATE INDEX book_title_key ON book (title_key, id, owner_id);
CREATE INDEX book_genre ON book (genre, title_key, id, owner_id);
CREATE TABLE book_tag (
  book_id UUID NOT NULL REFERENCES book (id) DEFERRABLE INITIALLY DEFERRED,
  tag     TEXT NOT NULL,
  PRIMARY KEY (book_id, tag)
) WITHOUT ROWID;
CREATE INDEX book_tag_tag ON book_tag (tag, book_id);
`)}},
}}

type book struct {
	id     ids.ID
	title  string
	genre  string
	price  int64
	pages  int64
	read   bool
	bought string
	lent   time.Time
	owner  ids.ID
	tags   []string // read by complete
}

func scanBook(s db.Scanner, b *book) error {
	var lent int64
	err := s.Scan(&b.id, &b.title, &b.genre, &b.price, &b.pages, &b.read, &b.bought, &lent, &b.owner)
	b.lent = db.Time(lent)
	return err
}

var books = list.Def[book]{
	Name: "book", From: `book b`, ID: `b.id`, Owner: `b.owner_id`,
	Select: `b.id, b.title, b.genre, b.price, b.pages, b.read, b.bought_on, b.lent_at, b.owner_id`, Scan: scanBook,
	Columns: []list.Column{
		{Key: "title", Label: "book.title", Type: list.Name, SQL: `b.title_key`, Sort: true},
		{Key: "genre", Label: "book.genre", Type: list.Choice, SQL: `b.genre`, Choices: []list.Option{
			{Value: "novel", Label: "book.genre.novel"}, {Value: "poem", Label: "book.genre.poem"}, {Value: "essay", Label: "book.genre.essay"}}},
		{Key: "price", Label: "book.price", Type: list.Money, SQL: `b.price`, Sort: true},
		{Key: "pages", Label: "book.pages", Type: list.Number, SQL: `b.pages`, Null: true, Sort: true, Hidden: true},
		{Key: "read", Label: "book.read", Type: list.Bool, SQL: `b.read`, Hidden: true},
		{Key: "bought", Label: "book.bought", Type: list.Date, SQL: `b.bought_on`, Null: true, Sort: true},
		{Key: "lent", Label: "book.lent", Type: list.Time, SQL: `b.lent_at`, Null: true, Hidden: true},
		{Key: "owner", Label: "book.owner", Type: list.User, SQL: `b.owner_id`, Null: true, Hidden: true},
		{Key: "tag", Label: "book.tag", Type: list.Plain, SQL: `t.tag`, From: `book_tag t`, Link: `t.book_id`, Hidden: true},
		{Key: "series", Label: "book.series", Type: list.Ref, SQL: `b.id`, Filter: true},
	},
	Fast:    []list.Pair{{Sort: "title"}, {Filter: "genre", Sort: "title"}},
	Default: "title",
}

var rina = ids.MustParse("01900000-0000-7000-8000-00000000aaaa")

var shelf = listweb.Table[book]{
	Def: &books, Path: "/books", Caption: "book.list", Bulk: true,
	Row: func(v *ui.View, b *book) ui.Row {
		return ui.Row{ID: b.id.String(), Label: b.title, Href: "/books/" + b.id.String()}
	},
	Cell: func(v *ui.View, b *book, key string, col ui.Column) templ.Component {
		switch key {
		case "title":
			return ui.NameCell(col, b.title, "/books/"+b.id.String(), false)
		case "genre":
			return listweb.TextCell(col, v.T("book.genre."+b.genre))
		case "price":
			return listweb.TextCell(col, v.Money(money.Amount{Minor: b.price, Currency: money.Rupiah}))
		case "pages":
			return listweb.TextCell(col, v.Num(b.pages))
		case "bought":
			return listweb.TextCell(col, v.DateOnly(b.bought))
		case "tag":
			return listweb.TextCell(col, v.List(b.tags))
		}
		return listweb.TextCell(col, "")
	},
	Value: func(v *ui.View, b *book, key string) sheet.Cell {
		switch key {
		case "title":
			return sheet.Cell{Text: b.title}
		case "genre":
			return sheet.Cell{Text: v.T("book.genre." + b.genre)}
		case "price":
			return sheet.Cell{Text: fmt.Sprint(b.price), Type: sheet.Number}
		case "bought":
			return sheet.Cell{Text: b.bought, Type: sheet.Date}
		case "tag":
			return sheet.Cell{Text: v.List(b.tags)}
		}
		return sheet.Cell{}
	},
	Complete: func(ctx context.Context, tx *db.Tx, rows []book) error {
		for i := range rows {
			var err error
			rows[i].tags, err = db.List(ctx, tx, db.One[string], `SELECT tag FROM book_tag WHERE book_id = $1 ORDER BY tag`, rows[i].id)
			if err != nil {
				return err
			}
		}
		return nil
	},
	Looks: map[string]listweb.Look{
		"title": {Class: "key"}, "genre": {P: 3, Icon: "tag"}, "price": {P: 2, Right: true}, "bought": {P: 4, Class: "muted"},
	},
	Options: func(ctx context.Context, tx *db.Tx, v *ui.View, c *list.Column) ([]ui.Option, error) {
		switch c.Key {
		case "owner":
			return []ui.Option{{Value: rina.String(), Label: "Rina Kusuma"}}, nil
		case "tag":
			return []ui.Option{{Value: "bekas"}, {Value: "hadiah"}}, nil
		}
		return nil, nil
	},
	NameOf: func(ctx context.Context, tx *db.Tx, c *list.Column, value string) (string, error) {
		return "Tetralogi Buru", nil
	},
	Views: []listweb.View{{Key: "all", Title: "book.all"}, {Key: "poems", Title: "book.poems", Query: "f=genre:eq:poem&sort=-price"}},
	Side: func(ctx context.Context, tx *db.Tx, r *ui.Req, id ids.ID) (*ui.SideCard, error) {
		rows, err := books.Rows(ctx, tx, []ids.ID{id})
		if err != nil || len(rows) == 0 {
			return nil, errs.New(errs.NotFound, "error.not_found").Because(err)
		}
		return &ui.SideCard{Title: rows[0].title, Href: "/books/" + id.String(), Body: templ.Raw("<p class=pad>Isi</p>")}, nil
	},
}

var shelfTexts = fstest.MapFS{
	"text/id.json": {Data: []byte(`{"book.list": "Buku", "book.all": "Semua buku", "book.poems": "Puisi termahal", "book.title": "Judul", "book.genre": "Jenis", "book.genre.novel": "Novel", "book.genre.poem": "Puisi", "book.genre.essay": "Esai", "book.price": "Harga", "book.pages": "Halaman", "book.read": "Sudah dibaca", "book.bought": "Dibeli", "book.lent": "Dipinjamkan", "book.owner": "Penanggung jawab", "book.tag": "Label", "book.series": "Seri"}`)},
	"text/en.json": {Data: []byte(`{"book.list": "Books", "book.all": "All books", "book.poems": "Dearest poems", "book.title": "Title", "book.genre": "Genre", "book.genre.novel": "Novel", "book.genre.poem": "Poem", "book.genre.essay": "Essay", "book.price": "Price", "book.pages": "Pages", "book.read": "Read", "book.bought": "Bought", "book.lent": "Lent", "book.owner": "Owner", "book.tag": "Tag", "book.series": "Series"}`)},
}

// A site serves the shelf.
type site struct {
	http.Handler
	db     *db.DB
	lang   locale.Lang
	who    team.User
	share  bool     // whether they may share views
	chosen []ids.ID // by the last bulk action
}

// newSite returns a site with n books: novels, but for every tenth, which are
// poems and gifts.
func newSite(t *testing.T, n int) *site {
	t.Helper()
	cat, err := locale.Load(ui.Text, list.Text, listweb.Text, sheet.Text, views.Text, shelfTexts)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{db: dbtest.Open(t, modules...), lang: locale.ID, who: team.User{ID: rina, Name: "Rina Kusuma", Email: "rina@example.co.id"}, share: true}
	err = s.db.Write(t.Context(), db.Op{Why: "user.create"}, func(tx *db.Tx) error {
		return team.FirstAdministrator(t.Context(), tx, views.Permissions, &s.who, team.Password{})
	})
	if err != nil {
		t.Fatal(err)
	}
	s.fill(t, n)
	mux := http.NewServeMux()
	mux.Handle("/assets/", ui.AssetHandler())
	mux.Handle("/", ui.NewMux(ui.MuxOptions{
		Auth: func(http.ResponseWriter, *http.Request) (ui.Visitor, error) {
			return ui.Visitor{Who: db.Who{User: s.who.ID, Name: s.who.Name}, Session: s.who.ID, Name: s.who.Name, Lang: s.lang, Shortcuts: true,
				Can: func(ui.Perm) bool { return s.share }}, nil
		},
		Printer: func(l locale.Lang) *locale.Printer { return cat.Printer(l, locale.Workspace{}) },
		Now:     func() time.Time { return dbtest.Now },
		Log:     slog.New(slog.DiscardHandler),
	}, []ui.Route{
		ui.GET("/books", ui.Self, s.list),
		ui.GET("/books/export", ui.Self, s.export),
		ui.POST("/books/burn", ui.Self, s.burn),
		ui.POST("/operations/{id}/undo", ui.Self, s.undo),
	}, (&listweb.Pages{DB: s.db}).Routes()))
	s.Handler = mux
	return s
}

func (s *site) fill(t *testing.T, n int) {
	t.Helper()
	ctx := t.Context()
	err := s.db.Write(ctx, db.Op{}, func(tx *db.Tx) error {
		var gifts [][]any
		i := -1
		err := tx.Copy(ctx, `book`, []string{"id", "title", "title_key", "genre", "price", "pages", "read", "bought_on", "lent_at", "owner_id"}, func() ([]any, bool) {
			if i++; i == n {
				return nil, false
			}
			id, title, genre := ids.New(dbtest.Now), fmt.Sprintf("Buku %03d", i), "novel"
			if i%10 == 0 {
				genre = "poem"
				gifts = append(gifts, []any{id, "hadiah"})
			}
			if i == 7 {
				title = `=cmd|'/c calc'!A0 <script>`
			}
			return []any{id, title, fold.SortKey(title), genre, 1000 * i, i, i%2 == 0, fmt.Sprintf("2026-02-%02d", i%28+1), db.Millis(dbtest.Now), rina}, true
		})
		if err != nil {
			return err
		}
		return tx.Copy(ctx, `book_tag`, []string{"book_id", "tag"}, func() ([]any, bool) {
			if len(gifts) == 0 {
				return nil, false
			}
			gift := gifts[0]
			gifts = gifts[1:]
			return gift, true
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (s *site) list(w http.ResponseWriter, r *ui.Req) error {
	if done, err := shelf.Redirect(w, r, s.db); done || err != nil {
		return err
	}
	p, err := shelf.Load(r.Context(), s.db, r)
	if err != nil {
		return err
	}
	return ui.Render(w, r, p.Status(), shelfPage(r.View, p))
}

func (s *site) export(w http.ResponseWriter, r *ui.Req) error { return shelf.Export(w, r, s.db) }

func (s *site) burn(w http.ResponseWriter, r *ui.Req) error {
	sel, err := listweb.Selected(r)
	if err != nil {
		return err
	}
	err = s.db.Read(r.Context(), r.Who, func(tx *db.Tx) error {
		s.chosen, err = shelf.IDs(r.Context(), tx, sel)
		return err
	})
	if err != nil {
		return err
	}
	if len(s.chosen) == 0 {
		return errs.New(errs.NotFound, "error.not_found")
	}
	return ui.Redirect(w, r, r.Back("/books"))
}

func (s *site) undo(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	if _, err := journal.Undo(r.Context(), s.db, r.Who, id, nil); err != nil {
		return err
	}
	return ui.Redirect(w, r, r.Back("/books"))
}

// shelfPage is the page of the shelf, in Go: tests have no templates.
func shelfPage(v *ui.View, p *listweb.Page) templ.Component {
	bulk := templ.Raw(`<button class="btn sm" formaction="/books/burn">Bakar</button>`)
	body := templ.Join(ui.PageHead("Buku", ""), with(p.Show(v), bulk))
	return with(ui.Layout(v, ui.PageOptions{Title: "Buku"}), body)
}

func (s *site) get(t *testing.T, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}
