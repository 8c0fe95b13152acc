//go:build !unix

package clv

import "testing"

func cpu(*testing.B) {}
