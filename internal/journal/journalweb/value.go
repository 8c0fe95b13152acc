package journalweb

import (
	"fmt"
	"strings"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/money"
)

// longest is how many letters of a value are shown.
const longest = 600

// choices are the columns, by table, whose values have messages, with the
// beginnings of those messages' keys.
var choices = map[string]map[string]string{
	"customer":          {"kind": "customer.kind.", "phase": "customer.phase.", "reseller": "customer.reseller.", "channel": "customer.channel."},
	"customer_email":    {"state": "customer.state.", "label": "record.label."},
	"customer_phone":    {"state": "customer.state.", "label": "record.label."},
	"customer_address":  {"state": "customer.state.", "label": "record.label."},
	"customer_handle":   {"state": "customer.state.", "network": "customer.network."},
	"customer_consent":  {"channel": "customer.channel.", "purpose": "customer.purpose."},
	"customer_relation": {"kind": "record.relation."},
	"interaction":       {"kind": "activity.kind.", "direction": "activity.direction."},
	"product_link":      {"kind": "product.link."},
	"workspace":         {"region": "workspace.region."},
	"team_user":         {"density": "team.density.", "theme": "ui.theme."},
}

// value writes what stood in a column as people read it; "" if nothing did.
func (w *wording) value(table, column string, v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		if v {
			return w.T("operations.yes")
		}
		return w.T("operations.no")
	case ids.ID:
		if name := w.names[v]; name != "" {
			return name
		}
		return w.T("operations.unnamed")
	case []byte:
		return w.Bytes(int64(len(v)))
	case int64:
		return w.number(table, column, v)
	case string:
		return short(w.text(table, column, v), longest)
	}
	return fmt.Sprint(v)
}

func (w *wording) number(table, column string, n int64) string {
	switch {
	case table == "product" && column == "tax": // a rate in millionths
		return w.Price(money.Price(n*100), "") + "%"
	case column == "price", column == "cost", column == "unit_price":
		return w.Price(money.Price(n), "")
	case strings.HasSuffix(column, "_at"):
		return w.DateTime(db.Time(n))
	case column == "duration_s":
		return w.Duration(n)
	case column == "size":
		return w.Bytes(n)
	}
	return w.Num(n)
}

func (w *wording) text(table, column, s string) string {
	if s == "" {
		return ""
	}
	if prefix := choices[table][column]; prefix != "" && w.Has(prefix+s) {
		return w.T(prefix + s)
	}
	switch column {
	case "birthday":
		return w.DateOnly(strings.Replace(s, "0000-", "--", 1))
	case "from_date", "to_date":
		return w.DateOnly(s)
	case "permissions":
		return w.rights(s)
	}
	return s
}

// rights writes the permissions of a role.
func (w *wording) rights(s string) string {
	var list []string
	for perm := range strings.FieldsSeq(s) {
		if key := "perm." + perm; w.Has(key) {
			perm = w.T(key)
		}
		list = append(list, perm)
	}
	return strings.Join(list, ", ")
}
