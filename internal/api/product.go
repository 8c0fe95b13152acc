package api

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/govalues/decimal"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/search"
)

// words is a text in both languages.
type words struct {
	ID string `json:"id,omitempty" doc:"Indonesian"`
	EN string `json:"en,omitempty" doc:"English"`
}

// productFields are what programs read and write of a product.
type productFields struct {
	Code        string           `json:"code,omitempty" example:"PA-125" doc:"Unique; compared exactly, capitals included."`
	Name        words            `json:"name,omitzero"`
	Family      string           `json:"family,omitempty"`
	Tier        string           `json:"tier,omitempty" doc:"Its place within the family, in your words."`
	Unit        string           `json:"unit,omitempty" example:"pcs"`
	Price       *string          `json:"price,omitempty" example:"650000" doc:"Decimal number, of one unit without tax."`
	Cost        *string          `json:"cost,omitempty" example:"455000" doc:"Decimal number: what one unit costs you."`
	Currency    string           `json:"currency,omitempty" example:"IDR" doc:"Of price and cost; the workspace's if absent."`
	Tax         *string          `json:"tax,omitempty" example:"0.11" doc:"Rate as a decimal number; null for the workspace's."`
	Description words            `json:"description,omitzero"`
	Archived    bool             `json:"archived,omitempty" doc:"Not sold any more."`
	Offering    string           `json:"offering,omitempty" enum:"yes,out,never,sensitive" doc:"Whether it may be offered: yes, out of stock, never, or sensitive (nor is anything concluded from who buys it); yes if absent."`
	Facts       []productFact    `json:"facts,omitempty" doc:"Technical facts."`
	Complements []string         `json:"complements,omitempty" doc:"Ids of products that go with it."`
	Upgrades    []string         `json:"upgrades,omitempty" doc:"Ids of products that are the better ones."`
	Pictures    []productPicture `json:"pictures,omitempty" doc:"The first is shown alone. They are added by POST …/pictures; here they can be ordered, described and left out."`
}

type productFact struct {
	Label string `json:"label"`
	Value string `json:"value,omitempty"`
}

type productPicture struct {
	File string `json:"file_id" format:"uuid"`
	Alt  string `json:"alt,omitempty" doc:"What it shows, for those who can't see it."`
	URL  string `json:"url,omitempty" doc:"Where its content is; ignored when written."`
}

// bothWords are words as they are answered, empty or not.
type bothWords struct {
	ID string `json:"id"`
	EN string `json:"en"`
}

// product is a product as the API answers it. Everything is there, empty or not.
type product struct {
	ID          string           `json:"id" format:"uuid"`
	Code        string           `json:"code"`
	Name        bothWords        `json:"name"`
	Family      string           `json:"family"`
	Tier        string           `json:"tier"`
	Unit        string           `json:"unit"`
	Price       *string          `json:"price"`
	Cost        *string          `json:"cost"`
	Currency    string           `json:"currency"`
	Tax         *string          `json:"tax"`
	Description bothWords        `json:"description"`
	Archived    bool             `json:"archived"`
	Offering    string           `json:"offering" enum:"yes,out,never,sensitive"`
	Facts       []productFact    `json:"facts"`
	Complements []string         `json:"complements"`
	Upgrades    []string         `json:"upgrades"`
	Pictures    []productPicture `json:"pictures"`
	CreatedAt   time.Time        `json:"created_at"`
	UpdatedAt   time.Time        `json:"updated_at"`
}

type productPage struct {
	Items []product `json:"items"`
	Count *int64    `json:"count" doc:"How many there are in all; null if it was not asked for."`
	Next  *string   `json:"next" doc:"Cursor of the next page; null at the end."`
}

// priceText returns a price as a decimal number, or nil.
func priceText(p *money.Price) *string {
	if p == nil {
		return nil
	}
	s := p.String()
	return &s
}

// parsePrice reads what priceText writes, and numbers in any form of decimals.
func parsePrice(bad *errs.List, field string, s *string) *money.Price {
	if s == nil || *s == "" {
		return nil
	}
	d, err := decimal.Parse(*s)
	if err != nil {
		bad.Add(errs.InvalidField(field, "money.invalid"))
		return nil
	}
	p, err := money.PriceOf(d)
	if err != nil {
		bad.Add(errs.InvalidField(field, errs.All(err)[0].Key))
		return nil
	}
	return &p
}

// rateText returns a rate in millionths as a decimal number, or nil. Rates are
// written as prices are.
func rateText(rate *int64) *string { return priceText((*money.Price)(rate)) }

// offeredYes is how the API says that a product may be offered.
const offeredYes = "yes"

func encodeProduct(p *catalog.Product) product {
	out := product{
		ID: p.ID.String(), Code: p.Code, Name: bothWords{p.NameID, p.NameEN}, Family: p.Family, Tier: p.Tier, Unit: p.Unit,
		Price: priceText(p.Price), Cost: priceText(p.Cost), Currency: string(p.Currency), Tax: rateText(p.Tax),
		Description: bothWords{p.DescriptionID, p.DescriptionEN}, Archived: p.Archived, Offering: cmp.Or(string(p.Offering), offeredYes), CreatedAt: p.Created, UpdatedAt: p.Updated,
		Facts: make([]productFact, len(p.Facts)), Pictures: make([]productPicture, len(p.Pictures)),
		Complements: idTexts(p.Linked(catalog.Complement)), Upgrades: idTexts(p.Linked(catalog.Upgrade)),
	}
	for i, f := range p.Facts {
		out.Facts[i] = productFact{f.Label, f.Value}
	}
	for i, f := range p.Pictures {
		out.Pictures[i] = productPicture{f.File.String(), f.Alt, "/api/v1/products/" + out.ID + "/pictures/" + f.File.String()}
	}
	return out
}

func encodeProducts(rows []catalog.Product) []product {
	out := make([]product, len(rows))
	for i := range rows {
		out[i] = encodeProduct(&rows[i])
	}
	return out
}

func idTexts(list []ids.ID) []string {
	out := make([]string, len(list))
	for i, id := range list {
		out[i] = id.String()
	}
	return out
}

// fields returns what programs write, as it is.
func (p *product) fields() productFields {
	return productFields{
		p.Code, words(p.Name), p.Family, p.Tier, p.Unit, p.Price, p.Cost, p.Currency, p.Tax, words(p.Description), p.Archived, p.Offering,
		p.Facts, p.Complements, p.Upgrades, p.Pictures,
	}
}

// apply makes p what f says. Parts that are there already keep their rows.
func (f *productFields) apply(p *catalog.Product) error {
	var bad errs.List
	p.Code, p.NameID, p.NameEN, p.Family, p.Tier, p.Unit = f.Code, f.Name.ID, f.Name.EN, f.Family, f.Tier, f.Unit
	p.DescriptionID, p.DescriptionEN, p.Archived, p.Currency = f.Description.ID, f.Description.EN, f.Archived, money.Currency(f.Currency)
	p.Price, p.Cost = parsePrice(&bad, "price", f.Price), parsePrice(&bad, "cost", f.Cost)
	p.Tax = (*int64)(parsePrice(&bad, "tax", f.Tax))
	if p.Offering = catalog.Offering(f.Offering); p.Offering == offeredYes {
		p.Offering = catalog.Offered
	}
	p.Facts = keep(p.Facts, f.Facts, func(v *productFact) catalog.Fact { return catalog.Fact{Label: v.Label, Value: v.Value} },
		func(o, n *catalog.Fact) bool {
			n.N = o.N
			return o.Label == n.Label
		})
	p.SetLinked(catalog.Complement, parseIDs(&bad, "complements", f.Complements))
	p.SetLinked(catalog.Upgrade, parseIDs(&bad, "upgrades", f.Upgrades))
	p.Pictures = f.keepPictures(&bad, p.Pictures)
	return bad.Err()
}

// keepPictures returns those of old that f names, as f orders and describes
// them. Others' files can't be shown by naming them.
func (f *productFields) keepPictures(bad *errs.List, old []catalog.Picture) []catalog.Picture {
	var out []catalog.Picture
	for i, v := range f.Pictures {
		k := slices.IndexFunc(old, func(o catalog.Picture) bool { return o.File.String() == v.File })
		if k < 0 {
			bad.Add(errs.InvalidField("pictures."+strconv.Itoa(i)+".file_id", "api.picture"))
			continue
		}
		out = append(out, catalog.Picture{N: old[k].N, File: old[k].File, Thumb: old[k].Thumb, Alt: v.Alt})
	}
	return out
}

func parseIDs(bad *errs.List, field string, texts []string) []ids.ID {
	var out []ids.ID
	for i, s := range texts {
		if id := parseID(bad, field+"."+strconv.Itoa(i), &s); !id.IsZero() {
			out = append(out, id)
		}
	}
	return out
}

func (a *API) productOperations() {
	add(a, operation{method: "GET", path: "/api/v1/products", id: "list-products", summary: "List products",
		need: catalog.PermRead, out: productPage{}, status: 200}, a.listProducts)
	add(a, operation{method: "POST", path: "/api/v1/products", id: "create-product", summary: "Add a product",
		need: catalog.PermWrite, out: product{}, status: 201}, a.createProduct)
	add(a, operation{method: "GET", path: "/api/v1/products/{id}", id: "get-product", summary: "Get a product",
		need: catalog.PermRead, out: product{}, status: 200}, a.getProduct)
	add(a, operation{method: "PATCH", path: "/api/v1/products/{id}", id: "update-product", summary: "Change a product",
		text: "A JSON merge patch (RFC 7396): what is absent stays, null empties, lists are replaced; entries of a list that are the same keep their history.",
		need: catalog.PermWrite, out: product{}, status: 200}, a.patchProduct)
	add(a, operation{method: "DELETE", path: "/api/v1/products/{id}", id: "delete-product", summary: "Delete a product",
		text: "One that orders refer to is archived instead, and answered with status 200. Either can be undone for 30 days.",
		need: catalog.PermWrite, status: 204}, a.deleteProduct)
	a.pictureOperations()
}

type productsQuery struct {
	Filters []string `query:"f,explode" doc:"column:operator:value, for example family:eq:Pumps; all must hold." maxItems:"20"`
	Sort    string   `query:"sort" doc:"Column, with - before it for downwards." example:"-price"`
	Limit   int      `query:"limit" default:"50" minimum:"1" maximum:"200"`
	Cursor  string   `query:"cursor" doc:"next of an earlier page."`
	Count   bool     `query:"count" doc:"Whether to count the whole list."`
	Search  string   `query:"q" doc:"Only the best matches of a search, without other conditions."`
}

func (a *API) listProducts(ctx context.Context, c *caller, in *productsQuery) (*answer, error) {
	if in.Search != "" {
		return a.searchProducts(ctx, c, in)
	}
	q, err := list.Parse(url.Values{"f": in.Filters, "sort": {in.Sort}, "cursor": {in.Cursor}, "limit": {strconv.Itoa(in.Limit)}})
	if err != nil {
		return nil, err
	}
	q.Count, q.In = in.Count, c.in
	var page productPage
	err = a.DB.Read(ctx, c.Who(), func(tx *db.Tx) error {
		got, err := catalog.List.Page(ctx, tx, q)
		if err != nil {
			return err
		}
		if in.Count && got.Count < 0 {
			if got.Count, err = catalog.List.Count(ctx, tx, q); err != nil {
				return err
			}
		}
		if err := catalog.LoadParts(ctx, tx, got.Rows); err != nil {
			return err
		}
		page = productPage{Items: encodeProducts(got.Rows), Next: textOrNull(got.Next)}
		if in.Count {
			page.Count = &got.Count
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return jsonAnswer(http.StatusOK, page)
}

func (a *API) searchProducts(ctx context.Context, c *caller, in *productsQuery) (*answer, error) {
	var page productPage
	err := a.DB.Read(ctx, c.Who(), func(tx *db.Tx) error {
		hits, err := a.Search.Find(ctx, tx, in.Search, search.Options{Kind: "product", Limit: in.Limit})
		if err != nil {
			return err
		}
		want := make([]ids.ID, len(hits))
		for i, h := range hits {
			want[i] = h.Ref
		}
		rows, err := catalog.GetMany(ctx, tx, want)
		page.Items = encodeProducts(rows)
		return err
	})
	if err != nil {
		return nil, err
	}
	n := int64(len(page.Items))
	page.Count = &n
	return jsonAnswer(http.StatusOK, page)
}

func (a *API) getProduct(ctx context.Context, c *caller, in *RecordPath) (*answer, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	var got catalog.Product
	err = a.DB.Read(ctx, c.Who(), func(tx *db.Tx) (err error) {
		got, err = catalog.Get(ctx, tx, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	if matches(in.IfNoneMatch, got.ETag()) {
		return (&answer{status: http.StatusNotModified}).with("ETag", got.ETag()), nil
	}
	return taggedProduct(http.StatusOK, &got)
}

func taggedProduct(status int, p *catalog.Product) (*answer, error) {
	n, err := jsonAnswer(status, encodeProduct(p))
	return n.with("ETag", p.ETag()), err
}

func (a *API) createProduct(ctx context.Context, c *caller, in *struct {
	Body    productFields
	RawBody []byte
}) (*answer, error) {
	var made catalog.Product
	if err := in.Body.apply(&made); err != nil {
		return nil, err
	}
	op := db.Op{Why: "product.create", Args: map[string]any{"name": made.Name(locale.ID)}, Subject: ids.New(a.DB.Now())}
	return a.change(ctx, c, op, "POST", "/products", in.RawBody, func(tx *db.Tx) (*answer, error) {
		now := made // what is tried again begins anew
		now.ID = op.Subject
		if err := catalog.Create(ctx, tx, &now); err != nil {
			return nil, err
		}
		n, err := taggedProduct(http.StatusCreated, &now)
		return n.with("Location", "/api/v1/products/"+now.ID.String()), err
	})
}

func (a *API) patchProduct(ctx context.Context, c *caller, in *struct {
	RecordPath
	RawBody []byte `contentType:"application/merge-patch+json"`
}) (*answer, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	op := db.Op{Why: "product.update", Subject: id}
	return a.change(ctx, c, op, "PATCH", in.ID, in.RawBody, func(tx *db.Tx) (*answer, error) {
		now, err := catalog.Update(ctx, tx, id, 0, func(p *catalog.Product) error {
			if err := expect(in.IfMatch, p.ETag()); err != nil {
				return err
			}
			shown := encodeProduct(p)
			fields := shown.fields()
			if err := mergePatch(&fields, in.RawBody); err != nil {
				return err
			}
			return fields.apply(p)
		})
		if err != nil {
			return nil, err
		}
		if err := tx.SetOp(ctx, id, map[string]any{"name": now.Name(locale.ID)}); err != nil {
			return nil, err
		}
		return taggedProduct(http.StatusOK, &now)
	})
}

func (a *API) deleteProduct(ctx context.Context, c *caller, in *RecordPath) (*answer, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	op := db.Op{Why: "product.delete", Subject: id}
	return a.change(ctx, c, op, "DELETE", in.ID, nil, func(tx *db.Tx) (*answer, error) {
		if err := catalog.Lock(ctx, tx, id); err != nil {
			return nil, err
		}
		old, err := catalog.Get(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		if err := expect(in.IfMatch, old.ETag()); err != nil {
			return nil, err
		}
		if err := tx.SetOp(ctx, id, map[string]any{"name": old.Name(locale.ID)}); err != nil {
			return nil, err
		}
		_, archived, err := a.Shelf.Remove(ctx, tx, []ids.ID{id})
		if err != nil || len(archived) == 0 {
			return &answer{status: http.StatusNoContent}, err
		}
		now, err := catalog.Get(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		return taggedProduct(http.StatusOK, &now)
	})
}
