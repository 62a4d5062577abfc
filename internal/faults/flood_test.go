// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/authhttp"
	"github.com/datapunk/otelauth/semconv"
	"github.com/datapunk/otelauth/views"
)

// A field is something that an attacker writes, and how it reaches the SDK: the
// function that write returns is one event.
type field struct {
	name  string
	write func(v *victim, value string) func()
}

// victim is a service that makes every mistake there is: it hands on what it is
// sent wherever the API takes a string or an error.
type victim struct {
	rec     *instrument.Recorder
	svc     *instrument.Service
	handler http.Handler
}

var background = context.Background()

func newVictim(t *testing.T, mp metric.MeterProvider) *victim {
	t.Helper()
	rec, err := instrument.New(instrument.WithMeterProvider(mp), instrument.WithServices("api"),
		instrument.WithServiceLimit(10), instrument.WithAllowed(semconv.TenantKey, "acme"))
	if err != nil {
		t.Fatal(err)
	}
	v := &victim{rec: rec, svc: rec.Service("api")}
	v.handler = authhttp.NewServiceMiddleware(v.svc)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
	}))
	return v
}

// serve returns the service of a request that the attacker has changed.
func (v *victim) serve(change func(*http.Request)) func() {
	r := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/"}, Header: http.Header{}}
	change(r)
	return func() { v.handler.ServeHTTP(nowhere{}, r.WithContext(background)) }
}

// nowhere is a response that nobody reads.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (nowhere) WriteHeader(int)             {}

// events are the metrics that each event of a flood is counted in once.
var events = []string{attempts, "auth.token.verifications", "auth.authorization.decisions", "auth.rate_limit.checks", "auth.cache.lookups"}

const attempts = "auth.authentication.attempts"

func header(name string, text func(s string) string) func(*victim, string) func() {
	return func(v *victim, s string) func() {
		return v.serve(func(r *http.Request) { r.Header[name] = []string{text(s)} })
	}
}

var fields = []field{
	{"service", func(v *victim, s string) func() {
		return func() { v.rec.Service(s).Authentication(semconv.MethodOTP).Record(background, 1, nil) }
	}},
	{"reason", func(v *victim, s string) func() {
		err := errors.New(s)
		return func() { v.svc.Authentication(semconv.MethodJWT).Record(background, 1, err) }
	}},
	{"method", func(v *victim, s string) func() {
		return func() { v.svc.Authentication(semconv.ParseMethod(s)).Record(background, 1, nil) }
	}},
	{"tenant", func(v *victim, s string) func() {
		return func() { v.svc.Authentication(semconv.MethodOIDC, instrument.Tenant(s)).Record(background, 1, nil) }
	}},
	{"provider", func(v *victim, s string) func() {
		return func() {
			v.svc.TokenVerification(semconv.TokenTypeID, instrument.Provider(s)).Record(background, 1, nil)
		}
	}},
	{"policy", func(v *victim, s string) func() {
		return func() {
			v.svc.Authorization(semconv.EnforcementEnforced, instrument.Policy(s)).Record(background, 1, semconv.DecisionDeny)
		}
	}},
	{"limit type", func(v *victim, s string) func() {
		return func() { v.svc.RateLimit(s).Check(background, semconv.RateLimitOutcomeLimited) }
	}},
	{"cache name", func(v *victim, s string) func() {
		return func() { v.svc.Cache(s).Lookup(background, semconv.CacheOutcomeMiss) }
	}},
	{"HTTP method", func(v *victim, s string) func() { return v.serve(func(r *http.Request) { r.Method = s }) }},
	{"path", func(v *victim, s string) func() { return v.serve(func(r *http.Request) { r.URL.Path = "/" + s }) }},
	{"source", func(v *victim, s string) func() { return v.serve(func(r *http.Request) { r.RemoteAddr = s }) }},
	{"user agent", header("User-Agent", strings.Clone)},
	{"forwarded", header("X-Forwarded-For", strings.Clone)},
	{"scheme", header("Authorization", func(s string) string { return s + " x" })},
	{"token", header("Authorization", func(s string) string { return "Bearer " + s })},
	{"cookie", header("Cookie", func(s string) string { return s + "=" + s })},
}

// onReader is a MeterProvider as the pipeline builds it, and what it exports.
func onReader(t *testing.T) (metric.MeterProvider, *sdkmetric.ManualReader) {
	t.Helper()
	opts, err := views.Default()
	if err != nil {
		t.Fatal(err)
	}
	reader := sdkmetric.NewManualReader()
	mp := sdkmetric.NewMeterProvider(append(opts, sdkmetric.WithReader(reader))...)
	t.Cleanup(func() { _ = mp.Shutdown(background) })
	return mp, reader
}

// MiB is the unit of the tables.
const miB = 1 << 20

// TestFlood writes distinct values into one field after the other, and then into
// all of them in turn.
func TestFlood(t *testing.T) {
	n := Size(5_000, 10_000_000)
	all := field{"all in turn", func(v *victim, s string) func() { return fields[len(s)%len(fields)].write(v, s) }}
	for _, f := range append(slices.Clone(fields), all) {
		t.Run(f.name, func(t *testing.T) {
			mp, reader := onReader(t)
			v := newVictim(t, mp)
			login := v.svc.Authentication(semconv.MethodPassword)
			const warm = 500 // binds the handles and fills the places of admitted services
			for i := range warm {
				f.write(v, value(i))()
			}
			var e Exported
			e.Collect(t, reader)
			series, total, heap := e.Series(), e.Total(events...), Heap()

			var l Latency
			for i := range n {
				l.Call(f.write(v, value(warm+i)))
			}
			login.Count(background, nil) // comes last, and is seen

			e.Collect(t, reader)
			grown := Heap() - heap
			if got := e.Series(); got != series {
				t.Errorf("series: %d after %d values, %d after %d more", series, warm, got, n)
			}
			if got, want := e.Total(events...), total+float64(n)+1; got != want {
				t.Errorf("events: got %v, want %v", got, want)
			}
			if got := e.Value(attempts, semconv.ServiceNameKey.String("api"), semconv.MethodPassword.Attr(), semconv.ResultSuccess.Attr()); got != 1 {
				t.Errorf("the declared service's own login is shown as %v, want 1", got)
			}
			if grown > 8*miB {
				t.Errorf("the heap grew by %.1f MiB", float64(grown)/miB)
			}
			t.Logf("%d values: %d series, heap %+.2f MiB, p50 %v, p99 %v",
				n, e.Series(), float64(grown)/miB, l.Quantile(.5), l.Quantile(.99))
		})
	}
}

// value is the i-th value that a flood writes.
func value(i int) string { return "v" + strconv.Itoa(i) + "xxxxxxxxxxxxxxxx"[:i%17%16] }

// TestFloodOfLongValues writes values of a megabyte.
func TestFloodOfLongValues(t *testing.T) {
	mp, reader := onReader(t)
	v := newVictim(t, mp)
	body := strings.Repeat("é", miB/2)
	for _, f := range fields {
		f.write(v, "warm"+body)()
	}
	heap := Heap()
	for i := range Size(100, 2500) {
		s := strconv.Itoa(i) + body
		for _, f := range fields {
			f.write(v, s)()
		}
	}
	var e Exported
	e.Collect(t, reader)
	grown := Heap() - heap
	if grown > miB {
		t.Errorf("the heap grew by %.1f MiB", float64(grown)/miB)
	}
	for _, s := range e.Values() {
		if len(s) > 128 {
			t.Errorf("a value of %d bytes is exported", len(s))
		}
	}
	t.Logf("%d values of 1 MiB in each of %d fields: heap %+.2f MiB", Size(100, 2500), len(fields), float64(grown)/miB)
}

// TestFloodOfPlainOpenTelemetry does to plain OpenTelemetry, with what everybody
// writes, the same as TestFlood, for the figures of README.md.
func TestFloodOfPlainOpenTelemetry(t *testing.T) {
	if !Long() {
		t.Skip("a measurement of something else, for comparison: OTELAUTH_FAULTS=long")
	}
	for _, c := range []struct {
		name string
		opts []sdkmetric.Option
		n    int
	}{
		{"as it comes", nil, 10_000_000},
		{"without a limit", []sdkmetric.Option{sdkmetric.WithCardinalityLimit(0)}, 1_000_000},
	} {
		t.Run(c.name, func(t *testing.T) {
			reader := sdkmetric.NewManualReader()
			mp := sdkmetric.NewMeterProvider(append(c.opts, sdkmetric.WithReader(reader))...)
			m := mp.Meter("plain")
			count, err := m.Int64Counter("logins")
			if err != nil {
				t.Fatal(err)
			}
			took, err := m.Float64Histogram("duration")
			if err != nil {
				t.Fatal(err)
			}
			heap := Heap()
			var l Latency
			for i := range c.n {
				s := attribute.String("service", value(i))
				l.Call(func() {
					count.Add(background, 1, metric.WithAttributes(s))
					took.Record(background, 0.1, metric.WithAttributes(s))
				})
			}
			count.Add(background, 1, metric.WithAttributes(attribute.String("service", "api")))
			var e Exported
			e.Collect(t, reader)
			t.Logf("%d values: %d series, heap %+.1f MiB, p50 %v, p99 %v; the real service, last to come, is shown as %v",
				c.n, e.Series(), float64(Heap()-heap)/miB, l.Quantile(.5), l.Quantile(.99),
				e.Value("logins", attribute.String("service", "api")))
		})
	}
	t.Run("long values", func(t *testing.T) {
		reader := sdkmetric.NewManualReader()
		mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
		count, err := mp.Meter("plain").Int64Counter("logins")
		if err != nil {
			t.Fatal(err)
		}
		heap := Heap()
		body := strings.Repeat("é", miB/2)
		for i := range 2500 {
			count.Add(background, 1, metric.WithAttributes(attribute.String("service", strconv.Itoa(i)+body)))
		}
		t.Logf("2,500 values of 1 MiB: heap %+.1f MiB", float64(Heap()-heap)/miB)
		_ = mp.Shutdown(background)
	})
}
