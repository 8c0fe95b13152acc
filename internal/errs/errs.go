// Package errs defines the errors that Akrab shows to people.
//
// An error made here has a kind, which decides the HTTP status, and a message
// key, which the user interface translates. Any other error is internal: it is
// logged in full and shown only as "something went wrong".
package errs

import (
	"errors"
	"fmt"
)

// A Kind says what went wrong in terms that a caller can act on.
type Kind int

// The kinds.
const (
	Internal  Kind = iota // a bug or a broken dependency
	Invalid               // the input is wrong; the user can fix it
	NotFound              // no such thing, or not visible to this actor
	Conflict              // the thing changed, or already exists
	Forbidden             // the actor may not do this
	Signin                // nobody is signed in
	Limited               // too many tries; wait
	Stale                 // a precondition of the caller no longer holds (HTTP 412)
	TooLarge              // more than is accepted
)

// An Error is an error that is safe to show to the user.
type Error struct {
	Kind  Kind
	Field string // form field at fault, for example "emails.0.value"; empty if the whole form
	Key   string // message key, for example "deal.closed"
	Args  []any  // names and values for the message: "max", 25, "name", "Budi"

	err error // cause, for the log only
}

func (e *Error) Error() string {
	s := e.Key
	if e.Field != "" {
		s = e.Field + ": " + s
	}
	if e.err != nil {
		s = fmt.Sprintf("%s: %v", s, e.err)
	}
	return s
}

func (e *Error) Unwrap() error { return e.err }

// New returns an error of the given kind whose message has the given key.
func New(kind Kind, key string, args ...any) *Error {
	return &Error{Kind: kind, Key: key, Args: args}
}

// InvalidField returns an Invalid error about one form field.
func InvalidField(field, key string, args ...any) *Error {
	return &Error{Kind: Invalid, Field: field, Key: key, Args: args}
}

// Because returns e with a cause, which is logged and never shown.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.err = cause
	return &c
}

// KindOf returns the kind of the first Error in err's tree, or Internal.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// A List is several errors about one form, at most one per field.
type List []*Error

// Add appends e, which may be nil.
func (l *List) Add(e *Error) {
	if e != nil {
		*l = append(*l, e)
	}
}

// Err returns nil if the list is empty, else an error that wraps all of it.
func (l List) Err() error {
	if len(l) == 0 {
		return nil
	}
	list := make([]error, len(l))
	for i, e := range l {
		list[i] = e
	}
	return errors.Join(list...)
}

// All returns every Error in err's tree, in order.
func All(err error) []*Error {
	switch e := err.(type) {
	case nil:
		return nil
	case *Error:
		return []*Error{e}
	case interface{ Unwrap() []error }:
		var list []*Error
		for _, sub := range e.Unwrap() {
			list = append(list, All(sub)...)
		}
		return list
	case interface{ Unwrap() error }:
		return All(e.Unwrap())
	}
	return nil
}
