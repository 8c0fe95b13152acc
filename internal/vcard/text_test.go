package vcard_test

import (
	"encoding/json"
	"os"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/akrab-crm/akrab/internal/vcard"
)

// Every error and warning has its message, in both languages, and with the same placeholders.
func TestTexts(t *testing.T) {
	texts := map[string]map[string]string{}
	for _, lang := range []string{"id", "en"} {
		data, err := vcard.Text.ReadFile("text/" + lang + ".json")
		if err != nil {
			t.Fatal(err)
		}
		m := map[string]string{}
		if err := json.Unmarshal(data, &m); err != nil {
			t.Fatal(err)
		}
		texts[lang] = m
	}
	used := map[string]bool{}
	for _, name := range []string{"vcard.go", "read.go"} {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`"(vcard\.[a-z_]+)"`).FindAllStringSubmatch(string(src), -1) {
			used[m[1]] = true
		}
	}
	placeholder := regexp.MustCompile(`\{\w+\}`)
	for lang, m := range texts {
		got := map[string]bool{}
		for k := range m {
			got[k] = true
		}
		if diff := cmp.Diff(used, got); diff != "" {
			t.Errorf("%s (−used +there):\n%s", lang, diff)
		}
		for k, s := range m {
			a, b := placeholder.FindAllString(s, -1), placeholder.FindAllString(texts["id"][k], -1)
			if len(a) != len(b) {
				t.Errorf("%s: %s has placeholders %v, and %v in Indonesian", lang, k, a, b)
			}
		}
	}
}
