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
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	colpb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/datapunk/otelauth/internal/otlptest"
)

// soon is the deadline that the tests of this file give a shutdown.
const soon = 200 * time.Millisecond

func TestShutdownFlushes(t *testing.T) {
	protocols(t, func(t *testing.T, protocol string, collector newCollector) {
		c := collector(t)
		p := start(t, WithProtocol(protocol), WithEndpoint(c.URL()))
		p.counter(t, "requests").Add(t.Context(), 3)
		if err := p.provider.Shutdown(t.Context()); err != nil {
			t.Fatalf("Shutdown of the provider: %v", err)
		}
		if last, _ := c.Last("requests"); last.Value != 3 {
			t.Errorf("requests = %v, want 3", last.Value)
		}
		for range 2 {
			if err := p.Exporter.Shutdown(t.Context()); err != nil {
				t.Errorf("Shutdown again: %v", err)
			}
		}
		if n := c.Attempts(); n != 1 {
			t.Errorf("%d requests, want 1", n)
		}
		if err := p.provider.ForceFlush(t.Context()); !errors.Is(err, sdkmetric.ErrReaderShutdown) {
			t.Errorf("ForceFlush after Shutdown = %v, want %v", err, sdkmetric.ErrReaderShutdown)
		}
	})
}

// Whoever forgets the provider loses nothing either.
func TestShutdownOfTheExporterAlone(t *testing.T) {
	c := otlptest.GRPC(t)
	p := start(t, WithEndpoint(c.URL()))
	p.counter(t, "requests").Add(t.Context(), 3)
	if err := p.Exporter.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if last, _ := c.Last("requests"); last.Value != 3 {
		t.Errorf("requests = %v, want 3", last.Value)
	}
	if err := p.provider.Shutdown(t.Context()); err != nil {
		t.Errorf("Shutdown of the provider: %v", err)
	}
}

func TestShutdownWithoutProvider(t *testing.T) {
	e, err := New(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Shutdown(t.Context()); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}

// A collector that never answers holds a shutdown no longer than its deadline,
// also when a push is under way, and the error says what was lost.
func TestShutdownWithHungCollector(t *testing.T) {
	for _, underWay := range []string{"nothing", "a timed push", "a flush"} {
		t.Run(underWay+" under way", func(t *testing.T) {
			protocols(t, func(t *testing.T, protocol string, collector newCollector) {
				c := collector(t)
				c.Answer(hang(t))
				opts := []Option{WithProtocol(protocol), WithEndpoint(c.URL()), WithTimeout(never), WithExportTimeout(never)}
				if underWay == "a timed push" {
					opts = append(opts, every(time.Millisecond))
				}
				p := start(t, opts...)
				p.counter(t, "one").Add(t.Context(), 1)
				p.counter(t, "two").Add(t.Context(), 1)
				var flushed sync.WaitGroup
				switch underWay {
				case "a flush":
					flushed.Go(func() {
						if err := p.provider.ForceFlush(t.Context()); err == nil {
							t.Error("ForceFlush succeeded")
						}
					})
					c.WaitAttempts(t, 1)
				case "a timed push":
					c.WaitAttempts(t, 1)
				}
				ctx, cancel := context.WithTimeout(t.Context(), soon)
				defer cancel()
				within(t, func() {
					err := p.provider.Shutdown(ctx)
					var lost *DeliveryError
					if !errors.As(err, &lost) || !errors.Is(err, context.DeadlineExceeded) {
						t.Fatalf("Shutdown = %v, want a DeliveryError for the deadline", err)
					}
					if lost.DataPoints < 2 || lost.Metrics < 2 {
						t.Errorf("%d data points of %d metrics lost, want at least 2 of 2", lost.DataPoints, lost.Metrics)
					}
					flushed.Wait()
				})
				within(t, func() {
					if err := p.Exporter.Shutdown(t.Context()); err != nil {
						t.Errorf("Shutdown again: %v", err)
					}
				})
			})
		})
	}
}

func TestShutdownTellsWhatIsLost(t *testing.T) {
	p := start(t, WithEndpoint("http://"+freePort(t)), giveUp(50*time.Millisecond))
	fill(t, p, "many", 30)
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		p.counter(t, name).Add(t.Context(), 1)
	}
	err := p.provider.Shutdown(t.Context())
	want := strings.TrimSuffix(p.String(), " every "+never.String()) + ": 37 data points of 8 metrics not delivered: "
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("Shutdown = %v, want %q", err, want)
	}
}

// The push of a flush or shutdown ends early enough for its loss to be told.
func TestEarly(t *testing.T) {
	for given, want := range map[time.Duration]time.Duration{time.Hour: ahead, -time.Hour: 0} {
		ctx, cancel := context.WithTimeout(t.Context(), given)
		defer cancel()
		sooner, cancel := early(ctx)
		defer cancel()
		whole, _ := ctx.Deadline()
		short, _ := sooner.Deadline()
		if got := whole.Sub(short); got != want {
			t.Errorf("%v ends %v earlier, want %v", given, got, want)
		}
	}
}

// What a context that is over already keeps back is counted as well.
func TestShutdownTooLate(t *testing.T) {
	c := otlptest.GRPC(t)
	p := start(t, WithEndpoint(c.URL()))
	p.counter(t, "requests").Add(t.Context(), 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var lost *DeliveryError
	if err := p.provider.Shutdown(ctx); !errors.As(err, &lost) || lost.DataPoints != 1 || !errors.Is(err, context.Canceled) {
		t.Errorf("Shutdown = %v, want one data point lost since the context is cancelled", err)
	}
}

// A push that shutdown cuts short holds delta data that are nowhere else.
func TestShutdownCutsDeltaShort(t *testing.T) {
	c := otlptest.GRPC(t)
	c.Answer(hang(t))
	p := start(t, WithEndpoint(c.URL()), WithTemporality(metricdata.DeltaTemporality),
		WithTimeout(never), WithExportTimeout(never), every(time.Millisecond))
	requests := p.counter(t, "requests")
	requests.Add(t.Context(), 1)
	c.WaitAttempts(t, 1)
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	within(t, func() {
		var lost *DeliveryError
		if err := p.provider.Shutdown(ctx); !errors.As(err, &lost) || lost.DataPoints != 1 {
			t.Errorf("Shutdown = %v, want one data point lost", err)
		}
	})
}

// A push that goes through while the shutdown begins is waited for with delta
// data.
func TestShutdownWaitsForDelta(t *testing.T) {
	c := otlptest.GRPC(t)
	release := make(chan struct{})
	c.Answer(func(ctx context.Context, _ otlptest.Request) (*colpb.ExportMetricsServiceResponse, error) {
		select {
		case <-release:
			return nil, nil
		case <-ctx.Done():
			return nil, status.Error(codes.Canceled, "gone")
		}
	})
	p := start(t, WithEndpoint(c.URL()), WithTemporality(metricdata.DeltaTemporality), WithTimeout(never), WithExportTimeout(never))
	p.counter(t, "requests").Add(t.Context(), 3)
	flushed := make(chan error, 1)
	go func() { flushed <- p.provider.ForceFlush(t.Context()) }()
	c.WaitAttempts(t, 1)
	down := make(chan error, 1)
	go func() { down <- p.provider.Shutdown(t.Context()) }()
	for !p.reader.closing.Load() {
		time.Sleep(time.Millisecond)
	}
	close(release)
	within(t, func() {
		if err := errors.Join(<-flushed, <-down); err != nil {
			t.Errorf("ForceFlush and Shutdown: %v", err)
		}
	})
	if last, _ := c.Last("requests"); last.Value != 3 {
		t.Errorf("requests = %v, want 3", last.Value)
	}
}

// A callback that hangs holds neither a flush nor a shutdown.
func TestHungCallback(t *testing.T) {
	c := otlptest.GRPC(t)
	p := start(t, WithEndpoint(c.URL()))
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	_, err := p.provider.Meter("test").Int64ObservableGauge("gauge", metric.WithInt64Callback(
		func(context.Context, metric.Int64Observer) error {
			<-over
			return nil
		}))
	if err != nil {
		t.Fatal(err)
	}
	within(t, func() {
		ctx, cancel := context.WithTimeout(t.Context(), soon)
		defer cancel()
		if err := p.provider.ForceFlush(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("ForceFlush = %v, want its deadline", err)
		}
		ctx, cancel = context.WithTimeout(t.Context(), soon)
		defer cancel()
		if err := p.provider.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown = %v, want its deadline", err)
		}
	})
}
