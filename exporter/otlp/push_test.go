// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"

	"github.com/datapunk/otelauth/internal/otlptest"
)

type newCollector = func(testing.TB, ...otlptest.Option) *otlptest.Collector

func TestPush(t *testing.T) {
	protocols(t, func(t *testing.T, protocol string, collector newCollector) {
		c := collector(t)
		p := start(t, WithProtocol(protocol), WithEndpoint(c.URL()),
			WithHeaders(map[string]string{"X-Tenant": "blue", "Authorization": "Bearer canary-token"}))
		if !p.LastSuccess().IsZero() {
			t.Errorf("LastSuccess before the first push = %v, want zero", p.LastSuccess())
		}
		before := time.Now()
		requests := p.counter(t, "requests")
		requests.Add(t.Context(), 3, metric.WithAttributes(attribute.String("kind", "a")))
		h, err := p.provider.Meter("test").Float64Histogram("seconds")
		if err != nil {
			t.Fatal(err)
		}
		h.Record(t.Context(), 1.5)
		p.mustFlush(t)
		requests.Add(t.Context(), 4, metric.WithAttributes(attribute.String("kind", "a")))
		p.mustFlush(t)

		got := c.Requests()
		if len(got) != 2 {
			t.Fatalf("%d requests, want 2", len(got))
		}
		for name, want := range map[string]string{"X-Tenant": "blue", "Authorization": "Bearer canary-token"} {
			if v := got[0].Headers.Get(name); v != want {
				t.Errorf("header %s = %q, want %q", name, v, want)
			}
		}
		if got[0].Encoding != "gzip" {
			t.Errorf("encoding = %q, want gzip by default", got[0].Encoding)
		}
		if v := got[0].Resource()["service.name"]; v != "under-test" {
			t.Errorf("resource service.name = %q", v)
		}
		if protocol == ProtocolHTTP && got[0].Path != "/v1/metrics" {
			t.Errorf("path = %q, want /v1/metrics", got[0].Path)
		}
		const cumulative = metricspb.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE
		if last, _ := c.Last("requests"); last.Value != 7 || last.Attributes["kind"] != "a" || last.Temporality != cumulative {
			t.Errorf("requests = %+v, want 7 of kind a, cumulative", last)
		}
		if last, _ := c.Last("seconds"); last.Value != 1.5 || last.Count != 1 || last.Temporality != cumulative {
			t.Errorf("seconds = %+v, want one of 1.5, cumulative", last)
		}
		if last := p.LastSuccess(); last.Before(before.Add(-time.Second)) || last.After(time.Now().Add(time.Second)) {
			t.Errorf("LastSuccess = %v, want about now", last)
		}
		p.wantLosses(t, losses{})
		if reports := p.reports.all(); len(reports) > 0 {
			t.Errorf("reported %v", reports)
		}
	})
}

func TestPushByItself(t *testing.T) {
	protocols(t, func(t *testing.T, protocol string, collector newCollector) {
		c := collector(t)
		p := start(t, WithProtocol(protocol), WithEndpoint(c.URL()), every(10*time.Millisecond))
		p.counter(t, "requests").Add(t.Context(), 1)
		c.WaitRequests(t, 3)
		if last, _ := c.Last("requests"); last.Value != 1 {
			t.Errorf("requests = %v, want 1", last.Value)
		}
	})
}

func TestWithoutCompression(t *testing.T) {
	protocols(t, func(t *testing.T, protocol string, collector newCollector) {
		c := collector(t)
		p := start(t, WithProtocol(protocol), WithEndpoint(c.Addr()), WithInsecure(), WithCompression(CompressionNone))
		p.counter(t, "requests").Add(t.Context(), 1)
		p.mustFlush(t)
		if got := c.Requests()[0].Encoding; got != "" {
			t.Errorf("encoding = %q, want none", got)
		}
	})
}

func TestDelta(t *testing.T) {
	protocols(t, func(t *testing.T, protocol string, collector newCollector) {
		c := collector(t)
		p := start(t, WithProtocol(protocol), WithEndpoint(c.URL()), WithTemporality(metricdata.DeltaTemporality))
		requests := p.counter(t, "requests")
		requests.Add(t.Context(), 3)
		p.mustFlush(t)
		requests.Add(t.Context(), 4)
		p.mustFlush(t)
		last, _ := c.Last("requests")
		if last.Value != 4 || last.Temporality != metricspb.AggregationTemporality_AGGREGATION_TEMPORALITY_DELTA {
			t.Errorf("requests = %+v, want 4, delta", last)
		}
	})
}

func TestNothingToPush(t *testing.T) {
	c := otlptest.GRPC(t)
	p := start(t, WithEndpoint(c.URL()))
	p.mustFlush(t)
	if n := c.Attempts(); n != 0 {
		t.Errorf("%d requests without data, want none", n)
	}
	if !p.LastSuccess().IsZero() {
		t.Errorf("LastSuccess = %v, want none without a push", p.LastSuccess())
	}
	p.wantLosses(t, losses{})
}

func TestString(t *testing.T) {
	secret := WithHeaders(map[string]string{"authorization": "canary-token"})
	tests := []struct {
		name string
		opts []Option
		want string
	}{
		{"default", nil, "otlp grpc http://localhost:4317 every 1m0s"},
		{"http", []Option{WithProtocol(ProtocolHTTP)}, "otlp http/protobuf http://localhost:4318/v1/metrics every 1m0s"},
		{"tls", []Option{WithEndpoint("https://host:4317"), secret}, "otlp grpc https://host:4317 every 1m0s"},
		{"host and port", []Option{WithEndpoint("host:4317"), secret}, "otlp grpc https://host:4317 every 1m0s"},
		{"insecure", []Option{WithEndpoint("host:4317"), WithInsecure()}, "otlp grpc http://host:4317 every 1m0s"},
		{"port 443", []Option{WithEndpoint("https://host")}, "otlp grpc https://host:443 every 1m0s"},
		{"port 80", []Option{WithEndpoint("http://[::1]")}, "otlp grpc http://[::1]:80 every 1m0s"},
		{"own path", []Option{
			WithProtocol(ProtocolHTTP), WithEndpoint("https://host/a/b"), WithInterval(5 * time.Second),
		}, "otlp http/protobuf https://host:443/a/b every 5s"},
		{"root path", []Option{WithProtocol(ProtocolHTTP), WithEndpoint("http://host:1/")}, "otlp http/protobuf http://host:1/ every 1m0s"},
		{"no path", []Option{WithProtocol(ProtocolHTTP), WithEndpoint("http://host:1")}, "otlp http/protobuf http://host:1/v1/metrics every 1m0s"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e, err := New(t.Context(), test.opts...)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = e.Shutdown(t.Context()) }()
			if got := e.String(); got != test.want {
				t.Errorf("String() = %q, want %q", got, test.want)
			}
			if log := fmt.Sprint(e.reader.MarshalLog()); !strings.HasPrefix(test.want, log) {
				t.Errorf("the SDK would log the reader as %q", log)
			}
		})
	}
}

func TestNilExporter(t *testing.T) {
	var e *Exporter
	if e.Reader() != nil {
		t.Error("Reader of nil is not nil")
	}
	if err := e.Shutdown(t.Context()); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if !e.LastSuccess().IsZero() || e.String() != "otlp off" {
		t.Errorf("LastSuccess %v, String %q", e.LastSuccess(), e.String())
	}
	pipeline{Exporter: e}.wantLosses(t, losses{})
}
