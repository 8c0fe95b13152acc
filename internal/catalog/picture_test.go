package catalog

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"testing"

	"github.com/akrab-crm/akrab/internal/errs"
)

// photo is a picture of noise, which no format makes small.
func photo(w, h int) image.Image {
	r := rand.New(rand.NewPCG(1, 2))
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = byte(r.Uint32())
	}
	return m
}

func TestThumbnail(t *testing.T) {
	var data bytes.Buffer
	if err := png.Encode(&data, photo(1600, 900)); err != nil {
		t.Fatal(err)
	}
	small := thumbnail(data.Bytes())
	conf, err := jpeg.DecodeConfig(bytes.NewReader(small))
	if err != nil || conf.Width != thumbSize || conf.Height != 360 {
		t.Errorf("the small picture is %d × %d, %v", conf.Width, conf.Height, err)
	}
	if thumbnail([]byte("\x89PNG\r\n\x1a\n")) != nil || thumbnail(bytes.Repeat([]byte("x"), 1<<20)) != nil {
		t.Error("something small was made of nothing")
	}
	clear := image.NewNRGBA(image.Rect(0, 0, 2, 2)) // nothing is seen of it
	if c := shrink(clear, 1).At(0, 0); c != (color.RGBA{255, 255, 255, 255}) {
		t.Errorf("transparent becomes %v, want white", c)
	}
}

func FuzzUpload(f *testing.F) {
	for _, m := range []image.Image{photo(120, 120), photo(1, 1)} {
		var p, j bytes.Buffer
		png.Encode(&p, m)
		jpeg.Encode(&j, m, nil)
		f.Add(p.Bytes())
		f.Add(j.Bytes())
	}
	f.Add([]byte("GIF89a"))
	f.Add([]byte("RIFF0000WEBPVP8 "))
	f.Add([]byte("<svg onload=alert(1)>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		u, err := NewUpload("x", data)
		if err != nil {
			if k := errs.KindOf(err); k != errs.Invalid && k != errs.TooLarge {
				t.Errorf("refused as %v: %v", k, err)
			}
			return
		}
		if u.thumb != nil {
			if _, err := jpeg.DecodeConfig(bytes.NewReader(u.thumb)); err != nil {
				t.Errorf("the small picture can't be read: %v", err)
			}
		}
	})
}
