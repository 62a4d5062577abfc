// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/datapunk/otelauth/internal/otlptest"
)

func observe(t *testing.T, p pipeline, name string, callback metric.Int64Callback) {
	t.Helper()
	if _, err := p.provider.Meter("test").Int64ObservableGauge(name, metric.WithInt64Callback(callback)); err != nil {
		t.Fatal(err)
	}
}

// One failing callback keeps nothing else back.
func TestFailingCallback(t *testing.T) {
	c := otlptest.GRPC(t)
	p := start(t, WithEndpoint(c.URL()))
	broken := errors.New("broken")
	observe(t, p, "bad", func(context.Context, metric.Int64Observer) error { return broken })
	observe(t, p, "good", func(_ context.Context, o metric.Int64Observer) error { o.Observe(5); return nil })
	if err := p.flush(t); !errors.Is(err, broken) || !strings.Contains(err.Error(), "collect: broken") {
		t.Errorf("ForceFlush = %v, want the error of the callback", err)
	}
	if last, _ := c.Last("good"); last.Value != 5 {
		t.Errorf("good = %v, want 5", last.Value)
	}
}

// A callback that panics does not take the process along.
func TestPanickingCallback(t *testing.T) {
	c := otlptest.GRPC(t)
	p := start(t, WithEndpoint(c.URL()), every(5*time.Millisecond))
	observe(t, p, "bad", func(context.Context, metric.Int64Observer) error { panic("out of\nluck") })
	err := p.reports.wait(t)
	if !strings.HasSuffix(err.Error(), ": a metric callback panicked: string") {
		t.Errorf("reported %v, want the panic on one line", err)
	}
	if err := p.flush(t); err == nil {
		t.Error("ForceFlush succeeded")
	}
}

// What an earlier collection left in memory must not be sent for a later one
// that brought nothing.
func TestNothingStale(t *testing.T) {
	c := otlptest.GRPC(t)
	p := start(t, WithEndpoint(c.URL()))
	p.counter(t, "requests").Add(t.Context(), 1)
	p.mustFlush(t)
	observe(t, p, "bad", func(context.Context, metric.Int64Observer) error { panic("now") })
	if err := p.flush(t); err == nil {
		t.Error("ForceFlush succeeded")
	}
	if n := c.Attempts(); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
	p.wantLosses(t, losses{failures: 1})
}

func TestWithoutProvider(t *testing.T) {
	report, reports := catchingReporter()
	e, err := newExporter(newConfig([]Option{every(time.Millisecond)}), report)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := e.reader.ForceFlush(t.Context()); !errors.Is(err, sdkmetric.ErrReaderNotRegistered) {
			t.Errorf("ForceFlush = %v, want %v", err, sdkmetric.ErrReaderNotRegistered)
		}
	}
	if err := e.Shutdown(t.Context()); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if got := reports.all(); len(got) > 0 {
		t.Errorf("reported %v, want nothing before there is a provider", got)
	}
}

func TestConcurrentSafe(t *testing.T) {
	protocols(t, func(t *testing.T, protocol string, collector newCollector) {
		c := collector(t)
		p := start(t, WithProtocol(protocol), WithEndpoint(c.URL()), every(time.Millisecond))
		requests := p.counter(t, "requests")
		const workers, each = 4, 25
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() {
				for range each {
					requests.Add(t.Context(), 1)
					if err := p.flush(t); err != nil {
						t.Errorf("ForceFlush: %v", err)
					}
					_, _, _ = p.LastSuccess(), p.Failures(), p.String()
				}
			})
		}
		wg.Wait()
		for range workers {
			wg.Go(func() {
				if err := p.Exporter.Shutdown(t.Context()); err != nil {
					t.Errorf("Shutdown: %v", err)
				}
			})
		}
		wg.Wait()
		if last, _ := c.Last("requests"); last.Value != workers*each {
			t.Errorf("requests = %v, want %d", last.Value, workers*each)
		}
	})
}
