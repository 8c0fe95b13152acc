package db

import (
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"strconv"

	"github.com/akrab-crm/akrab/internal/ids"
)

// kind says which field of a cell holds its value.
type kind uint8

const (
	null kind = iota
	integer
	real
	text
	blob
)

// cell is a value of a result, the same for both engines. Booleans are
// integers 0 and 1; UUIDs are blobs of 16 bytes.
type cell struct {
	kind kind
	i    int64
	f    float64
	s    string
	b    []byte // valid until the next row
}

var errType = errors.New("value has another type")

// assign copies c to the variable that dest points to.
func assign(dest any, c cell) error {
	switch d := dest.(type) {
	case *string:
		*d = c.text()
	case *int64:
		return c.int(d)
	case *int:
		var v int64
		err := c.int(&v)
		*d = int(v)
		return err
	case *bool:
		var v int64
		err := c.int(&v)
		*d = v != 0
		return err
	case *float64:
		switch c.kind {
		case integer:
			*d = float64(c.i)
		case real:
			*d = c.f
		case null:
			*d = 0
		default:
			return errType
		}
	case *ids.ID:
		switch {
		case c.kind == null:
			*d = ids.ID{}
		case c.kind == blob && len(c.b) == 16:
			copy(d[:], c.b)
		default:
			return errType
		}
	case *[]byte:
		switch c.kind {
		case null:
			*d = nil
		case blob:
			*d = append([]byte{}, c.b...)
		case text:
			*d = []byte(c.s)
		default:
			return errType
		}
	case *any:
		*d = c.any()
	case sql.Scanner:
		return d.Scan(c.any())
	default:
		return assignReflect(reflect.ValueOf(dest), c)
	}
	return nil
}

// assignReflect handles named types and pointers to pointers.
func assignReflect(p reflect.Value, c cell) error {
	if p.Kind() != reflect.Pointer || p.IsNil() {
		return fmt.Errorf("cannot scan into %s", p.Type())
	}
	v := p.Elem()
	switch v.Kind() {
	case reflect.Pointer:
		if c.kind == null {
			v.SetZero()
			return nil
		}
		n := reflect.New(v.Type().Elem())
		if err := assign(n.Interface(), c); err != nil {
			return err
		}
		v.Set(n)
	case reflect.String:
		v.SetString(c.text())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		var i int64
		if err := c.int(&i); err != nil {
			return err
		}
		v.SetInt(i)
	case reflect.Bool:
		var i int64
		if err := c.int(&i); err != nil {
			return err
		}
		v.SetBool(i != 0)
	default:
		return fmt.Errorf("cannot scan into %s", p.Type())
	}
	return nil
}

func (c cell) int(d *int64) error {
	switch c.kind {
	case null:
		*d = 0
	case integer:
		*d = c.i
	default:
		return errType
	}
	return nil
}

func (c cell) text() string {
	switch c.kind {
	case text:
		return c.s
	case integer:
		return strconv.FormatInt(c.i, 10)
	case real:
		return strconv.FormatFloat(c.f, 'g', -1, 64)
	case blob:
		return string(c.b)
	}
	return ""
}

func (c cell) any() any {
	switch c.kind {
	case integer:
		return c.i
	case real:
		return c.f
	case text:
		return c.s
	case blob:
		return append([]byte{}, c.b...)
	}
	return nil
}

// plain turns an argument into nil, int64, float64, string, bool, []byte or
// ids.ID, so that both engines see the same.
func plain(a any) (any, error) {
	switch v := a.(type) {
	case nil, int64, string, bool, float64:
		return a, nil
	case int:
		return int64(v), nil
	case []byte:
		if v == nil {
			return nil, nil
		}
		return v, nil
	case ids.ID:
		if v.IsZero() {
			return nil, nil
		}
		return v, nil
	}
	v := reflect.ValueOf(a)
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil, nil
		}
		return plain(v.Elem().Interface())
	case reflect.String:
		return v.String(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int(), nil
	case reflect.Bool:
		return v.Bool(), nil
	}
	return nil, fmt.Errorf("db: argument of type %T", a)
}
