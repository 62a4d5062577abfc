// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/datapunk/otelauth/internal/otlptest"
)

// never is an interval that no test lives to see.
const never = time.Hour

// long bounds what should happen at once; it is met only by a failure.
const long = time.Minute

// protocols runs a test for each of them.
func protocols(t *testing.T, test func(t *testing.T, protocol string, collector func(testing.TB, ...otlptest.Option) *otlptest.Collector)) {
	t.Helper()
	t.Run("grpc", func(t *testing.T) { test(t, ProtocolGRPC, otlptest.GRPC) })
	t.Run("http", func(t *testing.T) { test(t, ProtocolHTTP, otlptest.HTTP) })
}

// pipeline is an exporter in a provider, with its reports caught.
type pipeline struct {
	*Exporter
	provider *sdkmetric.MeterProvider
	reports  *caught
}

type caught struct {
	mu   sync.Mutex
	errs []error
	came chan struct{}
}

func newCaught() *caught { return &caught{came: make(chan struct{}, 1000)} }

func (c *caught) handle(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.errs = append(c.errs, err)
	c.came <- struct{}{}
}

func (c *caught) all() []error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]error(nil), c.errs...)
}

// wait returns the first report, waiting for it.
func (c *caught) wait(t *testing.T) error {
	t.Helper()
	select {
	case <-c.came:
		return c.all()[0]
	case <-time.After(long):
		t.Fatal("nothing was reported")
		return nil
	}
}

func catchingReporter() (*reporter, *caught) {
	r, c := newReporter(), newCaught()
	r.handle = c.handle
	return r, c
}

// every pushes more often than any program may, and giveUp gives up sooner.
func every(d time.Duration) Option {
	return option(func(c *config) { c.interval = setting[time.Duration]{d, "every"} })
}

func giveUp(d time.Duration) Option {
	return option(func(c *config) { c.timeout = setting[time.Duration]{d, "giveUp"} })
}

func start(t *testing.T, opts ...Option) pipeline {
	t.Helper()
	report, reports := catchingReporter()
	e, err := newExporter(newConfig(append([]Option{WithInterval(never)}, opts...)), report)
	if err != nil {
		t.Fatalf("newExporter: %v", err)
	}
	return startWith(t, e, reports)
}

func startWith(t *testing.T, e *Exporter, reports *caught) pipeline {
	t.Helper()
	p := pipeline{
		Exporter: e,
		reports:  reports,
		provider: sdkmetric.NewMeterProvider(
			sdkmetric.WithReader(e.Reader()),
			sdkmetric.WithResource(resource.NewSchemaless(attribute.String("service.name", "under-test"))),
			sdkmetric.WithCardinalityLimit(-1),
		),
	}
	t.Cleanup(func() {
		// The context is over by now: what is left need not arrive.
		_ = p.provider.Shutdown(t.Context())
	})
	return p
}

func (p pipeline) counter(t *testing.T, name string) metric.Int64Counter {
	t.Helper()
	c, err := p.provider.Meter("test").Int64Counter(name)
	if err != nil {
		t.Fatalf("counter %s: %v", name, err)
	}
	return c
}

// flush pushes with all the time in the world.
func (p pipeline) flush(t *testing.T) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	return p.provider.ForceFlush(ctx)
}

func (p pipeline) mustFlush(t *testing.T) {
	t.Helper()
	if err := p.flush(t); err != nil {
		t.Fatalf("ForceFlush: %v", err)
	}
}

// within fails when f is not done in a time that only a hang takes.
func within(t *testing.T, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(long):
		t.Fatal("still not done")
	}
}

// losses are the counters of an exporter.
type losses struct{ failures, undelivered, rejected int64 }

func (p pipeline) wantLosses(t *testing.T, want losses) {
	t.Helper()
	if got := (losses{p.Failures(), p.UndeliveredPoints(), p.RejectedPoints()}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
