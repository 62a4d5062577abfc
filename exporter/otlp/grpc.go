// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"crypto/tls"
	"net"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	colpb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"
)

func newGRPCClient(s settings) (client, error) {
	creds, renew := insecure.NewCredentials(), func() {}
	if s.tls != nil {
		fresh := &freshTLS{files: s.tls}
		creds, renew = fresh, fresh.renew
	}
	dial := []grpc.DialOption{
		grpc.WithTransportCredentials(creds),
		grpc.WithUserAgent("OTel Go OTLP over gRPC metrics exporter/" + otlpmetricgrpc.Version()),
		grpc.WithUnaryInterceptor(noteAnswer),
		grpc.WithDisableServiceConfig(),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: retryFirst, Multiplier: 1.6, Jitter: 0.2, MaxDelay: s.retryMost()},
			MinConnectTimeout: 10 * time.Second,
		}),
		// No request lasts long enough for a ping. What this is for: on Linux
		// the system gives up a connection whose peer has vanished after
		// Timeout, instead of a quarter of an hour.
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 5 * time.Minute, Timeout: 10 * time.Second}),
	}
	// A request waits for a connection as long as it may take: it must not fail
	// for an attempt to connect that is already history.
	call := []grpc.CallOption{grpc.WaitForReady(true)}
	if s.gzip {
		call = append(call, grpc.UseCompressor(gzip.Name))
	}
	dial = append(dial, grpc.WithDefaultCallOptions(call...))
	// A connection of our own: of the variables for endpoint, TLS and
	// compression nothing is left to obey.
	conn, err := grpc.NewClient("dns:///"+s.target.host, dial...)
	if err != nil {
		return client{}, err
	}
	inner, err := otlpmetricgrpc.New(context.Background(),
		otlpmetricgrpc.WithGRPCConn(conn),
		otlpmetricgrpc.WithHeaders(s.headers),
		otlpmetricgrpc.WithTimeout(s.timeout),
		otlpmetricgrpc.WithMaxRequestSize(0), // the collector's limit is met by splitting
		otlpmetricgrpc.WithRetry(otlpmetricgrpc.RetryConfig{
			Enabled: true, InitialInterval: retryFirst, MaxInterval: s.retryMost(), MaxElapsedTime: s.timeout,
		}),
		otlpmetricgrpc.WithTemporalitySelector(s.temporality()),
		otlpmetricgrpc.WithAggregationSelector(sdkmetric.DefaultAggregationSelector),
	)
	if err != nil {
		_ = conn.Close()
		return client{}, err
	}
	// After a failure gRPC waits before it connects again; a push is reason
	// enough to try at once.
	wake := func() {
		renew()
		conn.ResetConnectBackoff()
	}
	return client{Exporter: inner, wake: wake, close: conn.Close}, nil
}

// noteAnswer fills in the receipt of the request.
func noteAnswer(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	r := receiptOf(ctx)
	if err := invoke(ctx, method, req, reply, cc, opts...); err != nil {
		s := status.Convert(err)
		*r = receipt{kind: s.Code().String(), passing: passing(s.Code()), tooLarge: tooLarge(s)}
		if r.tooLarge {
			r.passing = false
			// Not to be sent again as it is, which the exporter would do with
			// the code that some servers use.
			return status.Error(codes.InvalidArgument, s.Message())
		}
		return err
	}
	if resp, ok := reply.(*colpb.ExportMetricsServiceResponse); ok {
		r.accept(resp)
	}
	return nil
}

// passing follows the OTLP specification, but for an exhausted collector, which
// it wants to be left alone unless it says for how long: here until the next push.
func passing(c codes.Code) bool {
	switch c {
	case codes.Canceled, codes.DeadlineExceeded, codes.Aborted, codes.OutOfRange, codes.Unavailable, codes.DataLoss, codes.ResourceExhausted:
		return true
	default:
		return false
	}
}

// tooLarge tells whether a server refused a message for its size: there is no
// code for it, but the servers in use say much the same.
func tooLarge(s *status.Status) bool {
	switch s.Code() {
	case codes.ResourceExhausted, codes.OutOfRange:
	default:
		return false
	}
	text := strings.ToLower(s.Message())
	for _, part := range []string{"larger than max", "exceeds maximum size", "length too large"} {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

// freshTLS makes every handshake with the files as they are by then.
type freshTLS struct {
	files *tlsFiles

	mu   sync.Mutex
	conn net.Conn    // the last one
	made *tls.Config // what it was made with
}

var _ credentials.TransportCredentials = (*freshTLS)(nil)

func (c *freshTLS) ClientHandshake(ctx context.Context, authority string, conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	config := c.files.config()
	c.mu.Lock()
	c.conn, c.made = conn, config
	c.mu.Unlock()
	return credentials.NewTLS(config).ClientHandshake(ctx, authority, conn)
}

// renew closes a connection that was made with other files than there are now:
// it may rest on a certificate that has been withdrawn. No request is under way.
func (c *freshTLS) renew() {
	config := c.files.config()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn != nil && c.made != config {
		_ = c.conn.Close()
		c.conn = nil
	}
}

// ServerHandshake is never used by a client.
func (c *freshTLS) ServerHandshake(conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return credentials.NewTLS(c.files.config()).ServerHandshake(conn)
}

func (*freshTLS) Info() credentials.ProtocolInfo { return credentials.NewTLS(nil).Info() }

func (c *freshTLS) Clone() credentials.TransportCredentials { return c }

// OverrideServerName is not supported: the name in the endpoint is verified.
func (*freshTLS) OverrideServerName(string) error { return nil }
