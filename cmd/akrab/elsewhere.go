package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/akrab-crm/akrab/internal/insights"
)

// elsewhere returns what does long work on all facts in a process of its own,
// so that its memory is given back when it is done; nil if this program can't
// be started again.
func (s source) elsewhere() insights.Elsewhere {
	exe, err := os.Executable()
	if err != nil {
		return nil
	}
	return s.by(exe)
}

// by is elsewhere with the program's file.
func (s source) by(exe string) insights.Elsewhere {
	return func(ctx context.Context, args []string, progress insights.Progress) error {
		cmd := exec.CommandContext(ctx, exe, append([]string{"insights"}, args...)...)
		// Not as an argument: the address of a database may hold a password.
		cmd.Env = append(os.Environ(), "AKRAB_DATA="+s.Data, "AKRAB_DATABASE="+s.Database)
		cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
		cmd.WaitDelay = grace
		said := &tail{}
		cmd.Stderr = said
		out, err := cmd.StdoutPipe()
		if err != nil {
			return err
		}
		if err := cmd.Start(); err != nil {
			return err
		}
		// Users go first. Where that isn't allowed it only takes longer for them.
		_ = syscall.Setpriority(syscall.PRIO_PROCESS, cmd.Process.Pid, 5)
		told := follow(ctx, bufio.NewScanner(out), progress)
		if told != nil {
			_ = cmd.Cancel() // it may have ended
		}
		if err := cmd.Wait(); err != nil && told == nil {
			told = fmt.Errorf("%w: %s", err, bytes.TrimSpace(said.b))
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return told
	}
}

// follow passes on how far a child says it is, until it ends.
func follow(ctx context.Context, lines *bufio.Scanner, progress insights.Progress) error {
	for lines.Scan() {
		var done, total int64
		if _, err := fmt.Sscan(lines.Text(), &done, &total); err != nil || progress == nil {
			continue
		}
		if err := progress(ctx, done, total); err != nil {
			return err
		}
	}
	return lines.Err()
}

// A tail keeps the end of what is written to it.
type tail struct{ b []byte }

// keptTail is how many bytes a tail keeps.
const keptTail = 2000

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p...)
	if len(t.b) > keptTail {
		t.b = append(t.b[:0], t.b[len(t.b)-keptTail:]...)
	}
	return len(p), nil
}

// orphaned ends ctx when the process that began this one is gone: nobody would
// hear of what it does.
func orphaned(ctx context.Context) context.Context {
	parent := os.Getppid()
	ctx, stop := context.WithCancelCause(ctx)
	go func() {
		for ctx.Err() == nil {
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
			if os.Getppid() != parent {
				stop(errOrphaned)
			}
		}
	}()
	return ctx
}

var errOrphaned = errors.New("the process that began this one is gone")
