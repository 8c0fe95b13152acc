package teamweb

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/workspace"
)

// workspacePage is the data of the workspace's settings.
type workspacePage struct {
	frame
	Settings workspace.Settings
	Example  *locale.Printer // writes as Settings say
	Err      error
}

func (p *Pages) workspace(w http.ResponseWriter, r *ui.Req) error {
	var s workspace.Settings
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		s, err = workspace.Get(r.Context(), tx)
		return err
	})
	if err != nil {
		return err
	}
	if r.Form.Has("numbers") { // a look at how choices that are not saved would be
		workspaceForm(r, &s)
	}
	return p.showWorkspace(w, r, http.StatusOK, s, nil)
}

func (p *Pages) showWorkspace(w http.ResponseWriter, r *ui.Req, status int, s workspace.Settings, wrong error) error {
	return ui.Render(w, r, status, workspaceTmpl(workspacePage{
		frame: p.frame(r, "workspace"), Settings: s, Example: p.Catalogue.Printer(r.View.Lang, s.Locale()), Err: wrong,
	}))
}

func workspaceForm(r *ui.Req, s *workspace.Settings) {
	s.Name, s.LegalName, s.TaxNumber, s.Address = r.Text("name"), r.Text("legal_name"), r.Text("tax_number"), r.Text("address")
	s.Language, s.Currency = locale.Lang(r.Text("language")), money.Currency(r.Text("currency"))
	s.Zone, s.Region, s.DateOrder = r.Text("zone"), r.Text("region"), locale.DateOrder(r.Text("date_order"))
	s.Group, s.Decimal = signs(r.Text("numbers"))
}

func (p *Pages) workspaceSave(w http.ResponseWriter, r *ui.Req) error {
	var s workspace.Settings
	workspaceForm(r, &s)
	s.Rev = r.Int("rev", 0)
	id, err := p.write(r, "workspace.save", func(tx *db.Tx) error {
		return workspace.Save(r.Context(), tx, s, s.Rev)
	})
	if refused(err) {
		return p.showWorkspace(w, r, status(err), s, err)
	}
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: "workspace.toast.saved", Undo: id})
	return ui.Redirect(w, r, "/settings/workspace")
}

// numberForms are the ways to write numbers: the sign between thousands and
// the one before the fraction, with "s" for a space and "n" for none.
var numberForms = []string{".,", ",.", "s,", "'.", "n,", "n."}

// signs returns the signs of a number form.
func signs(form string) (group, decimal string) {
	if !slices.Contains(numberForms, form) {
		return "", ""
	}
	switch group = form[:1]; group {
	case "s":
		group = workspace.NoBreakSpace
	case "n":
		group = ""
	}
	return group, form[1:]
}

// numberForm is the reverse of signs.
func numberForm(s *workspace.Settings) string {
	switch s.Group {
	case workspace.NoBreakSpace:
		return "s" + s.Decimal
	case "":
		return "n" + s.Decimal
	}
	return s.Group + s.Decimal
}

func numberOptions(s *workspace.Settings) []ui.Option {
	var list []ui.Option
	forms := numberForms
	if now := numberForm(s); s.Decimal != "" && !slices.Contains(forms, now) {
		forms = append([]string{now}, forms...)
	}
	for _, form := range forms {
		group, decimal := signs(form)
		list = append(list, ui.Option{Value: form, Label: "1" + group + "234" + group + "567" + decimal + "89"})
	}
	return list
}

// zoneNames are the zones that the form offers, those of Indonesia first.
var zoneNames = strings.Fields(`
	Asia/Jakarta Asia/Makassar Asia/Jayapura
	Asia/Bangkok Asia/Brunei Asia/Colombo Asia/Dhaka Asia/Dili Asia/Dubai Asia/Ho_Chi_Minh Asia/Hong_Kong Asia/Jerusalem
	Asia/Karachi Asia/Kathmandu Asia/Kolkata Asia/Kuala_Lumpur Asia/Manila Asia/Phnom_Penh Asia/Pontianak Asia/Riyadh
	Asia/Seoul Asia/Shanghai Asia/Singapore Asia/Taipei Asia/Tashkent Asia/Tokyo Asia/Vientiane Asia/Yangon
	Australia/Adelaide Australia/Brisbane Australia/Darwin Australia/Perth Australia/Sydney
	Pacific/Auckland Pacific/Fiji Pacific/Guam Pacific/Honolulu Pacific/Port_Moresby
	Africa/Cairo Africa/Johannesburg Africa/Lagos Africa/Nairobi
	Europe/Amsterdam Europe/Athens Europe/Berlin Europe/Brussels Europe/Istanbul Europe/Kyiv Europe/Lisbon Europe/London
	Europe/Madrid Europe/Moscow Europe/Paris Europe/Prague Europe/Rome Europe/Stockholm Europe/Vienna Europe/Warsaw Europe/Zurich
	America/Argentina/Buenos_Aires America/Bogota America/Chicago America/Denver America/Lima America/Los_Angeles
	America/Mexico_City America/New_York America/Santiago America/Sao_Paulo America/Toronto
	UTC`)

// zoneOptions returns the zones to choose from, and the one that is set.
func zoneOptions(set string, at time.Time) []ui.Option {
	names := zoneNames
	if set != "" && !slices.Contains(names, set) {
		names = append([]string{set}, names...)
	}
	list := make([]ui.Option, 0, len(names))
	for _, name := range names {
		s := workspace.Settings{Zone: name}
		ws := s.Locale()
		if ws.Zone == nil {
			continue
		}
		city := name[strings.LastIndexByte(name, '/')+1:]
		p := locale.Printer{Workspace: ws}
		list = append(list, ui.Option{Value: name, Label: strings.ReplaceAll(city, "_", " ") + " · " + p.ZoneName(at)})
	}
	return list
}

// regionCodes are the countries that the form offers; their names are the
// messages "workspace.region." + code.
var regionCodes = strings.Fields("ID AU BN CN DE GB HK IN JP KH KR LA MM MY NL NZ PG PH SA SG TH TL TW US VN AE")

func regionOptions(v *ui.View, set string) []ui.Option {
	var list []ui.Option
	if set != "" && !slices.Contains(regionCodes, set) {
		list = append(list, ui.Option{Value: set, Label: set})
	}
	for _, code := range regionCodes {
		list = append(list, ui.Option{Value: code, Label: v.T("workspace.region." + code)})
	}
	slices.SortStableFunc(list, func(a, b ui.Option) int {
		if (a.Value == "ID") != (b.Value == "ID") {
			return map[bool]int{true: -1, false: 1}[a.Value == "ID"]
		}
		return strings.Compare(a.Label, b.Label)
	})
	return list
}

// usualCurrencies stand before all others in the form.
var usualCurrencies = []money.Currency{"IDR", "USD", "SGD", "MYR", "EUR", "AUD", "JPY", "CNY"}

func currencyOptions() []ui.Option {
	var list []ui.Option
	add := func(c money.Currency) {
		label := string(c)
		if s := c.Symbol(); s != label {
			label += " · " + s
		}
		list = append(list, ui.Option{Value: string(c), Label: label})
	}
	for _, c := range usualCurrencies {
		add(c)
	}
	for _, c := range money.Currencies() {
		if !slices.Contains(usualCurrencies, c) {
			add(c)
		}
	}
	return list
}

func languageOptions() []ui.Option {
	var list []ui.Option
	for _, l := range locale.Langs() {
		list = append(list, ui.Option{Value: string(l), Label: l.Name()})
	}
	return list
}

func dateOptions() []ui.Option {
	return []ui.Option{{Value: "dmy", Label: "31-12-2026"}, {Value: "mdy", Label: "12-31-2026"}, {Value: "ymd", Label: "2026-12-31"}}
}
