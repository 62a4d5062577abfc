// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"time"
)

// disorder is how far a line may lie before the latest one of its file without being taken for next year's.
const disorder = 24 * time.Hour

// calendar reads the time stamps of one syslog file.
//
// A classic stamp (`Dec 10 06:55:48`) has no year and no zone. The zone is taken as UTC. The first line's year is the
// one asked for or, if none was, the latest that does not put the line after the file's last change. From then on a
// line has the earliest year that puts it no more than a day before the latest line, so that January follows December.
type calendar struct {
	year    int       // of the first line; 0: find it
	changed time.Time // when the file was last written
	latest  time.Time // the greatest time so far
}

// cut reads the stamp at the start of a line and returns it with the rest.
func (c *calendar) cut(line string) (at time.Time, rest string, ok bool) {
	if len(line) > len(time.Stamp) && line[len(time.Stamp)] == ' ' {
		if t, err := time.Parse(time.Stamp, line[:len(time.Stamp)]); err == nil {
			return c.place(t), line[len(time.Stamp)+1:], true
		}
	}
	stamp, rest, _ := strings.Cut(line, " ")
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05Z0700"} { // the second is journalctl's short-iso
		if t, err := time.Parse(layout, stamp); err == nil {
			return t, rest, true
		}
	}
	return time.Time{}, "", false
}

// place gives a time without a year its year.
func (c *calendar) place(t time.Time) time.Time {
	switch {
	case !c.latest.IsZero():
		t = c.search(t, c.latest.Year()-1, +1, func(t time.Time) bool { return !t.Before(c.latest.Add(-disorder)) })
	case c.year != 0:
		t = t.AddDate(c.year-t.Year(), 0, 0)
	default:
		t = c.search(t, c.changed.Year()+1, -1, func(t time.Time) bool { return !t.After(c.changed.Add(disorder)) })
	}
	if t.After(c.latest) {
		c.latest = t
	}
	return t
}

// search tries one year after the other until one fits and has such a day: 29 February is not in every year, but
// always within eight.
func (c *calendar) search(t time.Time, year, step int, fits func(time.Time) bool) time.Time {
	for range 11 {
		if p := t.AddDate(year-t.Year(), 0, 0); p.Day() == t.Day() && fits(p) {
			return p
		}
		year += step
	}
	return t.AddDate(year-t.Year(), 0, 0)
}
