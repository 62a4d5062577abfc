// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

func parse(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// hang returns an exporter whose Shutdown waits for the test's end, whatever its
// context says.
func hang(t *testing.T) *fake {
	t.Helper()
	gate := make(chan struct{})
	t.Cleanup(func() { close(gate) })
	f := newFake()
	f.shutdown = func(context.Context) error { <-gate; return nil }
	return f
}

func over(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

func TestShutdownTwice(t *testing.T) {
	setenv(t, nil)
	own := newFake()
	own.shutdown = func(context.Context) error { return errBroken }
	p, err := Start(t.Context(), onFreePort(), WithExporter("own", own))
	if err != nil {
		t.Fatal(err)
	}
	first := p.Shutdown(context.Background())
	if !errors.Is(first, errBroken) {
		t.Errorf("first: got %v", first)
	}
	if second := p.Shutdown(context.Background()); second == nil || second.Error() != first.Error() {
		t.Errorf("second: got %v, want %v", second, first)
	}
	if own.stops.Load() != 1 {
		t.Errorf("shut down %d times, want once", own.stops.Load())
	}
}

func TestShutdownWithHungExporter(t *testing.T) {
	setenv(t, nil)
	var out safeBuffer
	never, once := hang(t), hang(t)
	once.last = parse(t, "2026-01-02T03:04:05Z")
	p, err := Start(t.Context(), WithExporter("never", never), WithConsole(&out), WithExporter("once", once))
	if err != nil {
		t.Fatal(err)
	}
	count(t, p, "shop.events")
	err = p.Shutdown(over(t))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want one that is context.DeadlineExceeded", err)
	}
	for _, want := range []string{
		"exporter: never: shutdown: not done by the deadline, nothing was ever seen delivered",
		"exporter: once: shutdown: not done by the deadline, nothing was delivered since 2026-01-02T03:04:05Z",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
	if !strings.Contains(out.String(), "shop.events") {
		t.Error("the one that hangs kept another from flushing")
	}
	if again := p.Shutdown(context.Background()); again == nil || again.Error() != err.Error() {
		t.Errorf("again: got %v", again)
	}
}

// stuck is a reader whose export never ends and ignores its context.
func TestShutdownWithHungExport(t *testing.T) {
	setenv(t, nil)
	gate := make(chan struct{})
	defer close(gate)
	own := &fake{reader: sdkmetric.NewPeriodicReader(stuck{gate})}
	p, err := Start(t.Context(), WithExporter("stuck", own))
	if err != nil {
		t.Fatal(err)
	}
	count(t, p, "shop.events")
	if err := p.ForceFlush(over(t)); err == nil || !strings.Contains(err.Error(), "stuck") && !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("flush: got %v", err)
	}
	if err := p.Shutdown(over(t)); err == nil || !strings.Contains(err.Error(), "exporter: stuck: shutdown") {
		t.Errorf("shutdown: got %v", err)
	}
}

type stuck struct{ gate chan struct{} }

func (stuck) Temporality(k sdkmetric.InstrumentKind) metricdata.Temporality {
	return sdkmetric.DefaultTemporalitySelector(k)
}

func (stuck) Aggregation(k sdkmetric.InstrumentKind) sdkmetric.Aggregation {
	return sdkmetric.DefaultAggregationSelector(k)
}

func (s stuck) Export(context.Context, *metricdata.ResourceMetrics) error {
	<-s.gate
	return nil
}
func (stuck) ForceFlush(context.Context) error { return nil }
func (stuck) Shutdown(context.Context) error   { return nil }

// Without a deadline there is still one.
func TestEachHasADeadline(t *testing.T) {
	for name, given := range map[string]context.Context{"none": context.Background(), "own": over(t)} {
		want, own := given.Deadline()
		_ = each(given, []named{{"x", newFake()}}, "try", func(_ named, ctx context.Context) error {
			got, ok := ctx.Deadline()
			if !ok || own && !got.Equal(want) {
				t.Errorf("%s: got %v, %v", name, got, ok)
			}
			return nil
		})
	}
}

func TestShutdownWhileAnotherIsUnderWay(t *testing.T) {
	setenv(t, nil)
	gate, began := make(chan struct{}), make(chan struct{})
	own := newFake()
	own.shutdown = func(context.Context) error { close(began); <-gate; return errBroken }
	p, err := Start(t.Context(), WithExporter("own", own))
	if err != nil {
		t.Fatal(err)
	}
	results := make(chan error, 2)
	go func() { results <- p.Shutdown(context.Background()) }()
	<-began
	if err := p.Shutdown(over(t)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a caller without time: got %v", err)
	}
	go func() { results <- p.Shutdown(context.Background()) }()
	close(gate)
	for range 2 {
		if err := <-results; !errors.Is(err, errBroken) {
			t.Errorf("got %v", err)
		}
	}
}

// A provider that was shut down by itself is no fault.
func TestShutdownAfterTheProvider(t *testing.T) {
	setenv(t, nil)
	p := start(t, onFreePort(), WithExporter("own", newFake()))
	if err := p.MeterProvider().(interface{ Shutdown(context.Context) error }).Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := p.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestNoInstrumentsAfterShutdown(t *testing.T) {
	setenv(t, nil)
	p := start(t, onFreePort())
	if err := p.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	c, err := p.MeterProvider().Meter("example.com/shop").Int64Counter("shop.events")
	if err != nil || c.Enabled(context.Background()) {
		t.Errorf("a new instrument measures: %v", err)
	}
}

func TestConcurrentSafe(t *testing.T) {
	setenv(t, nil)
	var out safeBuffer
	p := start(t, onFreePort(), WithConsole(&out))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20 {
				count(t, p, "shop.events")
				_ = p.ForceFlush(context.Background())
				_ = p.String()
			}
			_ = p.Shutdown(context.Background())
		})
	}
	wg.Wait()
}
