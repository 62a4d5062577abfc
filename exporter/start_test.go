// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/datapunk/otelauth/exporter/otlp"
	"github.com/datapunk/otelauth/exporter/prom"
	"github.com/datapunk/otelauth/semconv"
	"github.com/datapunk/otelauth/views"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

func TestSeveralExportersAtOnce(t *testing.T) {
	setenv(t, nil)
	var pushes atomic.Int64
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		pushes.Add(1)
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	defer collector.Close()
	own := newFake()
	var out safeBuffer
	p := start(t,
		onFreePort(),
		WithOTLP(otlp.WithProtocol("http/protobuf"), otlp.WithEndpoint(collector.URL)),
		WithConsole(&out),
		WithExporter("own", own),
	)
	count(t, p, "shop.events")
	if body := scrape(t, p); !strings.Contains(body, "shop_events_total 1") {
		t.Errorf("Prometheus: got\n%s", body)
	}
	if err := p.ForceFlush(context.Background()); err != nil {
		t.Fatal(err)
	}
	if pushes.Load() != 1 {
		t.Errorf("pushes: got %d, want 1", pushes.Load())
	}
	if !strings.Contains(out.String(), "shop.events") {
		t.Errorf("console: got %q", out.String())
	}
	var rm metricdata.ResourceMetrics
	if err := own.reader.(*sdkmetric.ManualReader).Collect(context.Background(), &rm); err != nil || len(rm.ScopeMetrics) == 0 {
		t.Errorf("own: got %v, %v", rm, err)
	}
	names := []string{"prometheus http://127.0.0.1:", "otlp http/protobuf ", "console every 10s", "own"}
	lines := strings.Split(p.String(), "\n")
	if len(lines) != len(names) {
		t.Fatalf("String: got %q", lines)
	}
	for i, want := range names {
		if !strings.HasPrefix(lines[i], want) {
			t.Errorf("line %d: got %q, want %q", i, lines[i], want)
		}
	}
	if err := p.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	if own.stops.Load() != 1 {
		t.Errorf("own exporter: shut down %d times, want once", own.stops.Load())
	}
}

func TestWrongOptions(t *testing.T) {
	setenv(t, nil)
	own := newFake()
	for _, c := range []struct {
		name string
		opts []Option
		want []string
	}{
		{"Prometheus", []Option{WithPrometheus(prom.WithAddress("x"))}, []string{`WithAddress("x")`}},
		{"OTLP", []Option{WithOTLP(otlp.WithProtocol("x"))}, []string{"otlp", `"x"`}},
		{"console", []Option{WithConsole(nil)}, []string{"WithConsole: nil writer"}},
		{"view", []Option{onFreePort(), WithViews(views.Limit(0))}, []string{"Limit(0)"}},
		{"service name", []Option{onFreePort(), WithServiceName("")}, []string{`WithServiceName("")`}},
		{"service name in UTF-8", []Option{onFreePort(), WithServiceName("a\xff")}, []string{`WithServiceName("a\xff")`}},
		{"attribute without key", []Option{onFreePort(), WithResourceAttributes(attribute.String("", "x"))}, []string{"WithResourceAttributes"}},
		{"attribute in UTF-8", []Option{onFreePort(), WithResourceAttributes(attribute.String("zone", "a\xff"))}, []string{"WithResourceAttributes", `"zone"`}},
		{"attributes in UTF-8", []Option{onFreePort(), WithResourceAttributes(attribute.StringSlice("zones", []string{"a", "\xff"}))}, []string{"WithResourceAttributes", `"zones"`}},
		{"twice", []Option{onFreePort(), onFreePort()}, []string{`"prometheus" is given twice`}},
		{"own twice", []Option{WithExporter("own", own), WithExporter("own", own)}, []string{`"own" is given twice`}},
		{"own without name", []Option{WithExporter("", own)}, []string{"WithExporter", "empty name"}},
		{"own with a comma", []Option{WithExporter("a,b", own)}, []string{`"a,b"`}},
		{"own called none", []Option{WithExporter("none", own)}, []string{`"none" means no exporter`}},
		{"own beside ours of that name", []Option{WithExporter("prometheus", own), onFreePort()}, []string{`"prometheus" is given twice`}},
		{"own nil", []Option{WithExporter("own", nil)}, []string{`WithExporter("own")`, "nil"}},
		{"own nil pointer", []Option{WithExporter("own", (*fake)(nil))}, []string{`WithExporter("own")`, "nil"}},
		{"own without reader", []Option{WithExporter("own", &fake{})}, []string{"own: no reader"}},
		{"own with nil reader", []Option{WithExporter("own", &fake{reader: (*sdkmetric.ManualReader)(nil)})}, []string{"own: no reader"}},
		{"all at once", []Option{WithPrometheus(prom.WithMaxRequests(0)), WithViews(views.Limit(-1)), WithServiceName(""), WithConsole(nil)},
			[]string{"WithMaxRequests(0)", "Limit(-1)", `WithServiceName("")`, "WithConsole"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := Start(t.Context(), c.opts...)
			wantFaults(t, p, err, c.want...)
		})
	}
}

// A start that fails leaves nothing behind.
func TestFailedStartStopsWhatRuns(t *testing.T) {
	setenv(t, nil)
	first := start(t, onFreePort())
	address := strings.TrimSuffix(strings.TrimPrefix(first.String(), "prometheus http://"), "/metrics")
	own := newFake()
	own.shutdown = func(context.Context) error { panic("not today") }

	p, err := Start(t.Context(), WithPrometheus(prom.WithAddress(address)), WithExporter("own", own))
	wantFaults(t, p, err, "in use", address)
	if own.stops.Load() != 1 {
		t.Errorf("own exporter: shut down %d times, want once", own.stops.Load())
	}

	if err := first.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	// Now the port is free, and what fails is the console.
	p, err = Start(t.Context(), WithPrometheus(prom.WithAddress(address)), WithConsole(nil))
	wantFaults(t, p, err, "WithConsole")
	if !isFree(t, address) {
		t.Error("the listener of a start that failed is still there")
	}
}

// explosive panics at once.
type explosive struct{ *fake }

func (explosive) Reader() sdkmetric.Reader { panic("boom") }

func TestPanicAtStart(t *testing.T) {
	setenv(t, nil)
	p, err := Start(t.Context(), WithExporter("own", explosive{newFake()}))
	wantFaults(t, p, err, "own", "boom")
}

// late starts, and panics wherever it can from then on.
type late struct{ *fake }

func (late) String() string                 { panic("boom") }
func (late) LastSuccess() time.Time         { panic("boom") }
func (late) Failures() int64                { panic("boom") }
func (late) Shutdown(context.Context) error { panic("boom") }

func TestPanicsLater(t *testing.T) {
	setenv(t, nil)
	p := start(t, onFreePort(), WithExporter("own", late{newFake()}))
	if got := p.String(); !strings.HasSuffix(got, "\nown") {
		t.Errorf("String: got %q", got)
	}
	if body := scrape(t, p); !strings.Contains(body, "target_info") {
		t.Errorf("a panic in LastSuccess spoils the scrape:\n%s", body)
	}
	if err := p.Shutdown(context.Background()); err == nil || !strings.Contains(err.Error(), "own: shutdown: panic: boom") {
		t.Errorf("Shutdown: got %v", err)
	}
}

func TestNilPipeline(t *testing.T) {
	var p *Pipeline
	if err := errors.Join(p.ForceFlush(context.Background()), p.Shutdown(context.Background())); err != nil {
		t.Error(err)
	}
	if _, ok := p.MeterProvider().(noop.MeterProvider); !ok {
		t.Errorf("MeterProvider: got %T, want one that does nothing", p.MeterProvider())
	}
	if p.String() != "disabled" {
		t.Errorf("String: got %q", p.String())
	}
}

func TestLines(t *testing.T) {
	for text, want := range map[string]string{
		"":                   "own",
		"own":                "own",
		"own to a file":      "own to a file",
		"owner":              "own owner",
		"to a file":          "own to a file",
		"two\nlines\tand so": "own two lines and so",
	} {
		f := newFake()
		f.text = text
		if got := (named{"own", f}).line(); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestViewsApply(t *testing.T) {
	setenv(t, map[string]string{"OTEL_GO_X_CARDINALITY_LIMIT": "0"})
	p := start(t, onFreePort(), WithViews(views.Limit(3), views.MergeServices()))
	c, err := p.MeterProvider().Meter("example.com/shop").Int64Counter("auth.authentication.attempts")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []semconv.Method{semconv.MethodPassword, semconv.MethodOIDC, semconv.MethodSAML, semconv.MethodJWT} {
		c.Add(context.Background(), 1, metric.WithAttributes(m.Attr(), semconv.ServiceNameKey.String("api"), attribute.String("user", "alice")))
	}
	body := scrape(t, p)
	if n := strings.Count(body, "\nauth_authentication_attempts_total{"); n != 3 {
		t.Errorf("series: got %d, want 3:\n%s", n, body)
	}
	if strings.Contains(body, "alice") || strings.Contains(body, "auth_service_name") {
		t.Errorf("an attribute should be gone:\n%s", body)
	}
}

func TestHistogramsKeepTheirBuckets(t *testing.T) {
	setenv(t, map[string]string{"OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION": "base2_exponential_bucket_histogram"})
	p := start(t, onFreePort())
	h, err := p.MeterProvider().Meter("example.com/shop").Float64Histogram("auth.authentication.duration")
	if err != nil {
		t.Fatal(err)
	}
	h.Record(context.Background(), math.Pi)
	m, _ := semconv.LookupMetric("auth.authentication.duration")
	if n := strings.Count(scrape(t, p), "_bucket{"); n != len(m.Buckets)+1 {
		t.Errorf("buckets: got %d, want %d", n, len(m.Buckets)+1)
	}
}

func TestLastSuccessIsAMetric(t *testing.T) {
	setenv(t, nil)
	older, newer := newFake(), newFake()
	older.last, newer.last = parse(t, "2026-01-01T00:00:00.5Z"), parse(t, "2026-02-01T00:00:00Z")
	p := start(t, onFreePort(), WithExporter("a", newer), WithExporter("b", older), WithExporter("never", newFake()))
	const name = "auth_sdk_export_last_success_timestamp_seconds"
	first := scrape(t, p)
	if strings.Contains(first, name+`{auth_sdk_exporter="prometheus"`) {
		t.Errorf("a success before the first scrape:\n%s", first)
	}
	if want := name + `{auth_sdk_exporter="_OTHER"} 1.7672256005e+09`; !strings.Contains(first, want+"\n") {
		t.Errorf("want %q, the one silent for longest, in\n%s", want, first)
	}
	eventually(t, "Prometheus' own success", func() bool {
		return strings.Contains(scrape(t, p), name+`{auth_sdk_exporter="prometheus"} `)
	})
}

// lossy is an exporter that keeps counters.
type lossy struct {
	*fake
	failures, undelivered, rejected int64
}

func (l lossy) Failures() int64          { return l.failures }
func (l lossy) UndeliveredPoints() int64 { return l.undelivered }
func (l lossy) RejectedPoints() int64    { return l.rejected }

func TestLossesAreMetrics(t *testing.T) {
	setenv(t, nil)
	p := start(t, onFreePort(), WithConsole(brokenWriter{}), WithExporter("silent", newFake()),
		WithExporter("a", lossy{newFake(), 1, 20, 300}), WithExporter("b", lossy{newFake(), 4, 50, 600}))
	if err := p.ForceFlush(context.Background()); !errors.Is(err, errBroken) {
		t.Fatal(err)
	}
	body := scrape(t, p)
	for _, want := range []string{
		`auth_sdk_export_failures_total{auth_sdk_exporter="prometheus"} 0`,
		`auth_sdk_export_failures_total{auth_sdk_exporter="console"} 1`,
		`auth_sdk_export_failures_total{auth_sdk_exporter="_OTHER"} 5`,
		`auth_sdk_export_undelivered_points_total{auth_sdk_exporter="_OTHER"} 70`,
		`auth_sdk_export_rejected_points_total{auth_sdk_exporter="_OTHER"} 900`,
	} {
		if !strings.Contains(body, "\n"+want+"\n") {
			t.Errorf("want %q in\n%s", want, body)
		}
	}
	if n := strings.Count(body, "\nauth_sdk_export_"); n != 5 {
		t.Errorf("%d series of exporters, want 5: no zero where nothing is counted", n)
	}
}

func TestConsoleWritesAtShutdown(t *testing.T) {
	setenv(t, nil)
	var out safeBuffer
	p := start(t, WithConsole(&out))
	count(t, p, "shop.events")
	if err := p.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), `"shop.events"`) {
		t.Errorf("got %q", out.String())
	}
	if lastSuccess(p.exporters[0].Exporter).IsZero() {
		t.Error("LastSuccess: got zero")
	}
}

var errBroken = errors.New("broken pipe")

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestConsoleThatFails(t *testing.T) {
	setenv(t, nil)
	p := start(t, WithConsole(brokenWriter{}))
	count(t, p, "shop.events")
	if err := p.ForceFlush(context.Background()); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
	if at := lastSuccess(p.exporters[0].Exporter); !at.IsZero() {
		t.Errorf("LastSuccess: got %v, want zero", at)
	}
	if err := p.Shutdown(context.Background()); !errors.Is(err, errBroken) || !strings.Contains(err.Error(), "console") {
		t.Errorf("Shutdown: got %v, want one that names the console", err)
	}
}

func TestOneExporterUnderTwoNames(t *testing.T) {
	p, err := prom.New(prom.WithoutServer())
	if err != nil {
		t.Fatal(err)
	}
	_, err = Start(t.Context(), WithExporter("one", p), WithExporter("two", p))
	if err == nil || !strings.Contains(err.Error(), "one and two are one exporter") {
		t.Errorf("error %v", err)
	}
}
