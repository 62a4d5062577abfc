// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// Values from a library that does not sanitise: whatever they are, the scrape
// stays readable.
func TestHostileLabelValues(t *testing.T) {
	for _, c := range []struct {
		name, value string
		text        string // in the text formats; "" if left out
	}{
		{"newline", "a\nb", `a\nb`},
		{"carriage return", "a\rb", "a\rb"},
		{"quote", `a"} 1`, `a\"} 1`},
		{"backslash", `a\`, `a\\`},
		{"NUL", "a\x00b", "a\x00b"},
		{"forged line", "x\"} 1\nforged_total 99", `x\"} 1\nforged_total 99`},
		{"right-to-left override", "a\u202eb", "a\u202eb"},
		{"invalid UTF-8", "canary\xff", ""},
		{"cut rune", "canary\xe2\x82", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newExporter(t)
			var got reports
			e.report.handle = got.handle
			m := newProvider(t, e).Meter("example.com/shop")
			for name, value := range map[string]string{"shop.hostile": c.value, "shop.other": "fine"} {
				counter, err := m.Int64Counter(name)
				if err != nil {
					t.Fatal(err)
				}
				counter.Add(context.Background(), 1, metric.WithAttributes(attribute.String("v", value)))
			}
			for _, accept := range []string{acceptText, acceptOpenMetrics} {
				body := scrapeAs(t, e, accept, "").body
				if !strings.Contains(body, `shop_other_total{v="fine"} 1`) {
					t.Errorf("the good series is missing:\n%s", body)
				}
				line := `shop_hostile_total{v="` + c.text + `"} 1`
				if want := c.text != ""; strings.Contains(body, line) != want {
					t.Errorf("%q there: want %v:\n%s", line, want, body)
				}
				for l := range strings.SplitSeq(body, "\n") {
					if strings.HasPrefix(l, "forged") {
						t.Errorf("a value became a series of its own: %q", l)
					}
				}
			}
			found := false
			for _, f := range decode(t, scrapeAs(t, e, acceptProtobuf, "").body) {
				if f.GetName() == "shop_hostile_total" {
					found = true
					if v := f.Metric[0].Label[0].GetValue(); v != c.value {
						t.Errorf("protobuf: got %q, want %q", v, c.value)
					}
				}
			}
			if want := c.text != ""; found != want {
				t.Errorf("in protobuf: got %v, want %v", found, want)
			}
			wantReports := 0
			if c.text == "" {
				wantReports = 1 // though three scrapes failed in part
			}
			all := got.all()
			if len(all) != wantReports {
				t.Fatalf("reports: got %q, want %d", all, wantReports)
			}
			if wantReports == 1 && (strings.Contains(all[0], "canary") || !strings.Contains(all[0], "shop_hostile_total")) {
				t.Errorf("the report should have the name and not the value: %q", all[0])
			}
		})
	}
}

// A series that cannot be told from another is left out, and the rest is served.
func TestTwoScopesWithTheSameSeries(t *testing.T) {
	for _, c := range []struct {
		name    string
		opts    []Option
		series  int
		reports int
	}{
		{"without scope labels", nil, 1, 1},
		{"with scope labels", []Option{WithScopeLabels()}, 2, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newExporter(t, c.opts...)
			var got reports
			e.report.handle = got.handle
			p := newProvider(t, e)
			for _, scope := range []string{"example.com/a", "example.com/b"} {
				counter, err := p.Meter(scope).Int64Counter("shop.events")
				if err != nil {
					t.Fatal(err)
				}
				counter.Add(context.Background(), 1)
			}
			body := scrapeAs(t, e, acceptText, "").body
			if n := strings.Count(body, "\nshop_events_total"); n != c.series {
				t.Errorf("series: got %d, want %d:\n%s", n, c.series, body)
			}
			if all := got.all(); len(all) != c.reports {
				t.Errorf("reports: got %q, want %d", all, c.reports)
			}
		})
	}
}

func TestFailingCallbacks(t *testing.T) {
	for _, c := range []struct {
		name     string
		callback func() error
		status   int
		reports  int
	}{
		{"error", func() error { return errors.New("canary") }, http.StatusOK, 0},
		{"panic", func() error { panic("canary") }, http.StatusInternalServerError, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newExporter(t)
			var got reports
			e.report.handle = got.handle
			m := newProvider(t, e).Meter("example.com/shop")
			_, err := m.Int64ObservableGauge("shop.gauge", metric.WithInt64Callback(
				func(context.Context, metric.Int64Observer) error { return c.callback() }))
			if err != nil {
				t.Fatal(err)
			}
			a := get(t, e, "/metrics")
			if a.status != c.status {
				t.Errorf("status: got %d, want %d", a.status, c.status)
			}
			if text := a.body + strings.Join(got.all(), ""); strings.Contains(text, "canary") || strings.Contains(text, "goroutine") {
				t.Errorf("the body or a report says too much:\n%s", text)
			}
			if all := got.all(); len(all) != c.reports {
				t.Errorf("reports: got %q, want %d", all, c.reports)
			}
			if good := c.status == http.StatusOK; e.LastSuccess().IsZero() == good {
				t.Errorf("LastSuccess: got %v after status %d", e.LastSuccess(), a.status)
			}
			if good := c.status == http.StatusOK; good != (e.Failures() == 0) {
				t.Errorf("Failures: got %d after status %d", e.Failures(), a.status)
			}
		})
	}
}

func TestDescribe(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`error collecting metric Desc{fqName: "a_b", help: "x"}: label v: value "canary"`, "1 errors, in a_b"},
		{`collected metric "a_b" { label:{name:"v" value:"canary"} } was collected before`, "1 errors, in a_b"},
		{`collected metric a_b label:{value:"canary"} should be a Counter`, "1 errors, in a_b"},
		{`canary fqName: "a_b"`, "1 errors"},
		{"collected metric \"a\nforged\"", "1 errors, in a"},
		{`collected metric "`, "1 errors"},
	} {
		if got := describe(errors.New(c.text)); got != c.want {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
	}
}
