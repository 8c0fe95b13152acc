package ui

import (
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/errs"
)

func (f Field) id() string {
	if f.ID != "" {
		return f.ID
	}
	return "f-" + f.Name
}

func (f Field) rows() int64 {
	if f.Rows == 0 {
		return 3
	}
	return int64(f.Rows)
}

// describedBy returns the ids of the notes below the control.
func (f Field) describedBy() string {
	var list []string
	if f.Error != "" {
		list = append(list, f.id()+"-error")
	}
	if f.Hint != "" {
		list = append(list, f.id()+"-hint")
	}
	return join(list...)
}

// attrs returns the attributes that all kinds of controls have in common.
func (f Field) attrs() templ.Attributes {
	a := templ.Attributes{}
	for k, v := range f.Attrs {
		a[k] = v
	}
	if d := f.describedBy(); d != "" {
		a["aria-describedby"] = d
	}
	if f.Error != "" {
		a["aria-invalid"] = "true"
	}
	if f.Required {
		a["required"] = true
	}
	if f.Disabled {
		a["disabled"] = true
	}
	if f.Autofocus {
		a["autofocus"] = true
	}
	if f.Type == "checkbox" || f.Type == "switch" || f.Type == "select" {
		return a
	}
	a["autocomplete"] = orElse(f.Autocomplete, "off")
	if f.Placeholder != "" {
		a["placeholder"] = f.Placeholder
	}
	if f.InputMode != "" {
		a["inputmode"] = f.InputMode
	}
	if f.MaxLength > 0 {
		a["maxlength"] = strconv.Itoa(f.MaxLength)
	}
	if len(f.Options) > 0 {
		a["list"] = f.id() + "-list"
	}
	return a
}

// groupAttrs returns the attributes of a radio group.
func (f Field) groupAttrs() templ.Attributes {
	a := templ.Attributes{}
	if d := f.describedBy(); d != "" {
		a["aria-describedby"] = d
	}
	return a
}

func full(f Field) string {
	if f.Full {
		return "full"
	}
	return ""
}

func checkClass(f Field) string {
	if f.Type == "switch" {
		return "switch"
	}
	return "check"
}

func dropNotes(d Dropzone) string {
	s := "f-" + d.Name + "-hint"
	if d.Error != "" {
		s = "f-" + d.Name + "-error " + s
	}
	return s
}

func (opt FormRowsOptions) max() int {
	if opt.Max == 0 {
		return 50
	}
	return opt.Max
}

func rowKey(name string, i int) string {
	if i < 0 {
		return name + "." + RowPlaceholder
	}
	return name + "." + strconv.Itoa(i)
}

// Indexes returns the rows that a form with repeating rows shows again: those
// it was sent with, without the one whose button dropped it, and one more if
// its button asked for it. There is always at least one.
func (r *Req) Indexes(name string) []int {
	list := r.Rows(name)
	list = slices.DeleteFunc(list, func(i int) bool { return r.Form.Get("drop") == rowKey(name, i) })
	next := 0
	if len(list) > 0 {
		next = list[len(list)-1] + 1
	}
	if len(list) == 0 || r.Form.Get("add") == name {
		list = append(list, next)
	}
	return list
}

// Reshape reports whether the form was sent only to add or drop a repeating
// row: it is to be shown again, not saved.
func (r *Req) Reshape() bool { return r.Form.Get("add") != "" || r.Form.Get("drop") != "" }

func (f InlineField) editing() bool { return f.Edit == f.ID }

func (f InlineField) control() Field {
	c := f.Control
	c.Label = f.Label
	c.Bare = true
	c.Autofocus = true
	c.ID = "edit-" + f.ID
	return c
}

// FieldError returns the message about a form's field in err, or "".
func (v *View) FieldError(err error, field string) string {
	for _, e := range errs.All(err) {
		if e.Field == field {
			return v.Printer.Error(e)
		}
	}
	return ""
}

func fieldErrorCount(err error) int {
	n := 0
	for _, e := range errs.All(err) {
		if e.Field != "" {
			n++
		}
	}
	return n
}

// formErrors returns the messages in err that are about no field.
func (v *View) formErrors(err error) []string {
	var list []string
	for _, e := range errs.All(err) {
		if e.Field == "" {
			list = append(list, v.Printer.Error(e))
		}
	}
	return list
}
