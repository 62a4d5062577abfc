// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestReporter(t *testing.T) {
	r, got := catchingReporter()
	now := time.Unix(1_700_000_000, 0)
	r.now = func() time.Time { return now }
	r.name("otlp test", nil)
	cause := errors.New("down")

	r.report("push", nil)
	r.report("push", cause)
	r.report("push", errors.New("otlp test: down again"))
	now = now.Add(reportEvery - 1)
	r.report("push", cause)
	r.report("collect", cause)
	now = now.Add(1)
	r.report("push", errors.New("otlp test: still down"))
	now = now.Add(reportEvery)
	r.report("push", cause)

	want := []string{
		"otlp test: down",
		"otlp test: down",
		"otlp test: still down (2 more like this since the last report)",
		"otlp test: down",
	}
	errs := got.all()
	if len(errs) != len(want) {
		t.Fatalf("%d reports %v, want %d", len(errs), errs, len(want))
	}
	for i := range want {
		if errs[i].Error() != want[i] {
			t.Errorf("report %d = %q, want %q", i, errs[i], want[i])
		}
	}
	if !errors.Is(errs[0], cause) {
		t.Error("the cause is lost")
	}
}

func TestClean(t *testing.T) {
	r := newReporter()
	r.name("x", map[string]string{"authorization": "Bearer abcdef", "tenant": "7"})
	tests := []struct{ in, want string }{
		{"", ""},
		{"plain, 7", "plain, 7"},
		{"a\r\nb\x1b[31m", `a\r\nb\x1b[31m`},
		{"sent Bearer abcdef", "sent (hidden)"},
		{"sent abcdef!", "sent (hidden)!"},
		{"\xff é", "� é"},
		{strings.Repeat("x", 700), strings.Repeat("x", 600) + "…"},
	}
	for _, test := range tests {
		if got := r.clean(test.in); got != test.want {
			t.Errorf("clean(%q) = %q, want %q", test.in, got, test.want)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("a\nb\u2028c\x00")
	f.Fuzz(func(t *testing.T, s string) {
		got := newReporter().clean(s)
		if strings.ContainsAny(got, "\r\n\x00\x1b\u2028\u2029\u0085") {
			t.Errorf("clean(%q) = %q has a control character", s, got)
		}
		if len(got) > 620 {
			t.Errorf("clean returned %d bytes", len(got))
		}
	})
}
