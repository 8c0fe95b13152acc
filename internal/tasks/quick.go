package tasks

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Quick reads a task that somebody typed in one line, in Indonesian or in
// English: "Telepon Bu Ratna besok 10.00", "Laporan tiap Senin dan Kamis jam 4
// sore", "Meeting with Budi next Tuesday 10-11:30". What it understands as day,
// time and repetition it takes out of the title. now is in the workspace's
// zone.
func Quick(text string, now time.Time) Task {
	q := quick{now: now, hour: -1, until: -1}
	for w := range strings.FieldsSeq(clip(strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", " "), " "), 500)) {
		if len(q.words) == maxWords {
			q.words[maxWords-1].text += " " + w
			continue
		}
		q.words = append(q.words, word{text: w, low: strings.Trim(strings.ToLower(w), ".,;!?()")})
	}
	for i := 0; i < len(q.words); {
		n := q.match(i)
		for j := i; j < i+n; j++ {
			q.words[j].taken = true
		}
		i += max(n, 1)
	}
	return q.task()
}

const maxWords = 80

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

type word struct {
	text  string
	low   string
	taken bool
}

// A quick is what has been understood so far.
type quick struct {
	now   time.Time
	words []word

	day         time.Time // zero if none was named
	weekday     bool      // the day was named by its weekday or by a rule
	hour, min   int       // hour is -1 if no time was named
	until, uMin int       // when it ends; until is -1 if that was not said
	repeat      string
}

func (q *quick) low(i int) string {
	if i < 0 || i >= len(q.words) {
		return ""
	}
	return q.words[i].low
}

// match returns how many words from the i-th on say when; 0 if none do.
func (q *quick) match(i int) int {
	for _, f := range []func(int) int{q.rule, q.date, q.clock} {
		if n := f(i); n > 0 {
			return n
		}
	}
	// A preposition goes with what it stands before.
	switch q.low(i) {
	case "pada", "hari", "di", "on", "by", "at", "from", "mulai", "starting", "sebelum", "before", "paling", "untuk", "the":
		if i+1 >= len(q.words) {
			return 0
		}
		for _, f := range []func(int) int{q.date, q.clock} {
			if n := f(i + 1); n > 0 {
				return n + 1
			}
		}
	}
	return 0
}

var weekdayWords = map[string]time.Weekday{
	"senin": time.Monday, "selasa": time.Tuesday, "rabu": time.Wednesday, "kamis": time.Thursday, "jumat": time.Friday, "jum'at": time.Friday, "sabtu": time.Saturday, "minggu": time.Sunday, "ahad": time.Sunday,
	"monday": time.Monday, "tuesday": time.Tuesday, "wednesday": time.Wednesday, "thursday": time.Thursday, "friday": time.Friday, "saturday": time.Saturday, "sunday": time.Sunday,
	"mon": time.Monday, "tue": time.Tuesday, "wed": time.Wednesday, "thu": time.Thursday, "fri": time.Friday,
}

var monthWords = map[string]time.Month{
	"januari": 1, "februari": 2, "maret": 3, "april": 4, "mei": 5, "juni": 6, "juli": 7, "agustus": 8, "september": 9, "oktober": 10, "november": 11, "desember": 12,
	"january": 1, "february": 2, "march": 3, "may": 5, "june": 6, "july": 7, "august": 8, "october": 10, "december": 12,
	"jan": 1, "feb": 2, "mar": 3, "apr": 4, "jun": 6, "jul": 7, "agu": 8, "agt": 8, "aug": 8, "sep": 9, "okt": 10, "oct": 10, "nov": 11, "des": 12, "dec": 12,
}

var ruleDays = []string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}

// units are words for stretches of time, with their frequency.
var units = map[string]string{
	"hari": "DAILY", "day": "DAILY", "days": "DAILY", "minggu": "WEEKLY", "pekan": "WEEKLY", "week": "WEEKLY", "weeks": "WEEKLY",
	"bulan": "MONTHLY", "month": "MONTHLY", "months": "MONTHLY", "tahun": "YEARLY", "year": "YEARLY", "years": "YEARLY",
}

// rule reads a repetition: "tiap Senin dan Kamis", "every 2 weeks".
func (q *quick) rule(i int) int {
	if q.repeat != "" {
		return 0
	}
	switch q.low(i) {
	case "daily":
		return q.repeats("FREQ=DAILY", 1)
	case "weekly":
		return q.repeats("FREQ=WEEKLY", 1)
	case "monthly":
		return q.repeats("FREQ=MONTHLY", 1)
	case "tiap", "setiap", "every", "each":
	default:
		return 0
	}
	next := q.low(i + 1)
	switch {
	case next == "hari" && q.low(i+2) == "kerja", next == "working" && q.low(i+2) == "day":
		return q.repeats("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", 3)
	case next == "weekday" || next == "workday":
		return q.repeats("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", 2)
	case next == "tanggal" || next == "tgl":
		if d, ok := number(q.low(i+2), 1, 31); ok {
			q.first(func(t time.Time) bool { return t.Day() == d })
			return q.repeats("FREQ=MONTHLY;BYMONTHDAY="+strconv.Itoa(d), 3)
		}
		return 0
	case next == "hari":
		if d, n := q.weekdays(i + 2); n > 0 {
			return q.repeats("FREQ=WEEKLY;BYDAY="+d, n+2)
		}
	}
	if next != "minggu" || q.joins(i+2) {
		if d, n := q.weekdays(i + 1); n > 0 {
			return q.repeats("FREQ=WEEKLY;BYDAY="+d, n+1)
		}
	}
	if f := units[next]; f != "" {
		return q.repeats("FREQ="+f, 2)
	}
	if n, ok := number(next, 1, 99); ok {
		if f := units[q.low(i+2)]; f != "" {
			return q.repeats("FREQ="+f+";INTERVAL="+strconv.Itoa(n), 3)
		}
	}
	return 0
}

func (q *quick) repeats(rule string, n int) int {
	q.repeat = rule
	return n
}

// joins reports whether the i-th word joins two weekdays.
func (q *quick) joins(i int) bool {
	switch q.low(i) {
	case "dan", "and", "&":
		_, ok := weekdayWords[q.low(i+1)]
		return ok
	}
	return false
}

// weekdays reads weekdays from the i-th word on, as a rule names them, and
// returns how many words that are. The day becomes the first of them.
func (q *quick) weekdays(i int) (days string, n int) {
	var list []string
	in := [7]bool{}
	for j := i; ; {
		d, ok := weekdayWords[q.low(j)]
		if !ok {
			break
		}
		if !in[d] {
			list, in[d] = append(list, ruleDays[d]), true
		}
		j++
		n = j - i
		if q.joins(j) {
			j++
		}
	}
	if n > 0 {
		q.first(func(t time.Time) bool { return in[t.Weekday()] })
	}
	return strings.Join(list, ","), n
}

// first sets the day to the first that is ok, from today on.
func (q *quick) first(ok func(time.Time) bool) {
	day := q.today()
	for range 400 {
		if ok(day) {
			q.day, q.weekday = day, true
			return
		}
		day = day.AddDate(0, 0, 1)
	}
}

func (q *quick) today() time.Time {
	y, m, d := q.now.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, q.now.Location())
}

// date reads a day.
func (q *quick) date(i int) int {
	if !q.day.IsZero() {
		return 0
	}
	for _, f := range []func(int) (time.Time, int){q.named, q.distant, q.ofWeek, q.written} {
		if day, n := f(i); n > 0 {
			q.day = day
			return n
		}
	}
	return 0
}

// named reads today, tomorrow and the like.
func (q *quick) named(i int) (time.Time, int) {
	today, next := q.today(), q.low(i+1)
	monday := today.AddDate(0, 0, -(int(today.Weekday())+6)%7)
	month := today.AddDate(0, 0, 1-today.Day())
	switch q.low(i) {
	case "today":
		return today, 1
	case "besok", "tomorrow":
		return today.AddDate(0, 0, 1), 1
	case "lusa":
		return today.AddDate(0, 0, 2), 1
	case "hari", "nanti", "sore", "malam", "siang":
		if next == "ini" {
			return today, 2
		}
	case "minggu", "pekan":
		if next == "depan" && q.low(i-1) != "hari" {
			return monday.AddDate(0, 0, 7), 2
		}
	case "bulan":
		if next == "depan" {
			return month.AddDate(0, 1, 0), 2
		}
	case "akhir":
		if next == "bulan" {
			return month.AddDate(0, 1, -1), 2
		}
	case "next":
		switch next {
		case "week":
			return monday.AddDate(0, 0, 7), 2
		case "month":
			return month.AddDate(0, 1, 0), 2
		}
	case "end":
		if next == "of" && q.low(i+2) == "month" {
			return month.AddDate(0, 1, -1), 3
		}
	}
	return time.Time{}, 0
}

// distant reads "3 hari lagi", "in two weeks" in figures.
func (q *quick) distant(i int) (time.Time, int) {
	at, words := i, 2
	switch q.low(i) {
	case "in", "dalam":
		at, words = i+1, 3
	default:
		if q.low(i+2) != "lagi" {
			return time.Time{}, 0
		}
		words = 3
	}
	n, ok := number(q.low(at), 1, 999)
	if !ok {
		return time.Time{}, 0
	}
	today := q.today()
	switch units[q.low(at+1)] {
	case "DAILY":
		return today.AddDate(0, 0, n), words
	case "WEEKLY":
		return today.AddDate(0, 0, 7*n), words
	case "MONTHLY":
		return today.AddDate(0, min(n, 120), 0), words
	}
	return time.Time{}, 0
}

// ofWeek reads weekdays: the next such day, or with "depan" that of next week.
func (q *quick) ofWeek(i int) (time.Time, int) {
	at, n := i, 1
	nextWeek := q.low(i) == "next"
	if nextWeek {
		at, n = i+1, 2
	}
	d, ok := weekdayWords[q.low(at)]
	if !ok {
		return time.Time{}, 0
	}
	if q.low(at+1) == "depan" {
		nextWeek, n = true, n+1
	}
	today := q.today()
	if nextWeek {
		monday := today.AddDate(0, 0, -(int(today.Weekday())+6)%7)
		return monday.AddDate(0, 0, 7+(int(d)+6)%7), n
	}
	ahead := (int(d) - int(today.Weekday()) + 7) % 7
	if ahead == 0 {
		ahead = 7
	}
	return today.AddDate(0, 0, ahead), n
}

// written reads 17 November, Nov 17, 17/11/2026, 2026-11-17, tanggal 17.
func (q *quick) written(i int) (time.Time, int) {
	w := q.low(i)
	if w == "tanggal" || w == "tgl" {
		if day, n := q.dayMonth(i + 1); n > 0 {
			return day, n + 1
		}
		if d, ok := number(q.low(i+1), 1, 31); ok {
			return q.thisOrNextMonth(d), 2
		}
		return time.Time{}, 0
	}
	if day, err := time.ParseInLocation(time.DateOnly, w, q.now.Location()); err == nil && sane(day) {
		return day, 1
	}
	if parts := strings.Split(w, "/"); len(parts) == 2 || len(parts) == 3 {
		year := ""
		if len(parts) == 3 {
			year = parts[2]
		}
		if m, ok := number(parts[1], 1, 12); ok {
			if day, ok := q.calendar(parts[0], time.Month(m), year); ok {
				return day, 1
			}
		}
		return time.Time{}, 0
	}
	return q.dayMonth(i)
}

func (q *quick) dayMonth(i int) (time.Time, int) {
	day, month := q.low(i), q.low(i+1)
	m, ok := monthWords[month]
	if !ok {
		if m, ok = monthWords[day]; !ok {
			return time.Time{}, 0
		}
		day = month
	}
	if year := q.low(i + 2); len(year) == 4 {
		if t, ok := q.calendar(day, m, year); ok {
			return t, 3
		}
	}
	if t, ok := q.calendar(day, m, ""); ok {
		return t, 2
	}
	return time.Time{}, 0
}

// calendar returns a day of a month; without a year the next one.
func (q *quick) calendar(day string, m time.Month, year string) (time.Time, bool) {
	d, ok := number(strings.TrimRight(day, "stndrh"), 1, 31)
	if !ok {
		return time.Time{}, false
	}
	y := q.now.Year()
	if year != "" {
		if y, ok = number(year, 0, 2200); !ok || len(year) != 2 && len(year) != 4 {
			return time.Time{}, false
		}
		if len(year) == 2 {
			y += 2000
		}
	}
	t := time.Date(y, m, d, 0, 0, 0, 0, q.now.Location())
	if year == "" && t.Before(q.today()) {
		t = time.Date(y+1, m, d, 0, 0, 0, 0, q.now.Location())
	}
	return t, t.Day() == d && sane(t)
}

func (q *quick) thisOrNextMonth(d int) time.Time {
	today := q.today()
	first := today.AddDate(0, 0, 1-today.Day())
	for {
		if t := first.AddDate(0, 0, d-1); t.Day() == d && !t.Before(today) {
			return t
		}
		first = first.AddDate(0, 1, 0)
	}
}

// clock reads a time of day, or from when until when.
func (q *quick) clock(i int) int {
	if q.hour >= 0 {
		return 0
	}
	n, named := 0, false
	switch q.low(i) {
	case "jam", "pukul", "pkl", "at":
		n, named = 1, true
	}
	w := q.low(i + n)
	from, to, isRange := strings.Cut(strings.ReplaceAll(w, "–", "-"), "-")
	h, m, sure, ok := parseClock(from)
	if !ok {
		return 0
	}
	end, endMin := -1, 0
	if isRange {
		var endSure bool
		if end, endMin, endSure, ok = parseClock(to); !ok {
			return 0
		}
		sure = sure || endSure
	}
	n++
	// jam 3 sore, 8 malam, 10 pagi, 3 pm
	switch part := q.low(i + n); part {
	case "pagi", "am":
		n, sure = n+1, true
	case "siang", "sore", "malam", "pm":
		late := func(h int) int {
			if h >= 0 && h < 12 && !(part == "siang" && h >= 10) {
				return h + 12
			}
			return h
		}
		h, end = late(h), late(end)
		n, sure = n+1, true
	case "wib", "wita", "wit":
		n, sure = n+1, true
	}
	if !named && !sure {
		return 0
	}
	if end >= 0 && end*60+endMin <= h*60+m {
		if end += 12; end > 23 || end*60+endMin <= h*60+m {
			end = -1
		}
	}
	q.hour, q.min, q.until, q.uMin = h, m, end, endMin
	return n
}

// parseClock reads 10.00, 10:00, 3pm and 10; sure says that it can't be
// something else.
func parseClock(s string) (h, m int, sure, ok bool) {
	rest, late := strings.CutSuffix(s, "pm")
	if !late {
		var early bool
		rest, early = strings.CutSuffix(s, "am")
		sure = early && rest != ""
	}
	sure = sure || late && rest != ""
	hour, minute, split := rest, "", false
	if hour, minute, split = strings.Cut(rest, "."); !split {
		hour, minute, split = strings.Cut(rest, ":")
	}
	if h, ok = number(hour, 0, 23); !ok {
		return 0, 0, false, false
	}
	if split {
		if m, ok = number(minute, 0, 59); !ok || len(minute) != 2 {
			return 0, 0, false, false
		}
		sure = true
	}
	if late && h < 12 {
		h += 12
	}
	return h, m, sure, true
}

// number reads a whole number between bounds, in figures only.
func number(s string, low, high int) (int, bool) {
	if s == "" || len(s) > 4 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= low && n <= high
}

// kindWords are first words that say what is to be done.
var kindWords = map[string]Kind{
	"telepon": Call, "telpon": Call, "telp": Call, "tlp": Call, "hubungi": Call, "call": Call, "phone": Call, "ring": Call,
	"wa": Message, "whatsapp": Message, "chat": Message, "email": Message, "e-mail": Message, "balas": Message, "reply": Message, "message": Message,
	"rapat": Meeting, "meeting": Meeting, "meet": Meeting, "temui": Meeting, "bertemu": Meeting, "ketemu": Meeting, "pertemuan": Meeting,
	"kunjungi": Visit, "kunjungan": Visit, "visit": Visit, "survei": Visit,
}

// task puts together what was understood.
func (q *quick) task() Task {
	t := Task{Kind: Plain, Repeat: q.repeat}
	var rest []string
	for _, w := range q.words {
		if !w.taken {
			rest = append(rest, w.text)
		}
	}
	t.Title = strings.Trim(strings.Join(rest, " "), " ,;–-")
	if len(q.words) > 0 {
		if k, ok := kindWords[q.words[0].low]; ok {
			t.Kind = k
		}
	}
	day := q.day
	if day.IsZero() && (q.hour >= 0 || q.repeat != "") {
		day = q.today()
		if q.hour >= 0 && q.at(day, q.hour, q.min).Before(q.now) {
			day = day.AddDate(0, 0, 1)
		}
	}
	if day.IsZero() {
		return t
	}
	if q.weekday && q.hour >= 0 && q.at(day, q.hour, q.min).Before(q.now) {
		q.after(&day)
	}
	t.Day = day.Format(time.DateOnly)
	if q.hour >= 0 {
		t.At = q.at(day, q.hour, q.min)
		if q.until >= 0 {
			t.Ends = q.at(day, q.until, q.uMin)
		}
	}
	return t
}

// after moves the first day of a rule, whose time has passed, to the next one.
func (q *quick) after(day *time.Time) {
	days, monthday, _ := strings.Cut(strings.TrimPrefix(q.repeat, "FREQ=WEEKLY;BYDAY="), "BYMONTHDAY=")
	for range 62 {
		*day = day.AddDate(0, 0, 1)
		if monthday == "" && strings.Contains(days, ruleDays[day.Weekday()]) || monthday == strconv.Itoa(day.Day()) {
			return
		}
	}
}

func (q *quick) at(day time.Time, h, m int) time.Time {
	y, mo, d := day.Date()
	return time.Date(y, mo, d, h, m, 0, 0, q.now.Location())
}
