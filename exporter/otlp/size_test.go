// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	colpb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/datapunk/otelauth/internal/otlptest"
)

// fill makes n series of a counter, with long attributes.
func fill(t *testing.T, p pipeline, name string, n int) {
	t.Helper()
	c := p.counter(t, name)
	padding := strings.Repeat("x", 100)
	for i := range n {
		c.Add(t.Context(), 1, metric.WithAttributes(
			attribute.String("series", strconv.Itoa(i)),
			attribute.String("one", padding), attribute.String("two", padding)))
	}
}

// Without batches these series would be a message of more than 4 MiB, which a
// gRPC server refuses.
func TestManySeries(t *testing.T) {
	const series = 20_000
	protocols(t, func(t *testing.T, protocol string, collector newCollector) {
		c := collector(t)
		p := start(t, WithProtocol(protocol), WithEndpoint(c.URL()), WithTimeout(long))
		fill(t, p, "requests", series)
		p.mustFlush(t)

		bytes, seen := 0, map[string]bool{}
		for i, r := range c.Requests() {
			bytes += r.Size
			if n := r.DataPoints(); n > DefaultBatchSize {
				t.Errorf("request %d holds %d points, want %d at most", i, n, DefaultBatchSize)
			}
			if r.Size > 4<<20 {
				t.Errorf("request %d has %d bytes", i, r.Size)
			}
		}
		for _, p := range c.Points("requests") {
			seen[p.Attributes["series"]] = true
		}
		if len(seen) != series {
			t.Errorf("%d series arrived, want %d", len(seen), series)
		}
		if bytes <= 4<<20 {
			t.Errorf("%d bytes in all prove nothing, want more than 4 MiB", bytes)
		}
	})
}

// A request that is too large for the collector is halved, and what was
// learned stays learned.
func TestTooLarge(t *testing.T) {
	const series, limit = 100, 30
	protocols(t, func(t *testing.T, protocol string, collector newCollector) {
		c := collector(t)
		c.Answer(func(_ context.Context, r otlptest.Request) (*colpb.ExportMetricsServiceResponse, error) {
			if r.DataPoints() > limit {
				return nil, status.Error(codes.OutOfRange, "decoded message length too large")
			}
			return nil, nil
		})
		p := start(t, WithProtocol(protocol), WithEndpoint(c.URL()), WithTimeout(long))
		fill(t, p, "requests", series)
		p.mustFlush(t)
		if n := len(c.Points("requests")); n != series {
			t.Errorf("%d series arrived, want %d", n, series)
		}
		refused := c.Attempts() - len(c.Requests())
		if refused == 0 {
			t.Error("nothing was refused, so nothing was tried")
		}
		p.mustFlush(t)
		if again := c.Attempts() - len(c.Requests()); again != refused {
			t.Errorf("%d requests were refused by the second push, want none", again-refused)
		}
	})
}

// The real thing: the message of a real server that finds a message too large.
func TestTooLargeForGRPC(t *testing.T) {
	c := otlptest.GRPC(t)
	p := start(t, WithEndpoint(c.URL()), WithBatchSize(1_000_000), WithTimeout(long))
	fill(t, p, "requests", 20_000)
	p.mustFlush(t)
	if n := len(c.Requests()); n < 2 {
		t.Errorf("%d requests, want it to take several", n)
	}
	if n := len(c.Points("requests")); n != 20_000 {
		t.Errorf("%d series arrived, want 20,000", n)
	}
}

// A single point that is too large is an error, and the others arrive.
func TestOnePointTooLarge(t *testing.T) {
	protocols(t, func(t *testing.T, protocol string, collector newCollector) {
		c := collector(t)
		c.Answer(func(_ context.Context, r otlptest.Request) (*colpb.ExportMetricsServiceResponse, error) {
			if r.Size > 100_000 {
				return nil, status.Error(codes.OutOfRange, "message length too large")
			}
			return nil, nil
		})
		p := start(t, WithProtocol(protocol), WithEndpoint(c.URL()), WithTimeout(long))
		fill(t, p, "small", 10)
		p.counter(t, "large").Add(t.Context(), 1, metric.WithAttributes(attribute.String("a", strings.Repeat("x", 200_000))))
		var lost *DeliveryError
		if err := p.flush(t); !errors.As(err, &lost) || lost.DataPoints != 1 || lost.Metrics != 1 {
			t.Errorf("ForceFlush = %v, want 1 data point undelivered", err)
		}
		if n := len(c.Points("small")); n != 10 {
			t.Errorf("%d small points arrived, want 10", n)
		}
	})
}

// With delta data it is not held, or it would fail every push from then on.
func TestOneDeltaPointTooLarge(t *testing.T) {
	protocols(t, func(t *testing.T, protocol string, collector newCollector) {
		c := collector(t)
		c.Answer(refuse(status.New(codes.OutOfRange, "message length too large")))
		p := start(t, WithProtocol(protocol), WithEndpoint(c.URL()), WithTemporality(metricdata.DeltaTemporality))
		p.counter(t, "large").Add(t.Context(), 1)
		if p.flush(t) == nil {
			t.Error("ForceFlush succeeded")
		}
		c.Answer(nil)
		p.mustFlush(t)
		if n := len(c.Requests()); n != 0 {
			t.Errorf("%d requests, want the point to be given up", n)
		}
		p.wantLosses(t, losses{failures: 1, undelivered: 1})
	})
}
