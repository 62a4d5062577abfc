// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"testing"
	"time"
)

func TestCalendar(t *testing.T) {
	changed := time.Date(2017, 1, 2, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name   string
		year   int
		stamps []string
		want   []string
	}{
		{
			"the year before the last change", 0,
			[]string{"Dec 10 06:55:48"}, []string{"2016-12-10T06:55:48Z"},
		},
		{
			"the year of the last change", 0,
			[]string{"Jan  2 11:59:59"}, []string{"2017-01-02T11:59:59Z"},
		},
		{
			"across New Year", 0,
			[]string{"Dec 31 23:59:59", "Jan  1 00:00:00", "Jan  1 00:00:01"},
			[]string{"2016-12-31T23:59:59Z", "2017-01-01T00:00:00Z", "2017-01-01T00:00:01Z"},
		},
		{
			"across New Year and back: disorder, not another year", 2005,
			[]string{"Dec 31 23:59:59", "Jan  1 00:00:00", "Dec 31 23:59:58", "Jan  1 00:00:01"},
			[]string{"2005-12-31T23:59:59Z", "2006-01-01T00:00:00Z", "2005-12-31T23:59:58Z", "2006-01-01T00:00:01Z"},
		},
		{
			"time does not go backward by months", 2005,
			[]string{"Jun 14 15:16:01", "Jun 14 15:16:00", "May  1 00:00:00"},
			[]string{"2005-06-14T15:16:01Z", "2005-06-14T15:16:00Z", "2006-05-01T00:00:00Z"},
		},
		{
			"a leap day has a leap year", 0,
			[]string{"Feb 29 01:02:03"}, []string{"2016-02-29T01:02:03Z"},
		},
		{
			"a leap day waits for its year", 2005,
			[]string{"Jun  1 00:00:00", "Feb 29 01:02:03"}, []string{"2005-06-01T00:00:00Z", "2008-02-29T01:02:03Z"},
		},
		{
			"RFC 3339", 0,
			[]string{"2024-05-06T07:08:09.123456+02:00", "2024-05-06T07:08:09Z", "2024-05-06T07:08:09+0200"},
			[]string{"2024-05-06T05:08:09Z", "2024-05-06T07:08:09Z", "2024-05-06T05:08:09Z"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := calendar{year: tt.year, changed: changed}
			var got []string
			for _, s := range tt.stamps {
				at, rest, ok := c.cut(s + " host sshd[1]: text")
				if !ok || rest != "host sshd[1]: text" {
					t.Fatalf("cut(%q) = %v, %q, %v", s, at, rest, ok)
				}
				got = append(got, at.UTC().Format(time.RFC3339))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got  %v\nwant %v", got, tt.want)
			}
		})
	}
}

func TestCalendarRefuses(t *testing.T) {
	for _, line := range []string{"", "Dec 10 06:55:48", "Dec 10 06:55:48host sshd[1]: x", "Dec 32 06:55:48 h x", "2024-13-01T00:00:00Z h x", "hello"} {
		var c calendar
		if at, _, ok := c.cut(line); ok {
			t.Errorf("cut(%q) = %v", line, at)
		}
	}
}
