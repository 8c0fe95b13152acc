package kernel

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// A symmetric is a symmetric matrix, of which the upper triangle counts.
type symmetric struct {
	n    int
	data []float64 // n rows of n
}

// block is how many rows are done one by one before the rest follows at once.
const block = 64

// la is called directly and not through gonum's lapack: that reaches its
// methods by an interface, which keeps all of LAPACK, 2 MB, in the program.
// The steps are LAPACK's, and so are the results, to the bit.
var la gonum.Implementation

// invert replaces the upper triangle of g by that of its inverse, by the
// factors of Cholesky. The order of the sums does not depend on the cores.
func invert(g symmetric) error {
	if !cholesky(g.n, g.data) {
		return errSingular
	}
	invertUpper(g.n, g.data)
	square(g.n, g.data)
	for a := range g.n {
		if d := g.data[a*g.n+a]; !(d > 0) || math.IsInf(d, 1) {
			return errSingular
		}
	}
	return nil
}

// cholesky replaces the upper triangle of a, n rows of n, by U with UᵀU = a
// (dpotrf). It returns false if a is not positive definite.
func cholesky(n int, a []float64) bool {
	for j := 0; j < n; j += block {
		b := min(block, n-j)
		la.Dsyrk(blas.Upper, blas.Trans, b, j, -1, a[j:], n, 1, a[j*n+j:], n)
		if !choleskyBlock(b, a[j*n+j:], n) {
			return false
		}
		if rest := n - j - b; rest > 0 {
			la.Dgemm(blas.Trans, blas.NoTrans, b, rest, j, -1, a[j:], n, a[j+b:], n, 1, a[j*n+j+b:], n)
			la.Dtrsm(blas.Left, blas.Upper, blas.Trans, blas.NonUnit, b, rest, 1, a[j*n+j:], n, a[j*n+j+b:], n)
		}
	}
	return true
}

func choleskyBlock(n int, a []float64, stride int) bool {
	for j := range n {
		d := a[j*stride+j] - la.Ddot(j, a[j:], stride, a[j:], stride)
		if !(d > 0) {
			return false
		}
		d = math.Sqrt(d)
		a[j*stride+j] = d
		if j < n-1 {
			la.Dgemv(blas.Trans, j, n-j-1, -1, a[j+1:], stride, a[j:], stride, 1, a[j*stride+j+1:], 1)
			la.Dscal(n-j-1, 1/d, a[j*stride+j+1:], 1)
		}
	}
	return true
}

// invertUpper replaces U by its inverse (dtrtri).
func invertUpper(n int, a []float64) {
	for j := 0; j < n; j += block {
		b := min(block, n-j)
		la.Dtrmm(blas.Left, blas.Upper, blas.NoTrans, blas.NonUnit, j, b, 1, a, n, a[j:], n)
		la.Dtrsm(blas.Right, blas.Upper, blas.NoTrans, blas.NonUnit, j, b, -1, a[j*n+j:], n, a[j:], n)
		invertBlock(b, a[j*n+j:], n)
	}
}

func invertBlock(n int, a []float64, stride int) {
	for j := range n {
		d := 1 / a[j*stride+j]
		a[j*stride+j] = d
		la.Dtrmv(blas.Upper, blas.NoTrans, blas.NonUnit, j, a, stride, a[j:], stride)
		la.Dscal(j, -d, a[j:], stride)
	}
}

// square replaces U by the upper triangle of UUᵀ (dlauum).
func square(n int, a []float64) {
	for i := 0; i < n; i += block {
		b := min(block, n-i)
		la.Dtrmm(blas.Right, blas.Upper, blas.Trans, blas.NonUnit, i, b, 1, a[i*n+i:], n, a[i:], n)
		squareBlock(b, a[i*n+i:], n)
		if rest := n - i - b; rest > 0 {
			la.Dgemm(blas.NoTrans, blas.Trans, i, b, rest, 1, a[i+b:], n, a[i*n+i+b:], n, 1, a[i:], n)
			la.Dsyrk(blas.Upper, blas.NoTrans, b, rest, 1, a[i*n+i+b:], n, 1, a[i*n+i:], n)
		}
	}
}

func squareBlock(n int, a []float64, stride int) {
	for i := range n {
		d := a[i*stride+i]
		if i == n-1 {
			la.Dscal(n, d, a[i:], stride)
			return
		}
		a[i*stride+i] = la.Ddot(n-i, a[i*stride+i:], 1, a[i*stride+i:], 1)
		la.Dgemv(blas.NoTrans, i, n-i-1, 1, a[i+1:], stride, a[i*stride+i+1:], 1, d, a[i:], stride)
	}
}
