package sheet

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// A style says what the numbers in a cell mean. The zero style is just numbers.
type style struct {
	date    bool // days since the epoch
	clock   bool // a time of day
	elapsed bool // a length of time, in days
}

// builtinStyle returns the style with a number that every program knows. ok is
// false if the file may define it.
func builtinStyle(id int) (s style, ok bool) {
	switch {
	case id >= 14 && id <= 17, id >= 27 && id <= 31, id == 36, id >= 50 && id <= 54, id >= 57 && id <= 58:
		return style{date: true}, true
	case id == 22:
		return style{date: true, clock: true}, true
	case id >= 18 && id <= 21, id >= 32 && id <= 35, id == 45, id == 47, id >= 55 && id <= 56:
		return style{clock: true}, true
	case id == 46:
		return style{elapsed: true}, true
	}
	return style{}, id < 50
}

// styleOf reads the code of a format such as `dd/mm/yyyy;@` or `[h]:mm`.
func styleOf(code string) style {
	var s style
	code = strings.ToLower(code)
	for _, half := range []string{"am/pm", "a/p"} {
		if strings.Contains(code, half) {
			code, s.clock = strings.ReplaceAll(code, half, ""), true
		}
	}
	months := false
	for i := 0; i < len(code); i++ {
		switch code[i] {
		case ';':
			i = len(code) // the first section is for positive numbers
		case '\\', '_', '*':
			i++
		case '"':
			end := strings.IndexByte(code[i+1:], '"')
			if end < 0 {
				return style{}
			}
			i += end + 1
		case '[':
			end := strings.IndexByte(code[i:], ']')
			if end < 0 {
				return style{}
			}
			if in := code[i+1 : i+end]; in != "" && strings.Trim(in, "hms") == "" {
				s.elapsed = true
			}
			i += end
		case 'y', 'd':
			s.date = true
		case 'h', 's':
			s.clock = true
		case 'm':
			months = true
		}
	}
	if months && !s.clock && !s.elapsed {
		s.date = true
	}
	if s.elapsed {
		return style{elapsed: true}
	}
	return s
}

// maxSerial is the last day that Excel knows, 9999-12-31.
const maxSerial = 2958466

// number returns a number of a cell as text: plain digits, or the date or time
// that the style makes of it.
func (x *xlsx) number(raw string, st style) string {
	raw = strings.TrimSpace(raw)
	v, err := strconv.ParseFloat(raw, 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		return strings.ToValidUTF8(strings.ReplaceAll(raw, "\x00", ""), "\uFFFD")
	}
	if (st.date || st.clock || st.elapsed) && v >= 0 && v < maxSerial {
		return x.moment(v, st)
	}
	return plainNumber(raw, v)
}

// moment returns days since the epoch as a date, a time or both.
func (x *xlsx) moment(days float64, st style) string {
	seconds := int64(math.Round(days * 86400))
	if st.elapsed || days < 1 && !st.date {
		return fmt.Sprintf("%02d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
	}
	// Excel believes in 29 February 1900, so that days before it are one off.
	if days < 60 && x.epoch.Year() == 1899 {
		seconds += 86400
	}
	t := x.epoch.Add(time.Duration(seconds%86400)*time.Second).AddDate(0, 0, int(seconds/86400))
	if seconds%86400 == 0 {
		return t.Format("2006-01-02")
	}
	return t.Format("2006-01-02T15:04:05")
}

// plainNumber returns a number without exponent, and without the noise beyond the
// 15 digits that Excel keeps.
func plainNumber(raw string, v float64) string {
	if !strings.ContainsAny(raw, "eE") && len(strings.Trim(raw, "-.")) <= 16 {
		return strings.TrimPrefix(raw, "+")
	}
	if math.Abs(v) > 1e30 || v != 0 && math.Abs(v) < 1e-30 {
		return raw
	}
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 15, 64), 64)
	if !strings.ContainsAny(raw, ".eE") {
		return raw // a whole number of many digits is kept as it is
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}
