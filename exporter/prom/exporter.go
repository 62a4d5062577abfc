// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/otlptranslator"
	otelprom "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/datapunk/otelauth/exporter/internal/bound"
)

// An Exporter reads from one MeterProvider and answers scrapes. All methods are
// safe for concurrent use, and on a nil Exporter do nothing.
type Exporter struct {
	reader  *reader
	handler http.Handler
	server  *server // nil without one
	report  *reporter

	lastSuccess atomic.Int64 // Unix nanoseconds, 0 before the first
	failures    atomic.Int64
	closed      atomic.Bool // set by the first Shutdown

	down    chan struct{} // closed after downErr is set
	downErr error
}

// New returns an exporter that listens already, unless [WithoutServer] is among
// the options. Its errors name the option and the value; several are joined.
// With an error there is no exporter and nothing listens.
func New(opts ...Option) (*Exporter, error) {
	return FromEnv(context.Background(), nil, opts...)
}

// start makes the exporter that a checked configuration asks for.
func start(c config, web webSettings) (*Exporter, error) {
	registry := prometheus.NewRegistry()
	slot := bound.NewSlot(sdkmetric.DefaultTemporalitySelector)
	otelOpts := []otelprom.Option{
		otelprom.WithRegisterer(registry),
		otelprom.WithProducer(slot),
		// Explicit, for the default depends on a global variable.
		otelprom.WithTranslationStrategy(otlptranslator.UnderscoreEscapingWithSuffixes),
	}
	if !c.scopeLabels {
		otelOpts = append(otelOpts, otelprom.WithoutScopeInfo())
	}
	if !c.targetInfo {
		otelOpts = append(otelOpts, otelprom.WithoutTargetInfo())
	}
	inner, err := otelprom.New(otelOpts...)
	if err != nil {
		return nil, fmt.Errorf("prom: %w", err)
	}

	e := &Exporter{report: newReporter(c.limits.report), down: make(chan struct{})}
	e.reader = &reader{Exporter: inner, Slot: slot, owner: e}
	guard := getOnly
	if c.tokenOwn {
		want := sha256.Sum256([]byte(c.token))
		guard = func(h http.Handler) http.Handler { return bearer(want, getOnly(h)) }
	}
	scrape := e.scrape(registry, c)
	e.handler = guard(scrape)
	if c.withServer {
		e.server, err = listen(c, web, guard(withIndex(scrape)), e.report)
		if err != nil {
			return nil, err
		}
	}
	return e, nil
}

// Reader returns the reader to give to one MeterProvider. Shutting that
// provider down shuts the exporter down.
func (e *Exporter) Reader() sdkmetric.Reader {
	if e == nil {
		return nil
	}
	return e.reader
}

// Handler answers scrapes; it is what the exporter's own server has under
// /metrics. The bearer token holds for it, a web configuration file does not.
func (e *Exporter) Handler() http.Handler {
	if e == nil {
		return http.NotFoundHandler()
	}
	return e.handler
}

// Addr returns the address that the exporter listens on, nil with
// [WithoutServer].
func (e *Exporter) Addr() net.Addr {
	if e == nil || e.server == nil {
		return nil
	}
	return e.server.addr
}

// LastSuccess returns when a scrape was last answered in full, the zero time if
// never.
func (e *Exporter) LastSuccess() time.Time {
	if e == nil {
		return time.Time{}
	}
	if ns := e.lastSuccess.Load(); ns != 0 {
		return time.Unix(0, ns)
	}
	return time.Time{}
}

// Failures returns how many scrapes were not answered in full so far.
func (e *Exporter) Failures() int64 {
	if e == nil {
		return 0
	}
	return e.failures.Load()
}

// String returns "prometheus" and where to scrape, such as
// "prometheus http://127.0.0.1:9464/metrics".
func (e *Exporter) String() string {
	switch {
	case e == nil:
		return "prometheus (nil)"
	case e.server == nil:
		return "prometheus (handler without a server)"
	default:
		return "prometheus " + e.server.url()
	}
}

// Shutdown closes the listener, lets scrapes that are being answered finish
// until ctx ends, cuts those that are left, and shuts the reader down. Later
// scrapes of [Exporter.Handler] get 503.
//
// The first call does so; every other waits for it, or for its own ctx, and
// returns the same result.
func (e *Exporter) Shutdown(ctx context.Context) error {
	if e == nil {
		return nil
	}
	if e.closed.CompareAndSwap(false, true) {
		defer close(e.down)
		var errs []error
		if e.server != nil {
			errs = append(errs, e.server.shutdown(ctx))
		}
		errs = append(errs, e.reader.Exporter.Shutdown(ctx))
		e.downErr = errors.Join(errs...)
		return e.downErr
	}
	select {
	case <-e.down:
		return e.downErr
	case <-ctx.Done():
		return fmt.Errorf("prom: shutdown: %w", ctx.Err())
	}
}

// reader is the SDK's reader, except that its Shutdown is the exporter's: a
// provider that goes down must not leave an endpoint that answers with nothing.
type reader struct {
	*otelprom.Exporter
	*bound.Slot
	owner *Exporter
}

func (r *reader) Shutdown(ctx context.Context) error { return r.owner.Shutdown(ctx) }
