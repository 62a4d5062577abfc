// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"sync"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	colpb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	"google.golang.org/protobuf/proto"
)

// longestAnswer is how much of a collector's answer is read.
const longestAnswer = 1 << 20

func newHTTPClient(s settings) (client, error) {
	trip := &roundTripper{files: s.tls, repeatable: !s.delta}
	compression := otlpmetrichttp.NoCompression
	if s.gzip {
		compression = otlpmetrichttp.GzipCompression
	}
	inner, err := otlpmetrichttp.New(context.Background(),
		// Scheme, host and path in one, so that none comes from a variable.
		otlpmetrichttp.WithEndpointURL(s.target.String()),
		// Not used with a client of our own, but a certificate from a variable
		// would be refused next to a plaintext endpoint.
		otlpmetrichttp.WithTLSClientConfig(nil),
		otlpmetrichttp.WithHTTPClient(&http.Client{
			Transport: trip,
			Timeout:   s.timeout,
			// Headers, credentials among them, go where they were told to go.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}),
		otlpmetrichttp.WithHeaders(s.headers),
		otlpmetrichttp.WithCompression(compression),
		otlpmetrichttp.WithTimeout(s.timeout),
		otlpmetrichttp.WithMaxRequestSize(0), // the collector's limit is met by splitting
		otlpmetrichttp.WithMaxResponseSize(longestAnswer),
		otlpmetrichttp.WithRetry(otlpmetrichttp.RetryConfig{
			Enabled: true, InitialInterval: retryFirst, MaxInterval: s.retryMost(), MaxElapsedTime: s.timeout,
		}),
		otlpmetrichttp.WithTemporalitySelector(s.temporality()),
		otlpmetrichttp.WithAggregationSelector(sdkmetric.DefaultAggregationSelector),
	)
	if err != nil {
		return client{}, err
	}
	return client{Exporter: inner, wake: func() {}, close: trip.close}, nil
}

// roundTripper sends requests with the TLS files as they are by then, and
// fills in receipts.
type roundTripper struct {
	files      *tlsFiles // nil: plaintext
	repeatable bool      // a request that arrives twice does no harm

	mu      sync.Mutex
	current *http.Transport
	made    *tls.Config // what current was made with
}

func (t *roundTripper) RoundTrip(req *http.Request) (*http.Response, error) {
	r := receiptOf(req.Context())
	*r = receipt{}
	resp, err := t.send(req)
	if err != nil {
		r.kind, r.passing = "connection", true
		return nil, err
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		r.kind = "HTTP " + strconv.Itoa(resp.StatusCode/100) + "xx"
		switch resp.StatusCode {
		case http.StatusRequestEntityTooLarge:
			r.tooLarge = true
		case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			r.passing = true
		}
		return resp, nil
	}
	if err := r.read(resp); err != nil {
		r.kind, r.passing = "connection", true
		return nil, err
	}
	return resp, nil
}

// send tries a request that failed on a connection of an earlier one again on
// a new connection: servers close idle ones, at times just when they are used.
func (t *roundTripper) send(req *http.Request) (*http.Response, error) {
	reused := false
	trace := &httptrace.ClientTrace{GotConn: func(c httptrace.GotConnInfo) { reused = c.Reused }}
	transport := t.transport()
	resp, err := transport.RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	if err == nil || !reused || !t.repeatable || req.GetBody == nil || req.Context().Err() != nil {
		return resp, err
	}
	body, bodyErr := req.GetBody()
	if bodyErr != nil {
		return nil, err
	}
	transport.CloseIdleConnections()
	again := req.WithContext(req.Context())
	again.Body = body
	return transport.RoundTrip(again)
}

// read notes a partial success and takes it out of the response.
func (r *receipt) read(resp *http.Response) error {
	body, err := io.ReadAll(io.LimitReader(resp.Body, longestAnswer))
	if closeErr := resp.Body.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	var message colpb.ExportMetricsServiceResponse
	if resp.Header.Get("Content-Type") == "application/x-protobuf" && proto.Unmarshal(body, &message) == nil {
		r.accept(&message)
		body = nil
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	resp.ContentLength = int64(len(body))
	return nil
}

// transport returns one that was made with the files as they are now. The
// connections of an older one are not used again: they may rest on a
// certificate that has been withdrawn.
func (t *roundTripper) transport() *http.Transport {
	var config *tls.Config
	if t.files != nil {
		config = t.files.config()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current != nil && t.made == config {
		return t.current
	}
	if t.current != nil {
		t.current.CloseIdleConnections()
	}
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	t.made = config
	t.current = &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        config.Clone(),
		TLSHandshakeTimeout:    10 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           2,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		// Lets go of a connection whose peer has vanished.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 10 * time.Second},
	}
	return t.current
}

func (t *roundTripper) close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current != nil {
		t.current.CloseIdleConnections()
	}
	return nil
}
