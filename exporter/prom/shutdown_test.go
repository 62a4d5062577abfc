// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

func TestShutdown(t *testing.T) {
	for name, shutdown := range map[string]func(*Exporter, *sdkmetric.MeterProvider) error{
		"exporter": func(e *Exporter, _ *sdkmetric.MeterProvider) error { return e.Shutdown(context.Background()) },
		"provider": func(_ *Exporter, p *sdkmetric.MeterProvider) error { return p.Shutdown(context.Background()) },
	} {
		t.Run(name, func(t *testing.T) {
			e := newExporter(t)
			p := newProvider(t, e)
			addr := e.Addr().String()
			if err := shutdown(e, p); err != nil {
				t.Fatal(err)
			}
			var lc net.ListenConfig
			l, err := lc.Listen(context.Background(), "tcp", addr)
			if err != nil {
				t.Fatalf("the port is still taken: %v", err)
			}
			_ = l.Close()
			var rm metricdata.ResourceMetrics
			if err := e.Reader().(*reader).Collect(context.Background(), &rm); !errors.Is(err, sdkmetric.ErrReaderShutdown) {
				t.Errorf("the reader still reads: %v", err)
			}
			for range 2 {
				if err := e.Shutdown(context.Background()); err != nil {
					t.Errorf("again: %v", err)
				}
			}
		})
	}
}

// A scrape that is being answered is finished.
func TestShutdownWaitsForScrapes(t *testing.T) {
	e := newExporter(t)
	began, release := blocked(t, e)
	status := make(chan int, 1)
	go func() { status <- get(t, e, "/metrics").status }()
	<-began
	down := make(chan error, 1)
	go func() { down <- e.Shutdown(context.Background()) }()
	eventually(t, "shutdown to begin", e.closed.Load)
	select {
	case err := <-down:
		t.Fatalf("did not wait: %v", err)
	default:
	}
	release()
	if got := <-status; got != http.StatusOK {
		t.Errorf("scrape: got %d, want 200", got)
	}
	if err := <-down; err != nil {
		t.Error(err)
	}
}

// One that hangs is not, and every caller hears of it.
func TestShutdownObeysItsContext(t *testing.T) {
	e, err := New(WithAddress("127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	began, release := blocked(t, e)
	defer release()
	go func() {
		req := request(t, http.MethodGet, "http://"+e.Addr().String()+"/metrics")
		if resp, err := http.DefaultClient.Do(req); err == nil {
			_ = resp.Body.Close()
		}
	}()
	<-began
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for range 2 {
		err := e.Shutdown(ctx)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want one that is context.Canceled", err)
		}
	}
	if err := e.Shutdown(context.Background()); err == nil || !strings.Contains(err.Error(), e.Addr().String()) {
		t.Errorf("later: got %v, want the first result, with the address", err)
	}
}

func TestNilExporter(t *testing.T) {
	var e *Exporter
	if e.Reader() != nil || e.Addr() != nil || !e.LastSuccess().IsZero() || e.String() == "" || e.Handler() == nil {
		t.Error("a nil exporter should have nothing")
	}
	if err := e.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
}

// What the server dies of is not forgotten.
func TestServerThatStops(t *testing.T) {
	e, err := New(WithAddress("127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	s := &server{http: &http.Server{}, addr: e.Addr(), served: make(chan struct{}), err: errors.New("died")}
	close(s.served)
	stop(t, e)
	if err := s.shutdown(context.Background()); err == nil || !strings.Contains(err.Error(), "died") {
		t.Errorf("got %v", err)
	}
}
