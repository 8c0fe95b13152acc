package score

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// mostRows of an evaluation's table keep a wrong file from filling memory.
const mostRows = 1 << 20

// readTable reads a CSV with a header and returns the named columns of each
// row, trimmed, in the order of names. A missing column is an error, as is a
// row that is longer or shorter than the header.
func readTable(r io.Reader, names []string) ([][]string, error) {
	in := csv.NewReader(r)
	in.ReuseRecord = true
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: no header", ErrFew)
	}
	if err != nil {
		return nil, err
	}
	at, err := places(header, names)
	if err != nil {
		return nil, err
	}
	var rows [][]string
	for {
		line, err := in.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		if len(rows) == mostRows {
			return nil, fmt.Errorf("score: more than %d rows", mostRows)
		}
		row := make([]string, len(names))
		for i, k := range at {
			row[i] = strings.Clone(strings.TrimSpace(line[k]))
		}
		rows = append(rows, row)
	}
}

func places(header, names []string) ([]int, error) {
	column := map[string]int{}
	for i, h := range header {
		column[strings.TrimSpace(strings.TrimPrefix(h, "\ufeff"))] = i
	}
	at := make([]int, len(names))
	for i, name := range names {
		k, ok := column[name]
		if !ok {
			return nil, fmt.Errorf("score: no column %q", name)
		}
		at[i] = k
	}
	return at, nil
}

// caseOf reads the values of a row; numbers that are none are unknown.
func caseOf(fields []Field, row []string) Case {
	c := make(Case, len(fields))
	for i, f := range fields {
		if f.Form == Words {
			c[i] = Word(row[i])
		} else if x, err := strconv.ParseFloat(row[i], 64); err == nil {
			c[i] = Number(x)
		}
	}
	return c
}

func namesOf(fields []Field, more ...string) []string {
	var names []string
	for _, f := range fields {
		names = append(names, f.Name)
	}
	return append(names, more...)
}
