package vcard_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/vcard"
)

// FuzzVCard reads anything: no input may panic or hang, every card is text that
// can be kept, and what was read once is written so that it is read again.
func FuzzVCard(f *testing.F) {
	f.Add([]byte("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:A\r\nitem1.TEL;type=CELL:1\r\nitem1.X-ABLabel:_$!<X>!$_\r\nEND:VCARD\r\n"))
	f.Add([]byte("BEGIN:VCARD\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=C3=91=\n=91;A\nAGENT:\nBEGIN:VCARD\nEND:VCARD\nPHOTO;BASE64:\n R0lGODlh\n\nEND:VCARD"))
	f.Add([]byte("BEGIN:VCARD\rFN;CHARSET=GBK:\xc4\xe3\rADR;LABEL=\"a^nb\":;;c;;;;\rLABEL:x\rBDAY:--0203\rPHOTO:data:image/gif;base64,R0lGODlhIQ==\rEND:VCARD"))
	f.Add([]byte("\xff\xfeB\x00E\x00G\x00I\x00N\x00:\x00V\x00C\x00A\x00R\x00D\x00\n\x00F\x00N\x00:\x00A\x00\n\x00"))
	f.Add([]byte("BEGIN:VCARD\nIMPP:skype:a%20b\nX-SOCIALPROFILE;type=x:http://y\nNOTE:\\n\\,\nBEGIN:VCARD\nEMAIL:a"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d := vcard.NewDecoder(strings.NewReader(string(data)))
		for {
			c, err := d.Next()
			if err == io.EOF {
				return
			}
			if e := (*errs.Error)(nil); errors.As(err, &e) {
				continue
			}
			if err != nil {
				t.Fatalf("Next fails with %v, which people don't understand", err)
			}
			if !utf8.ValidString(fmt.Sprintf("%+v", *c)) {
				t.Fatalf("%+v is no text", *c)
			}
			for _, version := range []string{"3.0", "4.0"} {
				text := written(t, c, version)
				if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
					t.Fatalf("%q is no text", text)
				}
				again, keys := read(t, text)
				if len(again) != 1 || len(keys) > 0 {
					if c.DisplayName() == "" {
						continue // an empty card has nothing to be read again
					}
					t.Fatalf("%d cards, errors %v of %q", len(again), keys, text)
				}
				a := again[0]
				if len(a.Emails) != len(c.Emails) || len(a.Phones) != len(c.Phones) || len(a.Notes) != len(c.Notes) ||
					len(a.Addresses) != len(c.Addresses) || a.Birthday != c.Birthday || len(a.Photo.Data) != len(c.Photo.Data) {
					t.Errorf("%+v\nis written as\n%s", c, text)
				}
			}
		}
	})
}
