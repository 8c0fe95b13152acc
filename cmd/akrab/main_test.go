package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/akrab-crm/akrab/internal/db/dbtest"
)

// TestMain makes the test binary stand in for akrab: it is a command named
// akrab on the path of scripts and of [start].
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"akrab": main})
}

// TestScripts runs the command line as people type it, on both engines. In a
// script $AT is the workspace, and $AT2 and $OTHER are empty ones, the latter
// on the other engine.
func TestScripts(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { scripts(t, false) })
	t.Run("postgres", func(t *testing.T) {
		dbtest.Postgres(t) // skips without a server
		scripts(t, true)
	})
}

func scripts(t *testing.T, server bool) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			file := func(name string) string { return "--data=" + filepath.Join(e.WorkDir, name) }
			at, at2, other := file("ws"), file("ws2"), "--database="
			if server {
				at, at2, other = "--database="+dbtest.Postgres(t), "--database="+dbtest.Postgres(t), file("other")
			} else if os.Getenv("AKRAB_TEST_POSTGRES") != "" {
				other += dbtest.Postgres(t)
			}
			e.Setenv("AT", at)
			e.Setenv("AT2", at2)
			e.Setenv("OTHER", other)
			return nil
		},
		Condition: func(cond string) (bool, error) {
			switch cond {
			case "postgres":
				return server, nil
			case "both":
				return os.Getenv("AKRAB_TEST_POSTGRES") != "", nil
			}
			return false, fmt.Errorf("unknown condition %s", cond)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"keep":   keep,
			"people": people,
			"same":   same,
		},
	})
}

// keep NAME WORD keeps in $NAME the word that follows WORD in what the last
// command printed: keep OP operation.
func keep(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: keep NAME WORD")
	}
	words := strings.FieldsFunc(ts.ReadFile("stdout"), func(r rune) bool { return strings.ContainsRune(" \n\":,", r) })
	for i, w := range words {
		if w == args[1] && i+1 < len(words) {
			ts.Setenv(args[0], words[i+1])
			return
		}
	}
	ts.Fatalf("no %s in %s", args[1], ts.ReadFile("stdout"))
}

// people FILE FROM TO writes a file of customers with those numbers.
func people(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: people FILE FROM TO")
	}
	from, err := strconv.Atoi(args[1])
	ts.Check(err)
	to, err := strconv.Atoi(args[2])
	ts.Check(err)
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(writePeople(f, from, to, ""))
	ts.Check(f.Close())
}

// writePeople writes a file of customers, each with two contact points and an
// address. The family name of those with an odd number ends in suffix.
func writePeople(w io.Writer, from, to int, suffix string) error {
	text := "external_id,given_name,family_name,email,phone,city\n"
	for i := from; i < to; i++ {
		g, f, end := benchGiven[i*7%len(benchGiven)], benchFamily[i*11%len(benchFamily)], ""
		if i%2 == 1 {
			end = suffix
		}
		text += fmt.Sprintf("C%07d,%s,%s%s,p%d@example.co.id,%s,%s\n", i, g, f, end, i, benchPhone(i), benchCity(i))
		if len(text) > 1<<16 || i == to-1 {
			if _, err := io.WriteString(w, text); err != nil {
				return err
			}
			text = ""
		}
	}
	return nil
}

// same DIR DIR compares two exports byte for byte.
func same(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: [!] same DIR DIR")
	}
	a, err := readFolder(ts.MkAbs(args[0]))
	ts.Check(err)
	b, err := readFolder(ts.MkAbs(args[1]))
	ts.Check(err)
	diff := differs(a, b)
	if neg == (diff == "") {
		ts.Fatalf("%s and %s: %q differs", args[0], args[1], diff)
	}
}

// readFolder returns the files of a folder by their names.
func readFolder(dir string) (map[string]string, error) {
	list, err := os.ReadDir(dir)
	files := map[string]string{}
	for _, f := range list {
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			return nil, err
		}
		files[f.Name()] = string(text)
	}
	return files, err
}

// differs names a file that two folders don't have alike, but for a manifest,
// whose sums only repeat it.
func differs(a, b map[string]string) string {
	for name := range b {
		if _, ok := a[name]; !ok {
			return name
		}
	}
	last := ""
	for name := range a {
		if a[name] != b[name] && (last == "" || last == "manifest.json") {
			last = name
		}
	}
	return last
}

// findShared finds the folder shared/data beside the checkout.
func findShared() (string, bool) {
	dir, err := os.Getwd()
	for err == nil {
		data := filepath.Join(dir, "shared", "data")
		if info, err := os.Stat(data); err == nil && info.IsDir() {
			return data, true
		}
		if filepath.Dir(dir) == dir {
			break
		}
		dir = filepath.Dir(dir)
	}
	return "", false
}
