package ui

import "strconv"

// maxUnseen is the largest number that the bell shows.
const maxUnseen = 99

func bellCount(n int) string {
	if n > maxUnseen {
		return strconv.Itoa(maxUnseen) + "+"
	}
	return strconv.Itoa(n)
}

func bellLabel(v *View, n int) string {
	switch {
	case n <= 0:
		return v.T("ui.bell")
	case n > maxUnseen:
		return v.T("ui.bell.many", "max", maxUnseen)
	}
	return v.T("ui.bell.unseen", "n", n)
}
