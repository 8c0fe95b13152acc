package sheet

import (
	"bytes"
	"slices"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	utf16 "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// Encodings are the names of the encodings of text that can be read, in the order in
// which to offer them.
var Encodings = []string{
	"utf-8", "windows-1252", "iso-8859-1", "iso-8859-15", "iso-8859-2",
	"windows-1250", "macintosh", "utf-16le", "utf-16be", "utf-32le", "utf-32be",
	"ibm850", "windows-1251", "koi8-r", "windows-1253", "windows-1254", "windows-1256",
	"shift_jis", "euc-jp", "gb18030", "big5", "euc-kr",
}

// decoding returns the encoding with the given name, or nil.
func decoding(name string) encoding.Encoding {
	switch name {
	case "utf-8":
		return encoding.Nop
	case "utf-16le":
		return utf16.UTF16(utf16.LittleEndian, utf16.IgnoreBOM)
	case "utf-16be":
		return utf16.UTF16(utf16.BigEndian, utf16.IgnoreBOM)
	case "utf-32le":
		return utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)
	case "utf-32be":
		return utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)
	case "shift_jis":
		return japanese.ShiftJIS
	case "euc-jp":
		return japanese.EUCJP
	case "gb18030":
		return simplifiedchinese.GB18030
	case "big5":
		return traditionalchinese.Big5
	case "euc-kr":
		return korean.EUCKR
	}
	if cm := singleByte(name); cm != nil {
		return cm
	}
	return nil
}

// singleByte returns the encoding of one byte a character with the given name, or nil.
func singleByte(name string) *charmap.Charmap {
	switch name {
	case "windows-1250":
		return charmap.Windows1250
	case "windows-1251":
		return charmap.Windows1251
	case "windows-1252":
		return charmap.Windows1252
	case "windows-1253":
		return charmap.Windows1253
	case "windows-1254":
		return charmap.Windows1254
	case "windows-1256":
		return charmap.Windows1256
	case "iso-8859-1":
		return charmap.ISO8859_1
	case "iso-8859-2":
		return charmap.ISO8859_2
	case "iso-8859-15":
		return charmap.ISO8859_15
	case "macintosh":
		return charmap.Macintosh
	case "ibm850":
		return charmap.CodePage850
	case "koi8-r":
		return charmap.KOI8R
	}
	return nil
}

// bom returns the encoding that the mark at the beginning of head names, and
// the mark's length; or "" and 0.
func bom(head []byte) (string, int) {
	for _, b := range []struct{ mark, name string }{
		{"\xEF\xBB\xBF", "utf-8"},
		{"\xFF\xFE\x00\x00", "utf-32le"},
		{"\x00\x00\xFE\xFF", "utf-32be"},
		{"\xFF\xFE", "utf-16le"},
		{"\xFE\xFF", "utf-16be"},
	} {
		if bytes.HasPrefix(head, []byte(b.mark)) {
			return b.name, len(b.mark)
		}
	}
	return "", 0
}

// decodeHead returns the head of a file as UTF-8, without mark.
func decodeHead(head []byte, name string) []byte {
	_, n := bom(head)
	head = head[n:]
	if name == "utf-8" {
		return head
	}
	text, err := decoding(name).NewDecoder().Bytes(head)
	if err != nil {
		return head // cut within a character: the beginning is lost to no one
	}
	return text
}

// guessEncoding returns the likely encoding of a file with the given head.
func guessEncoding(head []byte, whole bool) string {
	if name, _ := bom(head); name != "" {
		return name
	}
	if name := wideBytes(head); name != "" {
		return name
	}
	good, bad := countUTF8(head, whole)
	if bad == 0 || good > 8*bad {
		return "utf-8"
	}
	if name := guessEastAsian(head); name != "" {
		return name
	}
	return guessSingleByte(head)
}

// wideBytes recognises UTF-16 and UTF-32 without mark by their zero bytes.
func wideBytes(head []byte) string {
	n := len(head) / 4 * 4
	var zero [4]int
	for i, b := range head[:n] {
		if b == 0 {
			zero[i%4]++
		}
	}
	most, few := n/4*6/10, n/4/20
	switch {
	case n < 8:
		return ""
	case zero[1] > most && zero[2] > most && zero[3] > most && zero[0] <= few:
		return "utf-32le"
	case zero[0] > most && zero[1] > most && zero[2] > most && zero[3] <= few:
		return "utf-32be"
	case zero[1]+zero[3] > most && zero[0]+zero[2] <= few:
		return "utf-16le"
	case zero[0]+zero[2] > most && zero[1]+zero[3] <= few:
		return "utf-16be"
	}
	return ""
}

// countUTF8 counts the characters of several bytes and the bytes that are no
// UTF-8. A character cut by the end of head is neither.
func countUTF8(head []byte, whole bool) (good, bad int) {
	for i := 0; i < len(head); {
		if head[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(head[i:])
		switch {
		case r != utf8.RuneError || n > 1:
			good++
		case whole || utf8.FullRune(head[i:]):
			bad++
		}
		i += n
	}
	return good, bad
}

// guessEastAsian returns the encoding of a Chinese, Japanese or Korean text, or "".
// In such a text nearly all high bytes belong to pairs that mean common
// characters; in a Western text they stand alone between ASCII letters.
func guessEastAsian(head []byte) string {
	best, bestScore := "", 0.6
	for _, name := range []string{"shift_jis", "euc-jp", "gb18030", "big5", "euc-kr"} {
		if s := scoreEastAsian(head, name); s > bestScore {
			best, bestScore = name, s
		}
	}
	return best
}

// scoreEastAsian returns a number up to 1: how far the high bytes of head make
// sense as the characters of an encoding.
func scoreEastAsian(head []byte, name string) float64 {
	text, _ := decoding(name).NewDecoder().Bytes(head[:min(len(head), 32<<10)])
	var high, common, bad, kana int
	prevHigh := false
	pairs := 0
	for _, r := range string(text) {
		if r < utf8.RuneSelf {
			prevHigh = false
			continue
		}
		high++
		if prevHigh {
			pairs++
		}
		prevHigh = true
		switch {
		case r == utf8.RuneError || r >= 0xE000 && r < 0xF900:
			bad++
		case r >= 0x3040 && r < 0x3100:
			common++
			kana++
		case r >= 0x4E00 && r < 0xA000 && everyday(r, name), r >= 0xAC00 && r < 0xD7A4, r >= 0x3000 && r < 0x3040, r >= 0xFF00 && r < 0xFF61:
			common++
		}
	}
	if high == 0 || bad*50 > high || 3*pairs < high {
		return 0
	}
	score := float64(common) / float64(high)
	if name == "euc-jp" && kana*20 < high {
		score /= 2 // its kanji alone look like Chinese
	}
	return score
}

// everyday reports whether a Chinese character is among the more frequent half
// of its encoding, which the encodings order by frequency.
func everyday(r rune, name string) bool {
	e := decoding(name)
	b, err := e.NewEncoder().Bytes([]byte(string(r)))
	if err != nil || len(b) != 2 {
		return false
	}
	switch name {
	case "gb18030":
		return b[0] >= 0xB0 && b[0] <= 0xD7 && b[1] >= 0xA1
	case "big5":
		return b[0] >= 0xA4 && b[0] <= 0xC6
	case "shift_jis":
		return b[0] >= 0x88 && b[0] <= 0x98
	case "euc-jp":
		return b[0] >= 0xB0 && b[0] <= 0xCF
	}
	return false
}

// guessSingleByte returns the encoding of one byte a character in which the
// high bytes of head look most like letters of words. Windows-1252, which
// contains ISO 8859-1, wins a draw.
func guessSingleByte(head []byte) string {
	head = head[:min(len(head), 64<<10)]
	best, bestScore := "windows-1252", -1<<30
	for _, name := range []string{"windows-1252", "macintosh", "iso-8859-2", "windows-1250", "windows-1251", "koi8-r"} {
		if s := scoreSingleByte(head, singleByte(name)); s > bestScore {
			best, bestScore = name, s
		}
	}
	return best
}

// usual are the accented letters that names and addresses in Latin letters are
// most often written with.
var usual = []rune("áàâäãåçéèêëíìîïñóòôöõøúùûüýÿßæœÁÀÂÄÃÅÇÉÈÊËÍÎÓÔÖØÚÜąćęłńśźżĄĆĘŁŃŚŹŻčďěňřšťůžČĎŘŠŤŽőűŐŰăâîșşțţđ")

func scoreSingleByte(head []byte, cm *charmap.Charmap) int {
	score := 0
	at := func(i int) rune {
		if i < 0 || i >= len(head) {
			return ' '
		}
		return cm.DecodeByte(head[i])
	}
	for i, b := range head {
		if b < utf8.RuneSelf {
			continue
		}
		score += scoreRune(at(i-1), at(i), at(i+1))
	}
	return score
}

// scoreRune says how usual a character beyond ASCII is between its neighbours.
func scoreRune(before, r, after rune) int {
	inWord := unicode.IsLetter(before) || unicode.IsLetter(after)
	switch {
	case r == utf8.RuneError || unicode.IsControl(r):
		return -20
	case unicode.Is(unicode.Cyrillic, r):
		return scoreCyrillic(before, r)
	case unicode.IsUpper(r) && unicode.IsLower(before):
		return -8 // no word has a capital within
	case unicode.IsLetter(r) && (before >= utf8.RuneSelf && unicode.IsLetter(before)):
		return -3 // accented letters seldom meet
	case slices.Contains(usual, r):
		return 4
	case unicode.IsLetter(r):
		return 0
	case r == '’' || r == '‘':
		return 4 // within words, too
	case inWord && unicode.IsLetter(before) && unicode.IsLetter(after):
		return -8 // a sign within a word
	case slices.Contains([]rune("–—“”„…€°§·•«»£©®½ \u00a0"), r):
		return 2
	}
	return -1
}

// scoreCyrillic expects words of Cyrillic letters with at most their first large.
func scoreCyrillic(before, r rune) int {
	switch {
	case !unicode.Is(unicode.Cyrillic, before):
		if unicode.IsLetter(before) {
			return -8
		}
		return 0
	case unicode.IsUpper(r) && unicode.IsLower(before):
		return -8
	case unicode.IsLower(r):
		return 3
	}
	return 2
}
