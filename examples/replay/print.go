// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

// topReasons is how many reasons a row of the table shows.
const topReasons = 3

// span is the time from the first event to the last, on the log's clock.
type span struct{ first, last time.Time }

func (s *span) add(t time.Time) {
	if s.first.IsZero() || t.Before(s.first) {
		s.first = t
	}
	if t.After(s.last) {
		s.last = t
	}
}

// printSummary writes the table and, below it, what was read.
func printSummary(w io.Writer, rows []row, seen span, sources []*source) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "service\tattempts\tsuccesses\tfailures\ttop reasons")
	for _, r := range append(slices.Clip(rows), total(rows)) {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%s\n", printable(r.service), r.attempts, r.successes, r.failures, r.top())
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if !seen.first.IsZero() {
		fmt.Fprintf(w, "\nfrom %s to %s\n", seen.first.UTC().Format(time.RFC3339), seen.last.UTC().Format(time.RFC3339))
	}
	var all tally
	for _, s := range sources {
		all.lines += s.tally.lines
		all.skipped += s.tally.skipped
		all.unreadable += s.tally.unreadable
	}
	_, err := fmt.Fprintf(w, "%d lines read: %d about something else, %d unreadable\n", all.lines, all.skipped, all.unreadable)
	for _, s := range sources {
		if s.tally.unreadable > 0 {
			_, err = fmt.Fprintf(w, "%s: %s\n", printable(s.name), s.tally.complaints())
		}
	}
	return err
}

// top lists the most frequent reasons.
func (r *row) top() string {
	order := slices.SortedFunc(maps.Keys(r.reasons), func(a, b string) int {
		return cmp.Or(cmp.Compare(r.reasons[b], r.reasons[a]), cmp.Compare(a, b))
	})
	var out []string
	for _, reason := range order[:min(len(order), topReasons)] {
		out = append(out, fmt.Sprintf("%s %d", reason, r.reasons[reason]))
	}
	if more := len(order) - topReasons; more > 0 {
		out = append(out, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(out, ", ")
}

// complaints says which lines were unreadable and why.
func (t *tally) complaints() string {
	var out []string
	for _, c := range t.first {
		out = append(out, fmt.Sprintf("line %d: %s", c.line, c.why))
	}
	if more := t.unreadable - len(t.first); more > 0 {
		out = append(out, fmt.Sprintf("and %d more", more))
	}
	return fmt.Sprintf("%d unreadable: %s", t.unreadable, strings.Join(out, "; "))
}

// printable keeps a name out of a log from steering the terminal.
func printable(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) {
			return r
		}
		return '?'
	}, name)
}
