package team

import "testing"

func TestHasWord(t *testing.T) {
	tests := []struct {
		text, word string
		want       bool
	}{
		{"a.b", "a.b", true}, {"a.b c.d e.f", "c.d", true}, {"a.b c.d e.f", "e.f", true},
		{"a.bc", "a.b", false}, {"xa.b", "a.b", false}, {"a.bc a.b", "a.b", true}, {"", "a.b", false}, {"a.b", "", false}, {"a b", "a b c", false},
	}
	for _, tt := range tests {
		if got := hasWord(tt.text, tt.word); got != tt.want {
			t.Errorf("hasWord(%q, %q) = %v, want %v", tt.text, tt.word, got, tt.want)
		}
	}
}
