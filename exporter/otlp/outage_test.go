// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	colpb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/datapunk/otelauth/internal/otlptest"
)

// refuse answers every request with the status.
func refuse(s *status.Status) otlptest.Answer {
	return func(context.Context, otlptest.Request) (*colpb.ExportMetricsServiceResponse, error) {
		return nil, s.Err()
	}
}

// hang answers nothing until the sender gives up or the test is over.
func hang(t *testing.T) otlptest.Answer {
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	return func(ctx context.Context, _ otlptest.Request) (*colpb.ExportMetricsServiceResponse, error) {
		select {
		case <-ctx.Done():
		case <-over:
		}
		return nil, status.Error(codes.Unavailable, "over")
	}
}

// freePort returns the address of a port that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestOutage(t *testing.T) {
	throttled, err := status.New(codes.ResourceExhausted, "slow down").
		WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		with *status.Status
	}{
		{"unavailable", status.New(codes.Unavailable, "closed for now")},
		{"exhausted", status.New(codes.ResourceExhausted, "full")},
		{"throttled beyond the timeout", throttled},
		{"unauthenticated", status.New(codes.Unauthenticated, "who are you")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			protocols(t, func(t *testing.T, protocol string, collector newCollector) {
				c := collector(t)
				c.Answer(refuse(test.with))
				p := start(t, WithProtocol(protocol), WithEndpoint(c.URL()), WithTimeout(200*time.Millisecond))
				requests := p.counter(t, "requests")
				requests.Add(t.Context(), 3)

				err := p.flush(t)
				var lost *DeliveryError
				if !errors.As(err, &lost) {
					t.Fatalf("ForceFlush = %v, want a DeliveryError", err)
				}
				if lost.DataPoints != 1 || lost.Metrics != 1 {
					t.Errorf("%d points of %d metrics undelivered, want 1 of 1", lost.DataPoints, lost.Metrics)
				}
				if want := "otlp " + protocol + " " + c.URL(); !strings.HasPrefix(err.Error(), want) {
					t.Errorf("error %q, want it to begin with %q", err, want)
				}
				if text := err.Error(); !strings.Contains(text, ": 1 data point of 1 metric not delivered: ") ||
					!strings.Contains(text, test.with.Message()) {
					t.Errorf("error %q, want what was lost and the words of the collector", text)
				}
				if !p.LastSuccess().IsZero() {
					t.Error("LastSuccess is set after a failure")
				}

				c.Answer(nil)
				requests.Add(t.Context(), 4)
				p.mustFlush(t)
				if last, _ := c.Last("requests"); last.Value != 7 {
					t.Errorf("requests = %v after the outage, want all 7", last.Value)
				}
				p.wantLosses(t, losses{failures: 1, undelivered: 1})
			})
		})
	}
}

func TestNobodyListens(t *testing.T) {
	protocols(t, func(t *testing.T, protocol string, _ newCollector) {
		addr := freePort(t)
		p := start(t, WithProtocol(protocol), WithEndpoint("http://"+addr), WithTimeout(100*time.Millisecond))
		p.counter(t, "requests").Add(t.Context(), 3)
		var lost *DeliveryError
		if err := p.flush(t); !errors.As(err, &lost) || lost.DataPoints != 1 {
			t.Errorf("ForceFlush = %v, want one data point undelivered", err)
		}
	})
}

func TestRetriedWithinTimeout(t *testing.T) {
	protocols(t, func(t *testing.T, protocol string, collector newCollector) {
		c := collector(t)
		c.Answer(func(context.Context, otlptest.Request) (*colpb.ExportMetricsServiceResponse, error) {
			c.Answer(nil)
			return nil, status.Error(codes.Unavailable, "try again")
		})
		p := start(t, WithProtocol(protocol), WithEndpoint(c.URL()), WithTimeout(long))
		p.counter(t, "requests").Add(t.Context(), 3)
		p.mustFlush(t)
		if a, r := c.Attempts(), len(c.Requests()); a != 2 || r != 1 {
			t.Errorf("%d attempts and %d accepted, want 2 and 1", a, r)
		}
	})
}

func TestHungCollector(t *testing.T) {
	protocols(t, func(t *testing.T, protocol string, collector newCollector) {
		c := collector(t)
		c.Answer(hang(t))
		p := start(t, WithProtocol(protocol), WithEndpoint(c.URL()), giveUp(50*time.Millisecond))
		p.counter(t, "requests").Add(t.Context(), 3)
		within(t, func() {
			var lost *DeliveryError
			if err := p.flush(t); !errors.As(err, &lost) || lost.DataPoints != 1 {
				t.Errorf("ForceFlush = %v, want one data point undelivered", err)
			}
		})
		c.Answer(nil)
		p.mustFlush(t)
		if last, _ := c.Last("requests"); last.Value != 3 {
			t.Errorf("requests = %v, want 3", last.Value)
		}
	})
}

func TestPartialSuccess(t *testing.T) {
	partial := func(n int64, message string) otlptest.Answer {
		return func(context.Context, otlptest.Request) (*colpb.ExportMetricsServiceResponse, error) {
			return &colpb.ExportMetricsServiceResponse{
				PartialSuccess: &colpb.ExportMetricsPartialSuccess{RejectedDataPoints: n, ErrorMessage: message},
			}, nil
		}
	}
	protocols(t, func(t *testing.T, protocol string, collector newCollector) {
		c := collector(t)
		p := start(t, WithProtocol(protocol), WithEndpoint(c.URL()))
		p.counter(t, "one").Add(t.Context(), 1)
		p.counter(t, "two").Add(t.Context(), 1)

		c.Answer(partial(1, "too\r\nold"))
		err := p.flush(t)
		var rejected *RejectedError
		if !errors.As(err, &rejected) || rejected.DataPoints != 1 || rejected.Message != `too\r\nold` {
			t.Fatalf("ForceFlush = %v, want 1 data point rejected as too\\r\\nold", err)
		}
		if !strings.HasSuffix(err.Error(), `: 1 data point rejected by the collector: too\r\nold`) {
			t.Errorf("error %q", err)
		}
		if p.LastSuccess().IsZero() {
			t.Error("LastSuccess is not set though one of two points was taken")
		}
		p.wantLosses(t, losses{rejected: 1})

		c.Answer(partial(2, ""))
		if err := p.flush(t); !errors.As(err, &rejected) || rejected.DataPoints != 2 {
			t.Errorf("ForceFlush = %v, want 2 data points rejected", err)
		}
		p.wantLosses(t, losses{failures: 1, rejected: 3}) // nothing of the second was taken

		c.Answer(partial(0, "soon to be retired"))
		p.mustFlush(t)
		if reports := p.reports.all(); len(reports) != 1 || !strings.HasSuffix(reports[0].Error(), "the collector warns: soon to be retired") {
			t.Errorf("reports = %v, want the warning", reports)
		}
	})
}

// A push that nobody waits for is reported, once for many.
func TestReportedByItself(t *testing.T) {
	protocols(t, func(t *testing.T, protocol string, collector newCollector) {
		c := collector(t)
		c.Answer(refuse(status.New(codes.PermissionDenied, "no\nentry for canary-token")))
		p := start(t, WithProtocol(protocol), WithEndpoint(c.URL()), every(5*time.Millisecond),
			WithHeaders(map[string]string{"authorization": "Bearer canary-token"}))
		p.counter(t, "requests").Add(t.Context(), 1)
		c.WaitAttempts(t, 4)
		err := p.reports.wait(t)
		var lost *DeliveryError
		if !errors.As(err, &lost) {
			t.Fatalf("reported %v, want a DeliveryError", err)
		}
		if text := err.Error(); !strings.Contains(text, `no\nentry for (hidden)`) {
			t.Errorf("reported %q, want one line without the credential", text)
		}
		if n := len(p.reports.all()); n != 1 {
			t.Errorf("%d reports of one kind within a minute, want 1", n)
		}
	})
}

// Delta data that a collector could not take go with the next push.
func TestDeltaOutage(t *testing.T) {
	for name, code := range map[string]codes.Code{"unavailable": codes.Unavailable, "exhausted": codes.ResourceExhausted} {
		t.Run(name, func(t *testing.T) {
			protocols(t, func(t *testing.T, protocol string, collector newCollector) {
				c := collector(t)
				p := start(t, WithProtocol(protocol), WithEndpoint(c.URL()),
					WithTemporality(metricdata.DeltaTemporality), giveUp(50*time.Millisecond))
				requests := p.counter(t, "requests")
				c.Answer(refuse(status.New(code, "not now")))
				for n := range 3 {
					requests.Add(t.Context(), 1)
					var late *DeliveryError
					if err := p.flush(t); !errors.As(err, &late) || late.DataPoints != n+1 {
						t.Errorf("ForceFlush = %v, want %d data points undelivered", err, n+1)
					}
				}
				c.Answer(nil)
				requests.Add(t.Context(), 4)
				p.mustFlush(t)
				var values []float64
				for _, point := range c.Points("requests") {
					values = append(values, point.Value)
				}
				if want := []float64{1, 1, 1, 4}; !slices.Equal(values, want) {
					t.Errorf("requests = %v, want %v, each once and the oldest first", values, want)
				}
				p.wantLosses(t, losses{failures: 3})
			})
		})
	}
}

// A request that ran out of time before it was made is no different.
func TestDeltaOutOfTime(t *testing.T) {
	protocols(t, func(t *testing.T, protocol string, collector newCollector) {
		c := collector(t)
		p := start(t, WithProtocol(protocol), WithEndpoint(c.URL()), WithTemporality(metricdata.DeltaTemporality), giveUp(1))
		p.counter(t, "requests").Add(t.Context(), 1)
		for range 2 {
			var late *DeliveryError
			if err := p.flush(t); !errors.As(err, &late) || late.DataPoints != 1 {
				t.Errorf("ForceFlush = %v, want 1 data point undelivered", err)
			}
		}
		p.wantLosses(t, losses{failures: 2})
	})
}

// What a collector refuses for good is not sent again, and counted.
func TestDeltaLossIsCounted(t *testing.T) {
	protocols(t, func(t *testing.T, protocol string, collector newCollector) {
		c := collector(t)
		p := start(t, WithProtocol(protocol), WithEndpoint(c.URL()), WithTemporality(metricdata.DeltaTemporality))
		requests := p.counter(t, "requests")
		requests.Add(t.Context(), 3)
		c.Answer(refuse(status.New(codes.InvalidArgument, "what is this")))
		if err := p.flush(t); err == nil {
			t.Fatal("ForceFlush succeeded though it was refused")
		}
		c.Answer(nil)
		requests.Add(t.Context(), 4)
		p.mustFlush(t)
		if got := c.Points("requests"); len(got) != 1 || got[0].Value != 4 {
			t.Errorf("requests = %v, want the 4 since then", got)
		}
		p.wantLosses(t, losses{failures: 1, undelivered: 1})
	})
}

// What the last push of a shutdown cannot deliver is lost, whatever the reason.
func TestDeltaLossAtShutdown(t *testing.T) {
	c := otlptest.GRPC(t)
	p := start(t, WithEndpoint(c.URL()), WithTemporality(metricdata.DeltaTemporality), giveUp(50*time.Millisecond))
	c.Answer(refuse(status.New(codes.Unavailable, "down")))
	for range 2 {
		p.counter(t, "requests").Add(t.Context(), 1)
		if p.flush(t) == nil {
			t.Fatal("ForceFlush succeeded without a collector")
		}
	}
	var lost *DeliveryError
	if err := p.Shutdown(t.Context()); !errors.As(err, &lost) || lost.DataPoints != 2 {
		t.Errorf("Shutdown = %v, want 2 data points lost", err)
	}
	p.wantLosses(t, losses{failures: 3, undelivered: 2})
}

func TestHeldIsBounded(t *testing.T) {
	var h held
	const size = DefaultBatchSize
	gone := 0
	for range heldMost/size + 3 {
		gone += h.add(batch{points: size})
	}
	if gone != 3*size || h.points != heldMost {
		t.Errorf("%d points gone and %d held, want %d and %d", gone, h.points, 3*size, heldMost)
	}
	if gone := h.add(batch{points: heldMost + 1}); gone != 2*heldMost+1 || h.points != 0 {
		t.Errorf("%d points gone for a batch that is too large, %d held, want all and none", gone, h.points)
	}
	if n := len(h.take()); n != 0 {
		t.Errorf("%d batches held, want none", n)
	}
}
