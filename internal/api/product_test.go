package api_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http/httptest"
	"strings"
	"testing"
)

const pump = `{"code":"PA-125","name":{"id":"Pompa air 125 watt","en":"Water pump 125 W"},"family":"Pompa air","tier":"Standar","unit":"buah",
	"price":"650000","cost":"455000.5","tax":"0.11","facts":[{"label":"Daya","value":"125 W"},{"label":"Pipa","value":"1 inci"}]}`

func TestProductShape(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		var got object
		w := c.get(201, "POST", "/api/v1/products", pump, &got)
		if w.Header().Get("ETag") == "" || w.Header().Get("Location") != "/api/v1/products/"+got["id"].(string) {
			t.Errorf("headers %v", w.Header())
		}
		for key, want := range map[string]string{
			"code": "PA-125", "name": "map[en:Water pump 125 W id:Pompa air 125 watt]", "price": "650000", "cost": "455000.5", "currency": "IDR", "tax": "0.11",
			"description": "map[en: id:]", "archived": "false", "complements": "[]", "upgrades": "[]", "pictures": "[]",
			"facts": "[map[label:Daya value:125 W] map[label:Pipa value:1 inci]]",
		} {
			if s := fmt.Sprint(got[key]); s != want {
				t.Errorf("%s is %s, want %s", key, s, want)
			}
		}
		if got["offering"] != "yes" {
			t.Errorf("offering %v", got["offering"])
		}
		path := "/api/v1/products/" + got["id"].(string)
		c.get(200, "PATCH", path, `{"offering":"sensitive"}`, &got)
		if got["offering"] != "sensitive" || got["price"] != "650000" {
			t.Errorf("after the patch %v", got)
		}
		c.get(422, "PATCH", path, `{"offering":"perhaps"}`, nil)
		var few struct{ Items []object }
		c.get(200, "GET", "/api/v1/products?f=offering:eq:sensitive", "", &few)
		if len(few.Items) != 1 {
			t.Errorf("sensitive: %v", few)
		}
		c.get(200, "PATCH", path, `{"offering":null}`, &got)
		if got["offering"] != "yes" {
			t.Errorf("after null %v", got)
		}
		var bare object
		c.get(201, "POST", "/api/v1/products", `{"code":"pa-125"}`, &bare) // another code, by its case
		if bare["price"] != nil || bare["tax"] != nil {
			t.Errorf("a bare product %v", bare)
		}
		var page struct {
			Items []object
			Count int
		}
		c.get(200, "GET", "/api/v1/products?f=code:eq:pa-125&count=true", "", &page)
		if page.Count != 1 || len(page.Items) != 1 || page.Items[0]["id"] != bare["id"] {
			t.Errorf("by code: %v", page)
		}
		c.get(200, "GET", "/api/v1/products?q=pompa+air", "", &page)
		if len(page.Items) != 1 || page.Items[0]["id"] != got["id"] {
			t.Errorf("by search: %v", page)
		}
	})
}

func TestProductFaults(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		c.get(201, "POST", "/api/v1/products", pump, nil)
		for _, tt := range []struct {
			status      int
			body, field string
		}{
			{422, `{}`, "name.id"},
			{422, `{"code":"A","price":"abc"}`, "price"},
			{422, `{"code":"A","price":"0.0000001"}`, "price"},
			{422, `{"code":"A","tax":"11"}`, "tax"},
			{422, `{"code":"A","complements":["x"]}`, "complements.0"},
			{422, `{"code":"A","complements":["01900000-0000-7000-8000-000000000001"]}`, "complements"},
			{422, `{"code":"A","pictures":[{"file_id":"01900000-0000-7000-8000-000000000001"}]}`, "pictures.0.file_id"},
			{422, `{"code":"A","prise":"1"}`, "prise"},
			{409, `{"code":"PA-125"}`, "code"},
		} {
			var f fault
			c.get(tt.status, "POST", "/api/v1/products", tt.body, &f)
			if len(f.Errors) != 1 || f.Errors[0].Field != tt.field || f.Errors[0].Message == "" {
				t.Errorf("%s: %+v", tt.body, f)
			}
		}
	})
}

func TestProductPatch(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		var made, other, got object
		w := c.get(201, "POST", "/api/v1/products", pump, &made)
		path, tag := w.Header().Get("Location"), w.Header().Get("ETag")
		c.get(201, "POST", "/api/v1/products", `{"code":"SO-1","name":{"id":"Saklar"}}`, &other)
		body := fmt.Sprintf(`{"name":{"en":"Jet pump"},"cost":null,"complements":[%q],"facts":[{"label":"Berat","value":"7 kg"},{"label":"Daya","value":"150 W"}]}`, other["id"])
		c.get(200, "PATCH", path, body, &got)
		for key, want := range map[string]string{
			"name": "map[en:Jet pump id:Pompa air 125 watt]", "cost": "<nil>", "price": "650000", "complements": fmt.Sprint([]any{other["id"]}),
			"facts": "[map[label:Berat value:7 kg] map[label:Daya value:150 W]]",
		} {
			if s := fmt.Sprint(got[key]); s != want {
				t.Errorf("%s is %s, want %s", key, s, want)
			}
		}
		if w := c.with("If-Match", tag).do("PATCH", path, `{"unit":"x"}`); w.Code != 412 {
			t.Errorf("an old tag: %d", w.Code)
		}
		if w := c.with("If-Match", tag).do("DELETE", path, ""); w.Code != 412 {
			t.Errorf("an old tag: %d", w.Code)
		}
		keyed := c.with("Idempotency-Key", "k")
		keyed.get(201, "POST", "/api/v1/products", `{"code":"once"}`, &made)
		keyed.get(201, "POST", "/api/v1/products", `{"code":"once"}`, &got)
		if made["id"] != got["id"] {
			t.Error("made twice under one key")
		}
		c.get(204, "DELETE", path, "", nil)
		c.get(404, "GET", path, "", nil)
	})
}

const pixel = "\x89PNG\r\n\x1a\n and the rest"

// picture sends a picture to a product.
func (c *client) picture(path, content string) *httptest.ResponseRecorder {
	c.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	w.WriteField("alt", "Dari depan")
	part, err := w.CreateFormFile("file", "depan.png")
	if err != nil {
		c.t.Fatal(err)
	}
	io.WriteString(part, content)
	w.Close()
	return c.with("Content-Type", w.FormDataContentType()).do("POST", path+"/pictures", body.String())
}

func TestProductPictures(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		path := c.get(201, "POST", "/api/v1/products", pump, nil).Header().Get("Location")
		if w := c.picture(path, "<svg/>"); w.Code != 422 || !strings.Contains(w.Body.String(), `"field":"file"`) {
			t.Errorf("what is no picture: %d %s", w.Code, w.Body)
		}
		if w := c.picture(path, pixel); w.Code != 201 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if w := c.picture(path, pixel+"2"); w.Code != 201 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		type pictured struct {
			Pictures []struct {
				File string `json:"file_id"`
				Alt  string
				URL  string
			}
		}
		var got, changed pictured
		c.get(200, "GET", path, "", &got)
		if len(got.Pictures) != 2 || got.Pictures[0].Alt != "Dari depan" {
			t.Fatalf("%+v", got)
		}
		if w := c.get(200, "GET", got.Pictures[0].URL, "", nil); w.Body.String() != pixel || w.Header().Get("Content-Type") != "image/png" {
			t.Errorf("the picture is %q, %s", w.Body, w.Header())
		}
		second := got.Pictures[1].File
		c.get(200, "PATCH", path, fmt.Sprintf(`{"pictures":[{"file_id":%q,"alt":"Dari samping"},{"file_id":%q}]}`, second, got.Pictures[0].File), &changed)
		if now := changed.Pictures; now[0].File != second || now[0].Alt != "Dari samping" || now[1].Alt != "" {
			t.Errorf("in another order: %+v", now)
		}
		// A picture is found at its own product only.
		other := c.get(201, "POST", "/api/v1/products", `{"code":"B"}`, nil).Header().Get("Location")
		c.get(404, "GET", other+"/pictures/"+second, "", nil)
	})
}
