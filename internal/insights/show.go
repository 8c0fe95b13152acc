package insights

import "strings"

// The keys of the messages that name segments and signals: the beginning, and
// what follows it.
const (
	segmentKey = "fact.segment."
	signalKey  = "fact.signal."
)

// Tone returns the light of a signal as pages show it: ok, warn or bad; "" for
// a customer who has none.
func Tone(signal string) string {
	switch signal {
	case "green":
		return "ok"
	case "yellow":
		return "warn"
	case "red":
		return "bad"
	}
	return ""
}

// SignalLabel returns the key of the message that names a signal; for none it
// depends on why there is none: the key of that sentence.
func SignalLabel(signal, why string) string {
	switch {
	case Tone(signal) != "":
		return signalKey + signal
	case strings.HasSuffix(why, ".new"), strings.HasSuffix(why, ".today"):
		return signalKey + "new"
	case strings.HasSuffix(why, ".once"):
		return signalKey + "once"
	}
	return signalKey + "none"
}

// SegmentLabel returns the key of the message that says what a segment by value
// means, such as "high, growing" for A1.
func SegmentLabel(segment string) string { return segmentKey + strings.ToLower(segment) }
