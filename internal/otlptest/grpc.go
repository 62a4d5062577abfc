// SPDX-License-Identifier: Apache-2.0

package otlptest

import (
	"context"
	"net/http"
	"testing"

	colpb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	_ "google.golang.org/grpc/encoding/gzip" // the server must be able to read it
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/stats"
	"google.golang.org/protobuf/proto"
)

// GRPC starts a gRPC collector with the limits a server has by default, among
// them 4 MiB a message. It is stopped at the end of the test.
func GRPC(tb testing.TB, opts ...Option) *Collector {
	tb.Helper()
	c, o := newCollector(tb, opts)
	serverOpts := []grpc.ServerOption{grpc.StatsHandler(encodings{})}
	if o.tls != nil {
		serverOpts = append(serverOpts, grpc.Creds(credentials.NewTLS(o.tls)))
	}
	server := grpc.NewServer(serverOpts...)
	colpb.RegisterMetricsServiceServer(server, grpcService{collector: c})
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(c.listener)
	}()
	tb.Cleanup(func() {
		server.Stop()
		<-done
	})
	return c
}

type grpcService struct {
	colpb.UnimplementedMetricsServiceServer
	collector *Collector
}

func (s grpcService) Export(ctx context.Context, req *colpb.ExportMetricsServiceRequest) (*colpb.ExportMetricsServiceResponse, error) {
	r := Request{
		Metrics: req.GetResourceMetrics(),
		Headers: http.Header{},
		Path:    "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
		Size:    proto.Size(req),
	}
	md, _ := metadata.FromIncomingContext(ctx)
	for name, values := range md {
		for _, v := range values {
			r.Headers.Add(name, v)
		}
	}
	if encoding, ok := ctx.Value(encodingKey{}).(*string); ok {
		r.Encoding = *encoding
	}
	return s.collector.receive(ctx, r)
}

// encodings notes how each message was compressed: the handler is not told.
type encodings struct{}

type encodingKey struct{}

func (encodings) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context {
	return context.WithValue(ctx, encodingKey{}, new(string))
}

func (encodings) HandleRPC(ctx context.Context, s stats.RPCStats) {
	header, ok := s.(*stats.InHeader)
	if !ok {
		return
	}
	if encoding, ok := ctx.Value(encodingKey{}).(*string); ok {
		*encoding = header.Compression
	}
}

func (encodings) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

func (encodings) HandleConn(context.Context, stats.ConnStats) {}
