package activityweb

import (
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ui"
)

// maxFiles is how many files an entry brings at once.
const maxFiles = 10

// parse reads the body of a form that may bring files.
func parse(r *ui.Req) error {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		return nil
	}
	return r.Multipart()
}

// An upload is a file that came with an entry.
type upload struct {
	name, mediaType string
	data            []byte
}

// uploads reads the files of a form. What they are is told by their contents:
// a browser says what it likes.
func uploads(r *ui.Req) ([]upload, error) {
	if r.MultipartForm == nil {
		return nil, nil
	}
	files := r.MultipartForm.File["files"]
	if len(files) > maxFiles {
		return nil, errs.InvalidField("files", "timeline.files.many", "max", maxFiles)
	}
	var list []upload
	for _, h := range files {
		if h.Filename == "" {
			continue
		}
		data, err := content(h)
		if err != nil {
			return nil, err
		}
		list = append(list, upload{h.Filename, http.DetectContentType(data), data})
	}
	return list, nil
}

func content(h *multipart.FileHeader) ([]byte, error) {
	if h.Size > activity.MaxFile {
		return nil, errs.InvalidField("files", "activity.file_too_large", "max", activity.MaxFile>>20)
	}
	f, err := h.Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// read makes of i what a form says of it. The errors are about the form's fields.
func read(r *ui.Req, i *activity.Interaction) error {
	var bad errs.List
	if k := activity.Kind(r.Text("kind")); k != "" && k != i.Kind {
		if i.Kind = k; !slices.Contains(activity.Kinds, k) {
			bad.Add(errs.InvalidField("kind", "error.choice"))
		}
	}
	i.Subject = r.Text("subject")
	i.Body = strings.ReplaceAll(r.Form.Get("body"), "\r\n", "\n")
	i.Private = r.Bool("private")
	has := fieldsOf(i.Kind)
	i.Direction = ""
	if has.way {
		i.Direction = activity.Direction(r.Text("direction"))
	}
	i.Seconds = 0
	if text := r.Text("minutes"); text != "" && has.length {
		n, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
		if err != nil || !(n >= 0 && n <= 365*24*60) { // "nan" is a number to ParseFloat
			bad.Add(errs.InvalidField("duration_s", "activity.duration"))
		} else {
			i.Seconds = int64(n*60 + .5)
		}
	}
	i.Promise, i.Due = "", time.Time{}
	if r.Bool("promised") {
		i.Promise = r.Text("promise")
		var err *errs.Error
		if i.Due, err = moment(r, "due_at", "due_time", endOfDay); err != nil {
			bad.Add(err)
		}
		if i.Promise == "" && i.Due.IsZero() {
			bad.Add(errs.InvalidField("promise", "activity.promise_what"))
		}
	}
	if r.Form.Has("occurred_at") {
		at, err := moment(r, "occurred_at", "occurred_time", "12:00")
		if err != nil {
			bad.Add(err)
		}
		i.At = at
	}
	return bad.Err()
}

// endOfDay is the time until which a promise for a day is kept in time.
const endOfDay = "23:59"

// moment reads a day and a time of it from two fields, in the workspace's
// zone. Without a day it is the zero time; without a time it is def.
func moment(r *ui.Req, day, clock, def string) (time.Time, *errs.Error) {
	date, at := r.Text(day), r.Text(clock)
	if date == "" {
		return time.Time{}, nil
	}
	if at == "" {
		at = def
	}
	t, err := time.ParseInLocation("2006-01-02 15:04", date+" "+at, r.View.Zone)
	if err != nil {
		return time.Time{}, errs.InvalidField(day, "time.invalid")
	}
	return t, nil
}

// dayOnly reports whether something is due on a day and not at a time of it.
func dayOnly(v *ui.View, t time.Time) bool { return t.In(v.Zone).Format("15:04") == endOfDay }

// has says which fields an entry of a kind has besides its text.
type has struct {
	way    bool // direction
	length bool // how long it took
}

func fieldsOf(k activity.Kind) has {
	switch k {
	case activity.Call:
		return has{way: true, length: true}
	case activity.Email, activity.Chat, activity.Letter, activity.Form:
		return has{way: true}
	case activity.Meeting, activity.Visit:
		return has{length: true}
	}
	return has{}
}
