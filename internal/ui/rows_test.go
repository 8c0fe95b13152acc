package ui

import (
	"strings"
	"testing"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/locale"
)

// TestEnterSaves checks that the first button of repeating rows, which Enter
// presses, is none that removes a row.
func TestEnterSaves(t *testing.T) {
	v := view(t, locale.ID)
	page := html(t, FormRows(v, FormRowsOptions{Name: "emails", Label: "E-mail", Add: "Tambah", Indexes: []int{0}, Row: func(int) templ.Component { return templ.NopComponent }}))
	first := page[strings.Index(page, "<button"):]
	first = first[:strings.Index(first, ">")]
	if !strings.Contains(first, "hidden") || strings.Contains(first, "name=") || strings.Contains(first, "type=") {
		t.Errorf("the first button is %s>", first)
	}
}
