package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// serve starts the server in a process of its own and returns how to stop it.
func (b *bench) serve(ctx context.Context) (stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	addr := l.Addr().String()
	l.Close()
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args := []string{"serve", "--listen", addr, "--data", b.where.Data}
	if b.Database != "" {
		args = append(args, "--database", b.Database)
	}
	cmd := exec.CommandContext(ctx, exe, args...)
	var log bytes.Buffer
	var mu sync.Mutex
	cmd.Stderr = writerFunc(func(p []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return log.Write(p[:min(len(p), max(0, 1<<16-log.Len()))])
	})
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	b.base, b.pid = "http://"+addr, cmd.Process.Pid
	stop = func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
	}
	for time.Since(start) < 30*time.Second {
		resp, err := b.client.Get(b.base + "/readyz")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				b.note(figure{Name: "start until ready", Sec: time.Since(start).Seconds(), Aim: "0.3 s"})
				return stop, nil
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
	stop()
	return nil, fmt.Errorf("the server did not become ready: %s", log.String())
}

// settle waits until the server has done what it found to do at its start, as
// life-cycle phases of customers who were just imported.
func (b *bench) settle() error {
	for end := time.Now().Add(10 * time.Minute); time.Now().Before(end); {
		before, err := cpuOf(b.pid)
		if err != nil {
			return err
		}
		time.Sleep(3 * time.Second)
		after, err := cpuOf(b.pid)
		if err != nil {
			return err
		}
		if after-before < 60*time.Millisecond && !hasChildren(b.pid) {
			return nil
		}
	}
	return errors.New("the server is still at work after ten minutes")
}

// hasChildren reports whether a process has started others that still run.
func hasChildren(pid int) bool {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid)) // the pattern is right
	for _, name := range lists {
		if text, err := os.ReadFile(name); err == nil && len(bytes.TrimSpace(text)) > 0 {
			return true
		}
	}
	return false
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) {
	_, err := f(p)
	return len(p), err
}

// ownCPU returns the processor time of this process.
func ownCPU() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// cpuOf returns the processor time of a process, from /proc (Linux), to 10 ms.
func cpuOf(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	f := strings.Fields(rest)
	if len(f) < 13 {
		return 0, errors.New("can't read /proc/PID/stat")
	}
	user, err1 := strconv.ParseInt(f[11], 10, 64)
	sys, err2 := strconv.ParseInt(f[12], 10, 64)
	return time.Duration(user+sys) * 10 * time.Millisecond, errors.Join(err1, err2)
}

// residentMB returns the resident memory of a process in megabytes.
func residentMB(pid int) float64 { return memoryMB(pid, "VmRSS:") }

// peakMB watches a process until stop is closed and sends the most memory that
// was resident at once, in megabytes. What the system tells of a child that has
// ended includes its parent's memory of the moment it was started.
func peakMB(pid int, stop <-chan struct{}) <-chan float64 {
	out := make(chan float64, 1)
	go func() {
		most := 0.0
		for {
			most = max(most, memoryMB(pid, "VmHWM:"))
			select {
			case <-stop:
				out <- most
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
	return out
}

// memoryMB returns a line of a process's /proc/PID/status (Linux) in megabytes;
// 0 if there is none.
func memoryMB(pid int, line string) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for l := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(l, line); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb * 1024 / 1e6
		}
	}
	return 0
}
