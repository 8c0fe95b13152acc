package offers_test

import (
	"testing"

	"github.com/akrab-crm/akrab/internal/app"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/workspace"
)

func printer(t testing.TB, lang locale.Lang) *locale.Printer {
	t.Helper()
	cat, err := app.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	set := workspace.Default()
	return cat.Printer(lang, set.Locale())
}
