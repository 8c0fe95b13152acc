package catalog

import (
	"bytes"
	"image"
	"image/color"
	_ "image/gif" // decoders
	"image/jpeg"
	_ "image/png"
)

const (
	thumbSize   = 640        // pixels of the longer side
	thumbSource = 24_000_000 // pixels of the largest picture that is made small, which takes 96 MB for a moment
	smallFile   = 40 << 10   // bytes below which a picture is small enough as it is
)

// thumbnail returns a small JPEG of a picture, on white where it is
// transparent. It returns nil if the picture is small already, or if its
// format is not known here, or if it is broken or too large to be looked at.
func thumbnail(data []byte) []byte {
	if len(data) < smallFile {
		return nil
	}
	conf, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || conf.Width <= 0 || conf.Height <= 0 || conf.Width > thumbSource/conf.Height {
		return nil
	}
	src, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, shrink(src, thumbSize), &jpeg.Options{Quality: 82}); err != nil || out.Len() >= len(data) {
		return nil
	}
	return out.Bytes()
}

// shrink returns src on white, with neither side longer than size. Each pixel
// is the mean of up to 16 of those that it stands for.
func shrink(src image.Image, size int) image.Image {
	b := src.Bounds()
	w, h := b.Dx(), b.Dy()
	if longer := max(w, h); longer > size {
		w, h = max(w*size/longer, 1), max(h*size/longer, 1)
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			out.SetRGBA(x, y, mean(src, b.Min.X+x*b.Dx()/w, b.Min.Y+y*b.Dy()/h, b.Min.X+(x+1)*b.Dx()/w, b.Min.Y+(y+1)*b.Dy()/h))
		}
	}
	return out
}

// mean returns the mean colour of a rectangle of src on white.
func mean(src image.Image, x0, y0, x1, y1 int) color.RGBA {
	var r, g, b, n uint32
	for y := y0; y < max(y1, y0+1); y += max((y1-y0)/4, 1) {
		for x := x0; x < max(x1, x0+1); x += max((x1-x0)/4, 1) {
			cr, cg, cb, ca := src.At(x, y).RGBA()
			white := 0xffff - ca
			r, g, b, n = r+(cr+white)>>8, g+(cg+white)>>8, b+(cb+white)>>8, n+1
		}
	}
	return color.RGBA{uint8(r / n), uint8(g / n), uint8(b / n), 0xff}
}
