package api

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/search"
)

// customerFields are what programs read and write of a customer.
type customerFields struct {
	Kind       string     `json:"kind,omitempty" enum:"person,household,organization" doc:"person if absent"`
	Name       string     `json:"name,omitempty" example:"Budi Santoso" doc:"What is shown; made of the name's parts if absent."`
	Given      string     `json:"given_name,omitempty"`
	Middle     string     `json:"middle_name,omitempty"`
	Family     string     `json:"family_name,omitempty"`
	Suffix     string     `json:"suffix,omitempty"`
	Honorific  string     `json:"honorific,omitempty" example:"Pak"`
	Nickname   string     `json:"nickname,omitempty"`
	Addressing string     `json:"addressing,omitempty" example:"Pak Budi" doc:"How to address them."`
	Emails     []email    `json:"emails,omitempty"`
	Phones     []phone    `json:"phones,omitempty"`
	Addresses  []address  `json:"addresses,omitempty"`
	Handles    []handle   `json:"handles,omitempty" doc:"Web sites and accounts in networks."`
	Relations  []relation `json:"relations,omitempty" doc:"Organisations and households that a person belongs to; resellers that serve an end customer."`
	Consents   []consent  `json:"consents,omitempty"`
	Traits     []trait    `json:"traits,omitempty" doc:"Characteristics."`
	Roles      []string   `json:"roles,omitempty" enum:"reseller,dealer,agent" doc:"How the customer sells on to end customers: none or one."`
	Owner      *string    `json:"owner_id,omitempty" format:"uuid" doc:"User responsible."`
	Parent     *string    `json:"parent_id,omitempty" format:"uuid" doc:"Organisation or household above."`
	Phase      string     `json:"phase,omitempty" enum:"prospect,new,active,loyal,at_risk,lost"`
	Tags       []string   `json:"tags,omitempty"`
	ExternalID string     `json:"external_id,omitempty" doc:"Number in another system; unique."`
	Language   string     `json:"language,omitempty" example:"id" doc:"BCP 47"`
	Channel    string     `json:"channel,omitempty" enum:"phone,whatsapp,email,sms,letter,visit" doc:"Preferred way to be reached."`
	Hours      string     `json:"hours,omitempty" example:"09.00–11.00" doc:"When they like to be reached."`
	Birthday   *string    `json:"birthday,omitempty" example:"1985-12-04" doc:"YYYY-MM-DD; year 0000 if it is not known."`
	Remember   string     `json:"remember,omitempty" doc:"Things to remember."`
	Source     string     `json:"source,omitempty" doc:"How they came."`
	Archived   bool       `json:"archived,omitempty"`
}

type email struct {
	Value   string `json:"value" example:"budi@example.co.id"`
	Primary bool   `json:"primary,omitempty"`
	State   string `json:"state,omitempty" enum:"unverified,verified,invalid,opted_out"`
	Label   string `json:"label,omitempty"`
}

type phone struct {
	Value   string `json:"value" example:"0812-3045-7781" doc:"In any spelling."`
	Primary bool   `json:"primary,omitempty"`
	State   string `json:"state,omitempty" enum:"unverified,verified,invalid,opted_out"`
	Label   string `json:"label,omitempty"`
	E164    string `json:"e164,omitempty" example:"+6281230457781" doc:"As understood; ignored when written."`
}

type address struct {
	Street   string `json:"street,omitempty"`
	Village  string `json:"village,omitempty" doc:"kelurahan or desa"`
	District string `json:"district,omitempty" doc:"kecamatan"`
	City     string `json:"city,omitempty" doc:"kabupaten or kota"`
	Province string `json:"province,omitempty"`
	Postcode string `json:"postal_code,omitempty"`
	Country  string `json:"country,omitempty"`
	Label    string `json:"label,omitempty"`
	Primary  bool   `json:"primary,omitempty"`
	State    string `json:"state,omitempty" enum:"unverified,verified,invalid"`
}

type handle struct {
	Network string `json:"network" enum:"website,instagram,facebook,tiktok,x,linkedin,telegram,line,whatsapp,other"`
	Value   string `json:"value"`
	Primary bool   `json:"primary,omitempty"`
	State   string `json:"state,omitempty" enum:"unverified,verified,invalid,opted_out"`
}

type relation struct {
	Kind       string `json:"kind" enum:"member,served_by"`
	Customer   string `json:"customer_id" format:"uuid" doc:"The other customer."`
	Role       string `json:"role,omitempty"`
	Title      string `json:"title,omitempty"`
	Department string `json:"department,omitempty"`
	From       string `json:"from,omitempty" example:"2024-01-01"`
	To         string `json:"to,omitempty"`
	Primary    bool   `json:"primary,omitempty"`
}

type consent struct {
	Channel string    `json:"channel" enum:"phone,whatsapp,email,sms,letter,visit"`
	Purpose string    `json:"purpose" enum:"marketing,service,survey"`
	Granted bool      `json:"granted"`
	Source  string    `json:"source" doc:"Where it was given: the proof."`
	At      time.Time `json:"at"`
}

type trait struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// customer is a customer as the API answers it. Everything is there, empty or not.
type customer struct {
	ID         string     `json:"id" format:"uuid"`
	Kind       string     `json:"kind"`
	Name       string     `json:"name"`
	Given      string     `json:"given_name"`
	Middle     string     `json:"middle_name"`
	Family     string     `json:"family_name"`
	Suffix     string     `json:"suffix"`
	Honorific  string     `json:"honorific"`
	Nickname   string     `json:"nickname"`
	Addressing string     `json:"addressing"`
	Emails     []email    `json:"emails"`
	Phones     []phone    `json:"phones"`
	Addresses  []address  `json:"addresses"`
	Handles    []handle   `json:"handles"`
	Relations  []relation `json:"relations"`
	Consents   []consent  `json:"consents"`
	Traits     []trait    `json:"traits"`
	Roles      []string   `json:"roles"`
	Owner      *string    `json:"owner_id"`
	Parent     *string    `json:"parent_id"`
	Phase      string     `json:"phase"`
	Tags       []string   `json:"tags"`
	ExternalID string     `json:"external_id"`
	Language   string     `json:"language"`
	Channel    string     `json:"channel"`
	Hours      string     `json:"hours"`
	Birthday   *string    `json:"birthday"`
	Remember   string     `json:"remember"`
	Source     string     `json:"source"`
	Archived   bool       `json:"archived"`
	LastAt     *time.Time `json:"last_at" doc:"Latest interaction."`
	LastKind   string     `json:"last_kind"`
	CreatedAt  time.Time  `json:"created_at"`
	UpdatedAt  time.Time  `json:"updated_at"`
}

// newCustomer is a customer that was just made, with those that may be the same.
type newCustomer struct {
	customer
	Likely []likeness `json:"likely" doc:"Customers that may be the same."`
}

type likeness struct {
	ID     string `json:"id" format:"uuid"`
	Reason string `json:"reason" enum:"email,phone,name"`
	Value  string `json:"value"`
}

type customerPage struct {
	Items []customer `json:"items"`
	Count *int64     `json:"count" doc:"How many there are in all; null if it was not asked for."`
	Next  *string    `json:"next" doc:"Cursor of the next page; null at the end."`
}

func text(id ids.ID) *string {
	if id.IsZero() {
		return nil
	}
	s := id.String()
	return &s
}

func textOrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func timeOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func encode(c *customers.Customer) customer {
	out := customer{
		ID: c.ID.String(), Kind: string(c.Kind), Name: c.Name, Given: c.Given, Middle: c.Middle, Family: c.Family, Suffix: c.Suffix,
		Honorific: c.Honorific, Nickname: c.Nickname, Addressing: c.Addressing, Owner: text(c.Owner), Parent: text(c.Parent),
		Phase: string(c.Phase), ExternalID: c.ExternalID, Language: c.Language, Channel: c.Channel, Hours: c.Hours,
		Birthday: textOrNull(c.Birthday), Remember: c.Remember, Source: c.Source, Archived: c.Archived,
		LastAt: timeOrNull(c.LastAt), LastKind: c.LastKind, CreatedAt: c.Created, UpdatedAt: c.Updated,
		Emails: make([]email, len(c.Emails)), Phones: make([]phone, len(c.Phones)), Addresses: make([]address, len(c.Addresses)),
		Handles: make([]handle, len(c.Handles)), Relations: make([]relation, len(c.Relations)), Consents: make([]consent, len(c.Consents)),
		Traits: make([]trait, len(c.Traits)), Tags: make([]string, len(c.Tags)), Roles: []string{},
	}
	if c.Reseller != "" {
		out.Roles = []string{string(c.Reseller)}
	}
	for i, e := range c.Emails {
		out.Emails[i] = email{e.Value, e.Primary, string(e.State), e.Label}
	}
	for i, p := range c.Phones {
		out.Phones[i] = phone{p.Value, p.Primary, string(p.State), p.Label, p.E164}
	}
	for i, a := range c.Addresses {
		out.Addresses[i] = address{a.Street, a.Village, a.District, a.City, a.Province, a.Postcode, a.Country, a.Label, a.Primary, string(a.State)}
	}
	for i, h := range c.Handles {
		out.Handles[i] = handle{h.Network, h.Value, h.Primary, string(h.State)}
	}
	for i, r := range c.Relations {
		out.Relations[i] = relation{string(r.Kind), r.Other.String(), r.Role, r.Title, r.Department, r.From, r.To, r.Primary}
	}
	for i, s := range c.Consents {
		out.Consents[i] = consent{s.Channel, s.Purpose, s.Granted, s.Source, s.At}
	}
	for i, t := range c.Traits {
		out.Traits[i] = trait{t.Label, t.Value}
	}
	for i, t := range c.Tags {
		out.Tags[i] = t.Value
	}
	return out
}

// fields returns what programs write, as it is.
func (c *customer) fields() customerFields {
	return customerFields{
		c.Kind, c.Name, c.Given, c.Middle, c.Family, c.Suffix, c.Honorific, c.Nickname, c.Addressing, c.Emails, c.Phones, c.Addresses, c.Handles,
		c.Relations, c.Consents, c.Traits, c.Roles, c.Owner, c.Parent, c.Phase, c.Tags, c.ExternalID, c.Language, c.Channel, c.Hours, c.Birthday,
		c.Remember, c.Source, c.Archived,
	}
}

// apply makes c what f says. Parts that are there already, by their value,
// keep their rows.
func (f *customerFields) apply(c *customers.Customer) error {
	c.Kind, c.Name, c.Given, c.Middle, c.Family, c.Suffix = customers.Kind(f.Kind), f.Name, f.Given, f.Middle, f.Family, f.Suffix
	c.Honorific, c.Nickname, c.Addressing, c.Phase = f.Honorific, f.Nickname, f.Addressing, customers.Phase(f.Phase)
	c.ExternalID, c.Language, c.Channel, c.Hours = f.ExternalID, f.Language, f.Channel, f.Hours
	c.Remember, c.Source, c.Archived, c.Birthday = f.Remember, f.Source, f.Archived, ""
	if f.Birthday != nil {
		c.Birthday = *f.Birthday
	}
	var bad errs.List
	if len(f.Roles) > 1 {
		bad.Add(errs.InvalidField("roles", "api.one_role"))
	}
	c.Reseller = ""
	if len(f.Roles) > 0 {
		c.Reseller = customers.Reseller(f.Roles[0])
	}
	c.Owner, c.Parent = parseID(&bad, "owner_id", f.Owner), parseID(&bad, "parent_id", f.Parent)

	c.Emails = keep(c.Emails, f.Emails, func(e *email) customers.Email {
		return customers.Email{Value: e.Value, Primary: e.Primary, State: customers.State(e.State), Label: e.Label}
	}, func(o *customers.Email, n *customers.Email) bool {
		n.N = o.N
		return strings.EqualFold(o.Value, n.Value)
	})
	c.Phones = keep(c.Phones, f.Phones, func(p *phone) customers.Phone {
		return customers.Phone{Value: p.Value, Primary: p.Primary, State: customers.State(p.State), Label: p.Label}
	}, func(o *customers.Phone, n *customers.Phone) bool {
		n.N = o.N
		return o.Value == n.Value || o.E164 != "" && o.E164 == n.Value
	})
	c.Addresses = keep(c.Addresses, f.Addresses, func(a *address) customers.Address {
		return customers.Address{Street: a.Street, Village: a.Village, District: a.District, City: a.City, Province: a.Province,
			Postcode: a.Postcode, Country: a.Country, Label: a.Label, Primary: a.Primary, State: customers.State(a.State)}
	}, func(o *customers.Address, n *customers.Address) bool {
		n.N = o.N
		return o.Label == n.Label && o.Street == n.Street
	})
	c.Handles = keep(c.Handles, f.Handles, func(h *handle) customers.Handle {
		return customers.Handle{Network: h.Network, Value: h.Value, Primary: h.Primary, State: customers.State(h.State)}
	}, func(o *customers.Handle, n *customers.Handle) bool {
		n.N = o.N
		return o.Network == n.Network && o.Value == n.Value
	})
	for i := range f.Relations {
		parseID(&bad, "relations."+strconv.Itoa(i)+".customer_id", &f.Relations[i].Customer)
	}
	c.Relations = keep(c.Relations, f.Relations, func(r *relation) customers.Relation {
		return customers.Relation{Kind: customers.RelationKind(r.Kind), Other: parseID(&errs.List{}, "", &r.Customer), Role: r.Role, Title: r.Title,
			Department: r.Department, From: r.From, To: r.To, Primary: r.Primary}
	}, func(o *customers.Relation, n *customers.Relation) bool {
		n.N = o.N
		return o.Kind == n.Kind && o.Other == n.Other
	})
	c.Consents = keep(c.Consents, f.Consents, func(s *consent) customers.Consent {
		return customers.Consent{Channel: s.Channel, Purpose: s.Purpose, Granted: s.Granted, Source: s.Source, At: s.At.UTC().Truncate(time.Millisecond)}
	}, func(o *customers.Consent, n *customers.Consent) bool {
		n.N = o.N
		return o.Channel == n.Channel && o.Purpose == n.Purpose && o.At.Equal(n.At)
	})
	c.Traits = keep(c.Traits, f.Traits, func(t *trait) customers.Trait { return customers.Trait{Label: t.Label, Value: t.Value} },
		func(o *customers.Trait, n *customers.Trait) bool {
			n.N = o.N
			return o.Label == n.Label
		})
	c.Tags = keep(c.Tags, f.Tags, func(t *string) customers.Tag { return customers.Tag{Value: *t} },
		func(o *customers.Tag, n *customers.Tag) bool {
			n.N = o.N
			return strings.EqualFold(o.Value, n.Value)
		})
	return bad.Err()
}

// keep makes the parts of in. same reports whether o and n are the same part,
// and gives n the number of o; it is asked once for each o at most where it
// says yes.
func keep[I, P any](old []P, in []I, part func(*I) P, same func(o, n *P) bool) []P {
	old = slices.Clone(old)
	out := make([]P, len(in))
	for i := range in {
		fresh := part(&in[i])
		out[i] = fresh
		for k := range old {
			n := fresh
			if same(&old[k], &n) {
				out[i] = n
				old = slices.Delete(old, k, k+1)
				break
			}
		}
	}
	return out
}

func parseID(bad *errs.List, field string, s *string) ids.ID {
	if s == nil || *s == "" {
		return ids.ID{}
	}
	id, err := ids.Parse(*s)
	if err != nil {
		bad.Add(errs.InvalidField(field, "api.id"))
	}
	return id
}

// parseTime returns the time at a field, to the millisecond; the zero time,
// which stands for none, if it is absent. Nobody can mean that one by itself.
func parseTime(bad *errs.List, field string, t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	at := t.UTC().Truncate(time.Millisecond)
	if at.IsZero() {
		bad.Add(errs.InvalidField(field, "api.time"))
	}
	return at
}

// RecordPath names a record and what it must still be. (It is exported since huma reads only exported embedded fields.)
type RecordPath struct {
	ID          string `path:"id" doc:"Id of the customer." example:"01932c07-209b-7fdc-a6b7-0e3b1a2b3c4d"`
	IfMatch     string `header:"If-Match" doc:"ETag that it must still have, else 412."`
	IfNoneMatch string `header:"If-None-Match"`
}

type customersQuery struct {
	Filters []string `query:"f,explode" doc:"column:operator:value, for example city:eq:Bandung; all must hold." maxItems:"20"`
	Where   string   `query:"where" doc:"Conditions made of conditions, as cond of a segment; they hold besides."`
	Sort    string   `query:"sort" doc:"Column, with - before it for downwards." example:"-name"`
	Limit   int      `query:"limit" default:"50" minimum:"1" maximum:"200"`
	Cursor  string   `query:"cursor" doc:"next of an earlier page."`
	Count   bool     `query:"count" doc:"Whether to count the whole list."`
	Search  string   `query:"q" doc:"Only the best matches of a search, without other conditions."`
}

func (a *API) customerOperations() {
	add(a, operation{method: "GET", path: "/api/v1/customers", id: "list-customers", summary: "List customers",
		need: customers.PermRead, out: customerPage{}, status: 200}, a.listCustomers)
	add(a, operation{method: "POST", path: "/api/v1/customers", id: "create-customer", summary: "Add a customer",
		text: "Answers with those that may be the same customer.", need: customers.PermWrite, out: newCustomer{}, status: 201}, a.createCustomer)
	add(a, operation{method: "GET", path: "/api/v1/customers/{id}", id: "get-customer", summary: "Get a customer",
		need: customers.PermRead, out: customer{}, status: 200}, a.getCustomer)
	add(a, operation{method: "PATCH", path: "/api/v1/customers/{id}", id: "update-customer", summary: "Change a customer",
		text: "A JSON merge patch (RFC 7396): what is absent stays, null empties, lists are replaced; entries of a list that have the same value keep their history.",
		need: customers.PermWrite, out: customer{}, status: 200}, a.patchCustomer)
	add(a, operation{method: "DELETE", path: "/api/v1/customers/{id}", id: "delete-customer", summary: "Delete a customer",
		text: "With everything that was said. It can be undone for 30 days.", need: customers.PermDelete, status: 204}, a.deleteCustomer)
}

func (a *API) listCustomers(ctx context.Context, c *caller, in *customersQuery) (*answer, error) {
	if in.Search != "" {
		return a.searchCustomers(ctx, c, in)
	}
	q, err := list.Parse(url.Values{"f": in.Filters, "where": {in.Where}, "sort": {in.Sort}, "cursor": {in.Cursor}, "limit": {strconv.Itoa(in.Limit)}})
	if err != nil {
		return nil, err
	}
	q.Count = in.Count
	return a.customersOf(ctx, c, q)
}

// customersOf answers with the page of customers that q asks for.
func (a *API) customersOf(ctx context.Context, c *caller, q list.Query) (*answer, error) {
	q.In = c.in
	var page customerPage
	err := a.DB.Read(ctx, c.Who(), func(tx *db.Tx) error {
		got, err := a.Book.Def().Page(ctx, tx, q)
		if err != nil {
			return err
		}
		if q.Count && got.Count < 0 {
			if got.Count, err = a.Book.Def().Count(ctx, tx, q); err != nil {
				return err
			}
		}
		if err := customers.LoadParts(ctx, tx, got.Rows); err != nil {
			return err
		}
		page.Items = encodeAll(got.Rows)
		page.Next = textOrNull(got.Next)
		if q.Count {
			page.Count = &got.Count
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return jsonAnswer(http.StatusOK, page)
}

func encodeAll(rows []customers.Customer) []customer {
	out := make([]customer, len(rows))
	for i := range rows {
		out[i] = encode(&rows[i])
	}
	return out
}

func (a *API) searchCustomers(ctx context.Context, c *caller, in *customersQuery) (*answer, error) {
	var page customerPage
	err := a.DB.Read(ctx, c.Who(), func(tx *db.Tx) error {
		hits, err := a.Search.Find(ctx, tx, in.Search, search.Options{Kind: "customer", Limit: in.Limit})
		if err != nil {
			return err
		}
		want := make([]ids.ID, len(hits))
		for i, h := range hits {
			want[i] = h.Ref
		}
		rows, err := customers.GetMany(ctx, tx, want)
		page.Items = encodeAll(rows)
		return err
	})
	if err != nil {
		return nil, err
	}
	n := int64(len(page.Items))
	page.Count = &n
	return jsonAnswer(http.StatusOK, page)
}

func (a *API) getCustomer(ctx context.Context, c *caller, in *RecordPath) (*answer, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	var got customers.Customer
	err = a.DB.Read(ctx, c.Who(), func(tx *db.Tx) (err error) {
		got, err = customers.Get(ctx, tx, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	if matches(in.IfNoneMatch, got.ETag()) {
		return (&answer{status: http.StatusNotModified}).with("ETag", got.ETag()), nil
	}
	return tagged(http.StatusOK, &got)
}

func tagged(status int, c *customers.Customer) (*answer, error) {
	n, err := jsonAnswer(status, encode(c))
	return n.with("ETag", c.ETag()), err
}

// matches reports whether a condition such as If-None-Match names the tag.
func matches(condition, tag string) bool {
	if condition == "" {
		return false
	}
	for part := range strings.SplitSeq(condition, ",") {
		if part = strings.TrimPrefix(strings.TrimSpace(part), "W/"); part == tag || part == "*" {
			return true
		}
	}
	return false
}

func (a *API) createCustomer(ctx context.Context, c *caller, in *struct {
	Body    customerFields
	RawBody []byte
}) (*answer, error) {
	var made customers.Customer
	if err := in.Body.apply(&made); err != nil {
		return nil, err
	}
	title := made.Name
	if title == "" {
		title = strings.TrimSpace(made.Given + " " + made.Family)
	}
	op := db.Op{Why: "customer.create", Args: map[string]any{"name": title}, Subject: ids.New(a.DB.Now())}
	made.ID = op.Subject
	return a.change(ctx, c, op, "POST", "/customers", in.RawBody, func(tx *db.Tx) (*answer, error) {
		made.ID = op.Subject
		if err := customers.Create(ctx, tx, &made); err != nil {
			if errs.KindOf(err) == errs.Conflict && made.ExternalID != "" {
				return nil, errs.New(errs.Conflict, "api.external_id_taken").Because(err)
			}
			return nil, err
		}
		out := newCustomer{customer: encode(&made), Likely: []likeness{}}
		likely, err := customers.Likely(ctx, tx, &made, 10)
		if err != nil {
			return nil, err
		}
		for _, l := range likely {
			out.Likely = append(out.Likely, likeness{l.ID.String(), l.Reason, l.Value})
		}
		n, err := jsonAnswer(http.StatusCreated, out)
		return n.with("Location", "/api/v1/customers/"+made.ID.String()).with("ETag", made.ETag()), err
	})
}

// expect returns a Stale error if If-Match asks for another tag.
func expect(condition, tag string) error {
	if condition == "" || matches(condition, tag) {
		return nil
	}
	return errs.New(errs.Stale, "error.stale")
}

func (a *API) patchCustomer(ctx context.Context, c *caller, in *struct {
	RecordPath
	RawBody []byte `contentType:"application/merge-patch+json"`
}) (*answer, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	op := db.Op{Why: "customer.update", Subject: id}
	return a.change(ctx, c, op, "PATCH", in.ID, in.RawBody, func(tx *db.Tx) (*answer, error) {
		now, err := customers.Update(ctx, tx, id, 0, func(c *customers.Customer) error {
			if err := expect(in.IfMatch, c.ETag()); err != nil { // here, since nobody else can change it any more
				return err
			}
			shown := encode(c)
			fields := shown.fields()
			if err := mergePatch(&fields, in.RawBody); err != nil {
				return err
			}
			if fields.Name == shown.Name && named(shown) && (fields.Given != shown.Given || fields.Middle != shown.Middle || fields.Family != shown.Family) {
				fields.Name = "" // it was made of its parts, and is made of them again
			}
			return fields.apply(c)
		})
		if err != nil {
			return nil, err
		}
		if err := tx.SetOp(ctx, id, map[string]any{"name": now.Title()}); err != nil {
			return nil, err
		}
		return tagged(http.StatusOK, &now)
	})
}

// named reports whether a name is what its parts make.
func named(c customer) bool {
	return strings.Join(strings.Fields(c.Given+" "+c.Middle+" "+c.Family+" "+c.Suffix), " ") == c.Name
}

// mergePatch applies a JSON merge patch (RFC 7396) to v.
func mergePatch(v any, patch []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(patch, &members); err != nil || members == nil {
		return newFault(http.StatusBadRequest, "api.json")
	}
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	var whole map[string]json.RawMessage
	if err := json.Unmarshal(text, &whole); err != nil {
		return err
	}
	if err := merge(whole, members); err != nil {
		return err
	}
	if text, err = json.Marshal(whole); err != nil {
		return err
	}
	return strictly(text, v)
}

// merge makes whole what members say of it, and so on for objects within.
func merge(whole, members map[string]json.RawMessage) error {
	for name, value := range members {
		var inner, into map[string]json.RawMessage
		switch {
		case string(value) == "null":
			delete(whole, name)
		case json.Unmarshal(value, &inner) == nil && json.Unmarshal(whole[name], &into) == nil && into != nil:
			if err := merge(into, inner); err != nil {
				return err
			}
			text, err := json.Marshal(into)
			if err != nil {
				return err
			}
			whole[name] = text
		default:
			whole[name] = value
		}
	}
	return nil
}

// strictly decodes text into v, emptied before, and names the field at fault.
func strictly(text []byte, v any) error {
	reflect.ValueOf(v).Elem().SetZero()
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil {
		return nil
	}
	if t, ok := err.(*json.UnmarshalTypeError); ok {
		return errs.InvalidField(t.Field, "api.type")
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		name, _ = strconv.Unquote(name)
		return errs.InvalidField(name, "api.unknown")
	}
	if _, ok := err.(*time.ParseError); ok {
		return errs.New(errs.Invalid, "date.invalid")
	}
	return newFault(http.StatusBadRequest, "api.json")
}

// newFault is an Invalid error that is answered with another status.
func newFault(status int, key string) error { return &statusError{status, errs.New(errs.Invalid, key)} }

type statusError struct {
	status int
	err    *errs.Error
}

func (e *statusError) Error() string { return e.err.Error() }
func (e *statusError) Unwrap() error { return e.err }

func (a *API) deleteCustomer(ctx context.Context, c *caller, in *RecordPath) (*answer, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	op := db.Op{Why: "customer.delete", Subject: id}
	return a.change(ctx, c, op, "DELETE", in.ID, nil, func(tx *db.Tx) (*answer, error) {
		if err := customers.Lock(ctx, tx, id); err != nil {
			return nil, err
		}
		old, err := customers.Get(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		if err := expect(in.IfMatch, old.ETag()); err != nil {
			return nil, err
		}
		if err := tx.SetOp(ctx, id, map[string]any{"name": old.Title()}); err != nil {
			return nil, err
		}
		return &answer{status: http.StatusNoContent}, a.Book.Delete(ctx, tx, []ids.ID{id})
	})
}
