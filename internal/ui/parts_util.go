package ui

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func orElse(s, def string) string {
	if s == "" {
		return def
	}
	return s
}

// noteRole makes a bad note an alert, which is read out at once.
func noteRole(tone string) string {
	if tone == "bad" {
		return "alert"
	}
	return "note"
}

// sorted returns the pairs of a map in the order of their keys, so that the
// same page is the same bytes.
func sorted(m map[string]string) [][2]string {
	list := make([][2]string, 0, len(m))
	for k, v := range m {
		list = append(list, [2]string{k, v})
	}
	slices.SortFunc(list, func(a, b [2]string) int { return cmp.Compare(a[0], b[0]) })
	return list
}

func postClass(b PostButton) string {
	if b.Menu {
		return b.Class
	}
	return orElse(b.Class, "btn")
}

// keyCaps returns what stands on the keys of a shortcut: "g c" → G, C.
func keyCaps(s string) []string {
	list := strings.Fields(s)
	for i, k := range list {
		parts := strings.Split(k, "+")
		for j, p := range parts {
			switch p {
			case "ctrl":
				parts[j] = "Ctrl"
			case "enter":
				parts[j] = "↵"
			case "escape":
				parts[j] = "Esc"
			case "shift":
				parts[j] = "⇧"
			default:
				parts[j] = strings.ToUpper(p)
			}
		}
		list[i] = strings.Join(parts, " ")
	}
	return list
}
