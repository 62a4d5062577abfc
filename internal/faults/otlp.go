// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	colpb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/datapunk/otelauth/internal/otlptest"
)

// Refuse answers every request with a status, over HTTP with its counterpart.
func Refuse(code codes.Code, text string) otlptest.Answer {
	return func(context.Context, otlptest.Request) (*colpb.ExportMetricsServiceResponse, error) {
		return nil, status.Error(code, text)
	}
}

// Throttle answers that the collector is exhausted, and for how long.
func Throttle(tb testing.TB, delay time.Duration) otlptest.Answer {
	tb.Helper()
	s, err := status.New(codes.ResourceExhausted, "slow down").
		WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(delay)})
	if err != nil {
		tb.Fatal(err)
	}
	return func(context.Context, otlptest.Request) (*colpb.ExportMetricsServiceResponse, error) {
		return nil, s.Err()
	}
}

// Hang answers nothing until the sender gives up or the test is over.
func Hang(tb testing.TB) otlptest.Answer {
	over := make(chan struct{})
	tb.Cleanup(func() { close(over) })
	return func(ctx context.Context, _ otlptest.Request) (*colpb.ExportMetricsServiceResponse, error) {
		select {
		case <-ctx.Done():
		case <-over:
		}
		return nil, status.Error(codes.Unavailable, "over")
	}
}

// Reject takes each request but for n of its data points.
func Reject(n int64, text string) otlptest.Answer {
	return func(context.Context, otlptest.Request) (*colpb.ExportMetricsServiceResponse, error) {
		return &colpb.ExportMetricsServiceResponse{
			PartialSuccess: &colpb.ExportMetricsPartialSuccess{RejectedDataPoints: n, ErrorMessage: text},
		}, nil
	}
}

// Cut cuts the connection in the middle of every request, and takes none.
func Cut(c *otlptest.Collector) otlptest.Answer {
	return func(context.Context, otlptest.Request) (*colpb.ExportMetricsServiceResponse, error) {
		c.DropConnections()
		return nil, status.Error(codes.Unavailable, "cut")
	}
}

// Flap takes a request, then gives n others the answer, and so on.
func Flap(n int64, answer otlptest.Answer) otlptest.Answer {
	var count atomic.Int64
	return func(ctx context.Context, r otlptest.Request) (*colpb.ExportMetricsServiceResponse, error) {
		if count.Add(1)%(n+1) == 1 {
			return nil, nil
		}
		return answer(ctx, r)
	}
}
