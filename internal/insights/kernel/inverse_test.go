package kernel

import (
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
)

// positive returns a positive definite matrix, both halves.
func positive(n int) []float64 {
	rnd := rand.New(rand.NewPCG(1, uint64(n)))
	x := make([]float64, n*n)
	for i := range x {
		x[i] = rnd.NormFloat64()
	}
	a := make([]float64, n*n)
	la.Dgemm(blas.Trans, blas.NoTrans, n, n, n, 1, x, n, x, n, 0, a, n)
	for i := range n {
		a[i*n+i] += 1
	}
	return a
}

func byLAPACK(n int, a []float64) bool {
	t, ok := lapack64.Potrf(blas64.Symmetric{Uplo: blas.Upper, N: n, Stride: n, Data: a})
	if ok {
		_, ok = lapack64.Potri(t)
	}
	return ok
}

func TestInvertAsLAPACK(t *testing.T) {
	for _, n := range []int{1, 2, 3, 63, 64, 65, 127, 128, 129, 200, 401} {
		got, want := positive(n), positive(n)
		if err := invert(symmetric{n, got}); err != nil {
			t.Fatalf("invert a matrix of %d: %v", n, err)
		}
		if !byLAPACK(n, want) {
			t.Fatalf("LAPACK finds the matrix of %d singular", n)
		}
		if !slices.Equal(got, want) {
			t.Errorf("inverse of a matrix of %d is not that of LAPACK", n)
		}
	}
}

func TestInvertSingular(t *testing.T) {
	for _, n := range []int{2, 100} {
		a := make([]float64, n*n)
		for i := range a {
			a[i] = 1
		}
		if err := invert(symmetric{n, a}); err == nil {
			t.Errorf("a matrix of %d×%d ones has an inverse", n, n)
		}
	}
}

func BenchmarkInvert(b *testing.B) {
	const n = 1000
	a := positive(n)
	for _, by := range []struct {
		name string
		f    func(a []float64)
	}{
		{"own", func(a []float64) { _ = invert(symmetric{n, a}) }},
		{"lapack", func(a []float64) { byLAPACK(n, a) }},
	} {
		b.Run(by.name, func(b *testing.B) {
			for b.Loop() {
				by.f(slices.Clone(a))
			}
		})
	}
}
