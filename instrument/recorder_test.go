// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/trace"

	"github.com/datapunk/otelauth/semconv"
)

func TestStrangersCannotTakeADeclaredServicesPlace(t *testing.T) {
	g := newRig(t, WithServices("real"))
	for i := range 2500 {
		g.rec.Service(fmt.Sprintf("junk-%d", i)).Authentication(semconv.MethodPassword).Count(ctx, nil)
	}
	for range 1000 {
		g.rec.Service("real").Authentication(semconv.MethodPassword).Count(ctx, nil)
	}
	g.want("auth.authentication.attempts", map[string]float64{
		"method=password result=success service.name=_OTHER": 2500,
		"method=password result=success service.name=real":   1000,
	})
	g.want("auth.sdk.collapsed_values", map[string]float64{"sdk.attribute=auth.service.name": 2500})
}

func TestServiceLimit(t *testing.T) {
	g := newRig(t, WithServices("declared"), WithServiceLimit(2))
	for _, name := range []string{"a", "", "b", "c", "declared", "a", strings.Repeat("é", 100), "bad\xff", semconv.Other} {
		g.rec.Service(name).KeySet().Refreshed(ctx, nil)
	}
	g.want("auth.keyset.refreshes", map[string]float64{
		"result=success service.name=a":        2,
		"result=success service.name=b":        1,
		"result=success service.name=declared": 1,
		"result=success service.name=_OTHER":   5,
	})
	g.want("auth.sdk.collapsed_values", map[string]float64{"sdk.attribute=auth.service.name": 4})
}

func TestAdmittedNamesAreCleaned(t *testing.T) {
	g := newRig(t, WithServiceLimit(10))
	long := strings.Repeat("é", 1<<20)
	g.rec.Service(long).KeySet().Refreshed(ctx, nil)
	g.rec.Service(long+"x").KeySet().Refreshed(ctx, nil)
	g.rec.Service("bad\xffname").KeySet().Refreshed(ctx, nil)
	g.want("auth.keyset.refreshes", map[string]float64{
		"result=success service.name=" + strings.Repeat("é", 64): 2,
		"result=success service.name=bad?name":                   1,
	})
}

func TestNoServiceIsAdmittedUnlessAskedFor(t *testing.T) {
	g := newRig(t)
	g.rec.Service("eyJhbGciOiJub25lIn0.e30.").Register(ctx)
	if n := len(*g.rec.services.Load()); n != 1 {
		t.Errorf("%d services, want _OTHER alone", n)
	}
	g.want("auth.sdk.collapsed_values", map[string]float64{"sdk.attribute=auth.service.name": 1})
}

func TestNewReturnsAllErrorsAndAUsableRecorder(t *testing.T) {
	reader := sdkmetric.NewManualReader()
	rec, err := New(
		WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))),
		WithServices("api", "", "bad\xff", strings.Repeat("x", 129)),
		WithServiceLimit(-1),
		WithActivityWindow(0),
		WithAllowed("auth.subject", "alice"),
		WithAllowed(semconv.CacheNameKey, "", "tokens"),
		WithErrorMapper(nil),
		nil,
	)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"WithServices: empty", `"bad\xff"`, "129 bytes", "WithServiceLimit: -1",
		"WithActivityWindow: 0s", `"auth.subject"`, `WithAllowed("auth.cache.name"): empty`, "WithErrorMapper: nil"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error lacks %q:\n%v", want, err)
		}
	}
	g := &rig{t: t, rec: rec, reader: reader}
	rec.Service("api").Cache("tokens").Lookup(ctx, semconv.CacheOutcomeHit)
	g.want("auth.cache.lookups", map[string]float64{"cache.name=tokens cache.outcome=hit service.name=api": 1})
}

// failing is a MeterProvider that cannot make counters.
type failing struct{ noop.MeterProvider }

func (failing) Meter(string, ...metric.MeterOption) metric.Meter { return failingMeter{} }

type failingMeter struct{ noop.Meter }

func (failingMeter) Int64Counter(name string, _ ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	return nil, fmt.Errorf("cannot make %s", name)
}

func TestInstrumentErrorsAreJoined(t *testing.T) {
	rec, err := New(WithMeterProvider(failing{}))
	if err == nil || !strings.Contains(err.Error(), "auth.token.operations") ||
		!strings.Contains(err.Error(), "auth.authentication.attempts") {
		t.Fatalf("error %v, want one that names each instrument", err)
	}
	rec.Service("api").Authentication(semconv.MethodPassword).Start().End(ctx, nil)
}

func TestNoProviderMeansTheGlobalOne(t *testing.T) {
	var none *sdkmetric.MeterProvider
	for name, opts := range map[string][]Option{
		"none":        nil,
		"nil":         {WithMeterProvider(nil)},
		"nil pointer": {WithMeterProvider(none)},
	} {
		t.Run(name, func(t *testing.T) {
			rec, err := New(opts...)
			if err != nil {
				t.Fatal(err)
			}
			rec.Service("api").Authentication(semconv.MethodPassword).Count(ctx, nil)
		})
	}
}

// laterGlobal is the reader of the global provider, which can be set once a
// process.
var laterGlobal struct {
	sync.Once
	reader *sdkmetric.ManualReader
}

func TestZerosSurviveALaterGlobalProvider(t *testing.T) {
	rec, err := New(WithServices("late")) // on the global provider, which is not set yet
	if err != nil {
		t.Fatal(err)
	}
	rec.Service("late").Authentication(semconv.MethodPassword)
	laterGlobal.Do(func() {
		laterGlobal.reader = sdkmetric.NewManualReader()
		otel.SetMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(laterGlobal.reader)))
	})
	g := &rig{t: t, rec: rec, reader: laterGlobal.reader}
	if v, ok := g.values("auth.authentication.attempts")["method=password result=success service.name=late"]; !ok || v != 0 {
		t.Errorf("success is %v, %v; want 0 at the first collection", v, ok)
	}
}

func TestAfterShutdownNothingIsStored(t *testing.T) {
	g := newRig(t, WithServices("api"))
	h := g.rec.Service("api").Authentication(semconv.MethodPassword)
	h.Count(ctx, nil)
	_ = g.metrics() // from here on counts wait in their cells
	h.Count(ctx, nil)
	for range 2 {
		if err := g.rec.Shutdown(ctx); err != nil {
			t.Fatal(err)
		}
	}
	h.Count(ctx, nil)
	h.Record(ctx, 1, nil)
	g.rec.Service("api").Anomalies().Detected(ctx, semconv.AnomalyKindBruteForce, semconv.AnomalySeverityLow)
	g.rec.Detector().Dropped(ctx, 1)
	g.want("auth.authentication.attempts", map[string]float64{"method=password result=success service.name=api": 2})
	g.want("auth.authentication.duration", map[string]float64{})
	g.want("auth.sdk.rejected_measurements", map[string]float64{"sdk.rejection=after_shutdown": 4})
}

// A view that drops what the callback observes also stops the callback; counts
// must not wait for it then.
func TestCountsWithoutACallback(t *testing.T) {
	reader := sdkmetric.NewManualReader()
	drop := func(i sdkmetric.Instrument) (sdkmetric.Stream, bool) {
		return sdkmetric.Stream{Aggregation: sdkmetric.AggregationDrop{}},
			i.Name == "auth.service.active" || i.Name == "auth.service.status"
	}
	rec, err := New(WithServices("api"),
		WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithView(drop))))
	if err != nil {
		t.Fatal(err)
	}
	g := &rig{t: t, rec: rec, reader: reader}
	for want := range 3 {
		rec.Service("api").Cache("x").Lookup(ctx, semconv.CacheOutcomeHit)
		g.want("auth.cache.lookups", map[string]float64{"cache.name=_OTHER cache.outcome=hit service.name=api": float64(want + 1)})
	}
}

func TestExemplarsOfSampledSpansSurvive(t *testing.T) {
	g := newRig(t, WithServices("api"))
	h := g.rec.Service("api").Authentication(semconv.MethodPassword)
	_ = g.metrics()
	sampled := trace.ContextWithSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled}))
	h.Count(sampled, nil)
	h.Count(ctx, nil)
	var exemplars int
	for _, p := range g.metrics()["auth.authentication.attempts"].Data.(metricdata.Sum[int64]).DataPoints {
		if p.Value > 0 && p.Value != 2 {
			t.Errorf("value %d, want 2", p.Value)
		}
		exemplars += len(p.Exemplars)
	}
	if exemplars != 1 {
		t.Errorf("%d exemplars, want the sampled span's", exemplars)
	}
}

func TestConcurrentSafe(t *testing.T) {
	const goroutines, events = 64, 500
	g := newRig(t, WithServices("shared"), WithServiceLimit(goroutines/2), WithActivityWindow(time.Hour))
	delta := sdkmetric.NewManualReader(sdkmetric.WithTemporalitySelector(
		func(sdkmetric.InstrumentKind) metricdata.Temporality { return metricdata.DeltaTemporality }))
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(g.reader2()), sdkmetric.WithReader(delta))
	rec, err := New(WithMeterProvider(mp), WithServices("shared"), WithServiceLimit(goroutines/2))
	if err != nil {
		t.Fatal(err)
	}
	g.rec = rec

	var recording, collecting sync.WaitGroup
	stop := make(chan struct{})
	var deltas float64
	collecting.Go(func() {
		for {
			_ = g.metrics()
			deltas += total(collect(t, delta))
			select {
			case <-stop:
				deltas += total(collect(t, delta))
				return
			default:
				runtime.Gosched()
			}
		}
	})
	for i := range goroutines {
		recording.Go(func() {
			own := rec.Service(fmt.Sprintf("svc-%d", i))
			own.Register(ctx)
			shared := rec.Service("shared").Authentication(semconv.MethodPassword)
			for j := range events {
				if j%2 == 0 {
					shared.Start().End(ctx, nil)
				} else {
					rec.Service("shared").Authentication(semconv.MethodPassword).Count(ctx, Failure(semconv.ReasonLocked))
				}
				own.Sessions().Count(ctx, semconv.SessionOperationCreate, nil)
			}
			own.Deregister(ctx)
		})
	}
	recording.Wait()
	close(stop)
	collecting.Wait()

	g.want("auth.authentication.attempts", map[string]float64{
		"method=password result=success service.name=shared":                       goroutines * events / 2,
		"failure.reason=locked method=password result=failure service.name=shared": goroutines * events / 2,
	})
	g.want("auth.authentication.duration", map[string]float64{
		"method=password result=success service.name=shared": goroutines * events / 2,
	})
	if deltas != goroutines*events {
		t.Errorf("the delta reader saw %v attempts, want %d", deltas, goroutines*events)
	}
	var sessions float64
	for _, v := range g.values("auth.session.active") {
		sessions += v
	}
	if sessions != goroutines*events {
		t.Errorf("%v sessions, want %d", sessions, goroutines*events)
	}
	if v := g.values("auth.service.registered")[""]; v != 0 {
		t.Errorf("%v services registered, want 0", v)
	}
}

func (g *rig) reader2() *sdkmetric.ManualReader {
	g.reader = sdkmetric.NewManualReader()
	return g.reader
}

func collect(t *testing.T, r sdkmetric.Reader) metricdata.ResourceMetrics {
	t.Helper()
	var rm metricdata.ResourceMetrics
	if err := r.Collect(ctx, &rm); err != nil {
		t.Errorf("Collect: %v", err)
	}
	return rm
}

// total sums auth.authentication.attempts.
func total(rm metricdata.ResourceMetrics) (n float64) {
	for _, sm := range rm.ScopeMetrics {
		for _, m := range sm.Metrics {
			if m.Name == "auth.authentication.attempts" {
				for _, v := range points(m) {
					n += v
				}
			}
		}
	}
	return n
}

func TestScope(t *testing.T) {
	g := newRig(t)
	rm := collect(t, g.reader)
	if len(rm.ScopeMetrics) != 1 {
		t.Fatalf("%d scopes, want 1", len(rm.ScopeMetrics))
	}
	s := rm.ScopeMetrics[0].Scope
	if s.Name != ScopeName || s.Version != Version || s.SchemaURL != semconv.SchemaURL {
		t.Errorf("scope %+v", s)
	}
	if s.Attributes.Len() != 0 {
		t.Errorf("scope attributes %v", s.Attributes)
	}
}

// Events that race with Shutdown are counted or refused, never lost.
func TestShutdownLosesNothing(t *testing.T) {
	for range 20 {
		g := newRig(t, WithServices("api"))
		h := g.rec.Service("api").Authentication(semconv.MethodPassword)
		_ = g.metrics()
		const goroutines, events = 4, 200
		var recording sync.WaitGroup
		for range goroutines {
			recording.Go(func() {
				for range events {
					h.Count(ctx, nil)
				}
			})
		}
		if err := g.rec.Shutdown(ctx); err != nil {
			t.Fatal(err)
		}
		recording.Wait()
		counted := g.values("auth.authentication.attempts")["method=password result=success service.name=api"]
		refused := g.values("auth.sdk.rejected_measurements")["sdk.rejection=after_shutdown"]
		if counted+refused != goroutines*events {
			t.Fatalf("%v counted and %v refused of %d", counted, refused, goroutines*events)
		}
	}
}

// Of two collections at once, each sees all that was counted before it began.
func TestConcurrentCollectionsMissNothing(t *testing.T) {
	readers := [2]*sdkmetric.ManualReader{sdkmetric.NewManualReader(), sdkmetric.NewManualReader()}
	rec, err := New(WithServices("api"), WithMeterProvider(sdkmetric.NewMeterProvider(
		sdkmetric.WithReader(readers[0]), sdkmetric.WithReader(readers[1]))))
	if err != nil {
		t.Fatal(err)
	}
	h := rec.Service("api").Authentication(semconv.MethodPassword)
	_ = collect(t, readers[0])
	for recorded := 1; recorded <= 500; recorded++ {
		h.Count(ctx, nil)
		var both sync.WaitGroup
		for _, r := range readers {
			both.Go(func() {
				if got := total(collect(t, r)); got != float64(recorded) {
					t.Errorf("a collection saw %v of %d", got, recorded)
				}
			})
		}
		both.Wait()
		if t.Failed() {
			return
		}
	}
}

func TestShutdownObeysItsDeadline(t *testing.T) {
	reader := sdkmetric.NewManualReader()
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	rec, err := New(WithServices("api"), WithMeterProvider(mp))
	if err != nil {
		t.Fatal(err)
	}
	entered, release := make(chan struct{}), make(chan struct{})
	_, err = mp.Meter("host").Int64ObservableGauge("stuck", metric.WithInt64Callback(
		func(context.Context, metric.Int64Observer) error { close(entered); <-release; return nil }))
	if err != nil {
		t.Fatal(err)
	}
	collected := make(chan struct{})
	go func() { _ = collect(t, reader); close(collected) }()
	<-entered
	expired, cancel := context.WithCancel(ctx)
	cancel()
	done := make(chan error, 1)
	go func() { done <- rec.Shutdown(expired) }()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want that of the context", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("Shutdown waits for a stuck collection")
	}
	close(release)
	<-collected
}

func TestShutdownDeregisters(t *testing.T) {
	g := newRig(t, WithServices("a", "b"))
	g.rec.Service("a").Register(ctx)
	g.rec.Service("b").Register(ctx)
	g.rec.Service("b").Deregister(ctx)
	if err := g.rec.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	g.want("auth.service.registered", map[string]float64{})
	g.want("auth.service.registrations", map[string]float64{
		"registration.event=register service.name=a":   1,
		"registration.event=register service.name=b":   1,
		"registration.event=deregister service.name=a": 1,
		"registration.event=deregister service.name=b": 1,
	})
}

func TestDetectorIsOne(t *testing.T) {
	g := newRig(t)
	if first, second := g.rec.Detector(), g.rec.Detector(); first != second {
		t.Error("another handle the second time")
	}
}

// A fault that comes with every request is said once.
func TestFaultsOfTheCallerAreSaidOnce(t *testing.T) {
	reported := reports(t)
	g := newRig(t, WithServices("api"))
	for range 100 {
		g.rec.Service("alice@example.com")
		g.rec.Service("api").Authentication(semconv.MethodJWT, Policy("x"))
	}
	said := reported()
	if len(said) != 2 {
		t.Errorf("said %v, want two errors", said)
	}
	for _, err := range said {
		if strings.Contains(err.Error(), "alice") {
			t.Errorf("%v holds what the caller passed", err)
		}
	}
}

// A collection that a Shutdown did not wait for must not make counters wait for
// a callback that never comes again.
func TestCollectionDuringShutdownLosesNothing(t *testing.T) {
	g := newRig(t, WithServices("api"))
	h := g.rec.Service("api").Authentication(semconv.MethodPassword)
	h.Count(ctx, nil)
	if err := g.rec.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	g.rec.drain.collect(ctx) // the callback of a collection that began before
	h.Count(ctx, nil)
	g.want("auth.authentication.attempts", map[string]float64{"method=password result=success service.name=api": 1})
	g.want("auth.sdk.rejected_measurements", map[string]float64{"sdk.rejection=after_shutdown": 1})
}

// A step of the wall clock must not make a duration negative, nor long.
func TestDurationsAreMonotonic(t *testing.T) {
	if processStart.Round(0) == processStart { // == sees the reading, Equal does not
		t.Error("the start of the process has no monotonic reading, which Round strips")
	}
	first := monotonic()
	if second := monotonic(); first < 0 || second < first {
		t.Errorf("%v after %v", second, first)
	}
}
