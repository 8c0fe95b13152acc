package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
)

// upload starts an import over the API and returns its id.
func (b *bench) upload(ctx context.Context, api string, file []byte) (string, error) {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("file", "more.csv")
	if err != nil {
		return "", err
	}
	part.Write(file) // a buffer takes everything
	w.WriteField("kind", "customers")
	w.WriteField("key", "external_id")
	if err := w.Close(); err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, "POST", api+"/imports", &body)
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+b.token)
	req.Header.Set("Content-Type", w.FormDataContentType())
	var job struct {
		ID string `json:"id"`
	}
	err = b.decode(req, &job)
	return job.ID, err
}

// state returns the state of an import.
func (b *bench) state(ctx context.Context, api, id string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, "GET", api+"/imports/"+id, nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+b.token)
	var job struct {
		State string `json:"state"`
	}
	err = b.decode(req, &job)
	return job.State, err
}

func (b *bench) decode(req *http.Request, v any) error {
	resp, err := b.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %.300s", req.Method, req.URL.Path, resp.Status, text)
	}
	return json.Unmarshal(text, v)
}
