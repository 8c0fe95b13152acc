package ui

import (
	"context"
	"encoding/json"
	"io"
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

func documentTitle(v *View, title string) string {
	switch {
	case title == "":
		return "Akrab"
	case v.Brand == "":
		return title + " · Akrab"
	}
	return title + " · " + v.Brand + " · Akrab"
}

func brandLabel(v *View) string {
	if v.Brand == "" {
		return "Akrab"
	}
	return "Akrab, " + v.Brand
}

func navMode(v *View, opt PageOptions) string {
	if opt.Rail || v.NavFolded {
		return "rail"
	}
	return "full"
}

func onOff(b bool) string {
	if b {
		return "on"
	}
	return "off"
}

func boolean(b bool) string { return strconv.FormatBool(b) }

func pinClass(p Pin) string {
	if p.Org {
		return "org xs"
	}
	return "xs"
}

func langCode(v *View) string { return strings.ToUpper(string(v.Lang)) }

func otherLang(v *View) string {
	if v.Lang == "id" {
		return "en"
	}
	return "id"
}

func otherLangName(v *View) string {
	if v.Lang == "id" {
		return "English"
	}
	return "Bahasa Indonesia"
}

// scriptText returns the words that the script needs, as JSON: how long ago
// something was while the page stays open, and what it says by itself.
func scriptText(v *View) string {
	b, err := json.Marshal(map[string]any{
		"now":     v.T("locale.ago.now"),
		"minutes": []string{v.T("locale.ago.minutes", "n", 1), v.T("locale.ago.minutes", "n", "{n}")},
		"hours":   []string{v.T("locale.ago.hours", "n", 1), v.T("locale.ago.hours", "n", "{n}")},
		"offline": v.T("ui.offline"),
		"close":   v.T("ui.close"),
	})
	if err != nil {
		return "{}"
	}
	return string(b)
}

// recentJSON describes a record to the palette, which remembers it.
func recentJSON(p Pin) string {
	class := "sm"
	if p.Org {
		class = "org sm"
	}
	b, err := json.Marshal(map[string]string{"href": p.Href, "name": p.Name, "mark": Initials(p.Name), "class": join("avatar", class, hueClass(p.Name))})
	if err != nil {
		return "{}"
	}
	return string(b)
}

// navCount shows a NavItem's number, if it has one.
func navCount(v *View, item NavItem) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		if item.Count == nil {
			return nil
		}
		n, hot := item.Count(ctx, v)
		if n == 0 {
			return nil
		}
		class := "count"
		if hot {
			class = "count hot"
		}
		_, err := io.WriteString(w, `<span class="`+class+`">`+templ.EscapeString(v.Num(n))+`</span>`)
		return err
	})
}
