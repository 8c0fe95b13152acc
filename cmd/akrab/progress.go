package main

import (
	"fmt"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows how far long work is: a bar on a terminal, plain lines
// elsewhere, at most one in two seconds.
type progress struct {
	e     *env
	label string
	bar   *progressbar.ProgressBar
	last  time.Time
	done  int64
	noted string
}

func newProgress(e *env, label string, quiet bool) *progress {
	p := &progress{e: e, label: label}
	if f, ok := e.err.(*os.File); ok && !quiet && term.IsTerminal(int(f.Fd())) {
		p.bar = progressbar.NewOptions64(-1, progressbar.OptionSetDescription(label), progressbar.OptionSetWriter(f),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionFullWidth())
	}
	if quiet {
		p.e = nil
	}
	return p
}

// set tells how far the work is; total is 0 if it is not known.
func (p *progress) set(done, total int64) {
	if p.e == nil {
		return
	}
	p.done = done
	if p.bar != nil {
		if total > 0 {
			p.bar.ChangeMax64(total)
		}
		_ = p.bar.Set64(done) // a bar that can't be drawn stops nothing
		return
	}
	if time.Since(p.last) < 2*time.Second {
		return
	}
	p.last = time.Now()
	if total > 0 {
		fmt.Fprintf(p.e.err, "%s: %d of %d\n", p.label, done, total)
	} else {
		fmt.Fprintf(p.e.err, "%s: %d\n", p.label, done)
	}
}

// note says once why nothing moves.
func (p *progress) note(text string) {
	if p.e != nil && p.noted != text {
		p.noted = text
		fmt.Fprintln(p.e.err, text)
	}
}

// of is set, for work that counts in ints.
func (p *progress) of(done, total int) { p.set(int64(done), int64(total)) }

func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
