// SPDX-License-Identifier: Apache-2.0

// Package otlptest is an OTLP metrics collector for tests: a real gRPC or HTTP
// server on a loopback socket that keeps what it is sent and answers as it is
// told. Only tests may import it.
package otlptest

import (
	"context"
	"crypto/tls"
	"net/http"
	"sync"
	"testing"
	"time"

	colpb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
)

// Request is one export as the collector got it.
type Request struct {
	Metrics []*metricspb.ResourceMetrics
	// Headers are the HTTP headers or the gRPC metadata, with canonical names.
	Headers http.Header
	// Encoding is "gzip" or empty.
	Encoding string
	// Path is the URL path of the request.
	Path string
	// Size is how many bytes the message has without compression.
	Size int
}

// Answer decides what the sender is told. A gRPC status as error is turned into
// its HTTP counterpart by the HTTP collector. A nil response is an empty one.
type Answer func(ctx context.Context, r Request) (*colpb.ExportMetricsServiceResponse, error)

// Collector receives OTLP metrics. Its methods are safe for concurrent use.
type Collector struct {
	scheme   string
	listener *listener

	mu       sync.Mutex
	answer   Answer
	requests []Request
	attempts int
	changed  chan struct{} // closed and replaced whenever something came in
}

// Option changes how a [Collector] listens.
type Option func(*options)

type options struct {
	tls *tls.Config
}

// TLS makes the collector speak TLS.
func TLS(c *tls.Config) Option { return func(o *options) { o.tls = c } }

func newCollector(tb testing.TB, opts []Option) (*Collector, options) {
	tb.Helper()
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	c := &Collector{scheme: "http", listener: listen(tb), changed: make(chan struct{})}
	if o.tls != nil {
		c.scheme = "https"
	}
	return c, o
}

// Addr returns the "host:port" of the collector.
func (c *Collector) Addr() string { return c.listener.Addr().String() }

// URL returns the address with its scheme and without a path.
func (c *Collector) URL() string { return c.scheme + "://" + c.Addr() }

// Answer sets what later requests are told; nil accepts everything again.
func (c *Collector) Answer(a Answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer = a
}

// DropConnections cuts every open connection; the collector goes on listening.
func (c *Collector) DropConnections() { c.listener.drop() }

// Down cuts every connection and refuses new ones, as a collector that is not
// there does.
func (c *Collector) Down() { c.listener.down() }

// Up ends Down, at the same address.
func (c *Collector) Up(tb testing.TB) {
	tb.Helper()
	if err := c.listener.up(tb.Context()); err != nil {
		tb.Fatalf("listen again: %v", err)
	}
}

// Requests returns the requests that were accepted, oldest first.
func (c *Collector) Requests() []Request {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Request(nil), c.requests...)
}

// Forget drops the requests received so far, for a test that sends for long.
func (c *Collector) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests = nil
}

// Attempts returns how many requests came in, refused ones included.
func (c *Collector) Attempts() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.attempts
}

// WaitAttempts waits until n requests came in, refused ones included.
func (c *Collector) WaitAttempts(tb testing.TB, n int) {
	tb.Helper()
	c.wait(tb, func() bool { return c.attempts >= n })
}

// WaitRequests waits until n requests were accepted and returns them all.
func (c *Collector) WaitRequests(tb testing.TB, n int) []Request {
	tb.Helper()
	c.wait(tb, func() bool { return len(c.requests) >= n })
	return c.Requests()
}

func (c *Collector) wait(tb testing.TB, met func() bool) {
	tb.Helper()
	guard := time.NewTimer(time.Minute)
	defer guard.Stop()
	for {
		c.mu.Lock()
		ok, changed := met(), c.changed
		c.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-guard.C:
			tb.Fatalf("the collector waited in vain: %d requests came, %d were accepted", c.Attempts(), len(c.Requests()))
		}
	}
}

// receive is what both servers do with a request.
func (c *Collector) receive(ctx context.Context, r Request) (*colpb.ExportMetricsServiceResponse, error) {
	c.mu.Lock()
	c.attempts++
	answer := c.answer
	c.notify()
	c.mu.Unlock()

	resp := &colpb.ExportMetricsServiceResponse{}
	if answer != nil {
		given, err := answer(ctx, r)
		if err != nil {
			return nil, err
		}
		if given != nil {
			resp = given
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests = append(c.requests, r)
	c.notify()
	return resp, nil
}

// notify wakes those who wait; the caller holds the lock.
func (c *Collector) notify() {
	close(c.changed)
	c.changed = make(chan struct{})
}
