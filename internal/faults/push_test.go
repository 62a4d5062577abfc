// SPDX-License-Identifier: Apache-2.0

package faults_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/datapunk/otelauth/exporter"
	"github.com/datapunk/otelauth/exporter/otlp"
	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/internal/otlptest"
	"github.com/datapunk/otelauth/semconv"
)

// pushLong asks for the full length of every fault, and for plain OpenTelemetry
// beside this SDK.
var pushLong = os.Getenv("OTELAUTH_FAULTS") == "long"

// pushScale is how long things take.
var pushScale = struct {
	interval, timeout, outage, login time.Duration
}{interval: otlp.MinDuration, timeout: time.Second, outage: 2 * time.Second, login: 5 * time.Millisecond}

func init() {
	if pushLong { // the timeout is the default of both
		pushScale.interval, pushScale.timeout = time.Second, otlp.DefaultTimeout
		pushScale.outage, pushScale.login = 30*time.Second, 10*time.Millisecond
	}
}

const attempts = "auth.authentication.attempts"

// program is a way of pushing that the tests try.
type program struct {
	name      string
	delta     bool
	plain     bool // OpenTelemetry alone
	collector func(testing.TB, ...otlptest.Option) *otlptest.Collector
	protocol  otlp.Option // of ours
}

var programs = []program{
	{"ours, cumulative, grpc", false, false, otlptest.GRPC, otlp.WithProtocol(otlp.ProtocolGRPC)},
	{"ours, cumulative, http", false, false, otlptest.HTTP, otlp.WithProtocol(otlp.ProtocolHTTP)},
	{"ours, delta, grpc", true, false, otlptest.GRPC, otlp.WithProtocol(otlp.ProtocolGRPC)},
	{"ours, delta, http", true, false, otlptest.HTTP, otlp.WithProtocol(otlp.ProtocolHTTP)},
	{"plain, cumulative, grpc", false, true, otlptest.GRPC, nil},
	{"plain, delta, grpc", true, true, otlptest.GRPC, nil},
}

// start makes the program push to the collector.
func (p program) start(tb testing.TB, c *otlptest.Collector) *sender {
	tb.Helper()
	switch {
	case p.plain && p.delta:
		return plain(tb, c, otlpmetricgrpc.WithTemporalitySelector(sdkmetric.DeltaTemporalitySelector))
	case p.plain:
		return plain(tb, c)
	case p.delta:
		return ours(tb, c, p.protocol, otlp.WithTemporality(metricdata.DeltaTemporality))
	default:
		return ours(tb, c, p.protocol)
	}
}

// sender is a program that runs: it records logins and pushes them.
type sender struct {
	login func()
	flush func(context.Context) error
	stop  func(context.Context) error
	ours  *otlp.Exporter // nil: plain OpenTelemetry
}

// ours is a sender with this SDK, from the recorder to the socket.
func ours(tb testing.TB, c *otlptest.Collector, opts ...otlp.Option) *sender {
	tb.Helper()
	exp, err := otlp.New(tb.Context(), append([]otlp.Option{
		otlp.WithEndpoint(c.URL()), otlp.WithInterval(pushScale.interval), otlp.WithTimeout(pushScale.timeout),
	}, opts...)...)
	if err != nil {
		tb.Fatal(err)
	}
	pipe, err := exporter.Start(tb.Context(), exporter.WithExporter("otlp", exp))
	if err != nil {
		tb.Fatal(err)
	}
	rec, err := instrument.New(instrument.WithMeterProvider(pipe.MeterProvider()), instrument.WithServices("api"))
	if err != nil {
		tb.Fatal(err)
	}
	logins := rec.Service("api").Authentication(semconv.MethodPassword)
	s := &sender{
		login: func() { logins.Count(context.Background(), nil) },
		flush: pipe.ForceFlush,
		stop:  pipe.Shutdown,
		ours:  exp,
	}
	s.stopAfter(tb)
	return s
}

// plain is a sender with OpenTelemetry alone, all defaults.
func plain(tb testing.TB, c *otlptest.Collector, opts ...otlpmetricgrpc.Option) *sender {
	tb.Helper()
	exp, err := otlpmetricgrpc.New(tb.Context(), append([]otlpmetricgrpc.Option{
		otlpmetricgrpc.WithEndpointURL(c.URL()),
	}, opts...)...)
	if err != nil {
		tb.Fatal(err)
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(
		sdkmetric.NewPeriodicReader(exp, sdkmetric.WithInterval(pushScale.interval))))
	counter, err := provider.Meter("plain").Int64Counter(attempts)
	if err != nil {
		tb.Fatal(err)
	}
	s := &sender{
		login: func() { counter.Add(context.Background(), 1) },
		flush: provider.ForceFlush,
		stop:  provider.Shutdown,
	}
	s.stopAfter(tb)
	return s
}

// stopAfter stops a sender at the end of the test, if nothing else has.
func (s *sender) stopAfter(tb testing.TB) {
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = s.stop(ctx)
	})
}

// load records a login again and again until it is told to stop, and returns
// how many it recorded.
func (s *sender) load() (stop func() int64) {
	var recorded atomic.Int64
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(pushScale.login)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				return
			case <-tick.C:
				s.login()
				recorded.Add(1)
			}
		}
	}()
	return func() int64 {
		close(quit)
		<-done
		return recorded.Load()
	}
}

// arrived returns how many logins the collector knows of: those of its newest
// data, or the sum of delta data, and of the latter how many came twice, because
// the answer to the first time was lost.
func arrived(c *otlptest.Collector, delta bool) (logins, twice int64) {
	points := c.Points(attempts)
	newest := uint64(0) // not the last: a request that was cut may be read late
	for _, p := range points {
		newest = max(newest, p.Time)
	}
	seen := map[string]bool{}
	for _, p := range points {
		id := fmt.Sprint(p.Time, p.Attributes)
		switch {
		case !delta && p.Time < newest:
		case seen[id]:
			twice += int64(p.Value)
		default:
			seen[id] = true
			logins += int64(p.Value)
		}
	}
	return logins, twice
}

// awaitLogins waits until the collector knows of n logins, for a hundred more
// requests at most.
func awaitLogins(t *testing.T, c *otlptest.Collector, delta bool, n int64) {
	t.Helper()
	for range 100 {
		requests := len(c.Requests())
		if got, _ := arrived(c, delta); got >= n {
			return
		}
		c.WaitRequests(t, requests+1)
	}
}

// reports are what went to OpenTelemetry's error handler during a test.
type reports struct {
	mu    sync.Mutex
	texts []string
}

func catch(t *testing.T) *reports {
	t.Helper()
	r := &reports{}
	before := otel.GetErrorHandler()
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.texts = append(r.texts, err.Error())
	}))
	t.Cleanup(func() { otel.SetErrorHandler(before) })
	return r
}

// with returns the reports that contain a text.
func (r *reports) with(text string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.texts), func(s string) bool { return !strings.Contains(s, text) })
}

// noLeak wants that, at the end of the test, nothing of a sender runs.
func noLeak(t *testing.T) {
	t.Helper()
	t.Cleanup(func() {
		var stacks string
		eventually(t, "every goroutine of the senders to end", func() bool {
			buf := make([]byte, 4<<20)
			stacks = string(buf[:runtime.Stack(buf, true)])
			return !strings.Contains(stacks, "otelauth/exporter") && !strings.Contains(stacks, "PeriodicReader")
		})
	})
}

// eventually waits until something is so, much longer than it can take.
func eventually(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	deadline := time.Now().Add(time.Minute)
	for !ok() {
		if time.Now().After(deadline) {
			tb.Errorf("not in time: %s", what)
			return
		}
		time.Sleep(time.Millisecond)
	}
}
