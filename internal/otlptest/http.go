// SPDX-License-Identifier: Apache-2.0

package otlptest

import (
	"compress/gzip"
	"crypto/tls"
	"io"
	"log"
	"math"
	"net"
	"net/http"
	"strconv"
	"testing"
	"time"

	colpb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// HTTP starts an OTLP/HTTP collector that takes protobuf at any path. It is
// stopped at the end of the test.
func HTTP(tb testing.TB, opts ...Option) *Collector {
	tb.Helper()
	c, o := newCollector(tb, opts)
	var l net.Listener = c.listener
	if o.tls != nil {
		l = tls.NewListener(l, o.tls)
	}
	server := &http.Server{
		Handler:           http.HandlerFunc(c.serveHTTP),
		ReadHeaderTimeout: time.Minute,
		ErrorLog:          log.New(io.Discard, "", 0), // failed handshakes are part of the tests
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l)
	}()
	tb.Cleanup(func() {
		_ = server.Close()
		<-done
	})
	return c
}

func (c *Collector) serveHTTP(w http.ResponseWriter, req *http.Request) {
	body := io.Reader(req.Body)
	if req.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(req.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		body = unzipped
	}
	raw, err := io.ReadAll(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var message colpb.ExportMetricsServiceRequest
	if err := proto.Unmarshal(raw, &message); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	resp, err := c.receive(req.Context(), Request{
		Metrics:  message.GetResourceMetrics(),
		Headers:  req.Header.Clone(),
		Encoding: req.Header.Get("Content-Encoding"),
		Path:     req.URL.Path,
		Size:     len(raw),
	})
	if err != nil {
		for _, detail := range status.Convert(err).Details() {
			if retry, ok := detail.(*errdetails.RetryInfo); ok {
				w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(retry.GetRetryDelay().AsDuration().Seconds()))))
			}
		}
		http.Error(w, status.Convert(err).Message(), httpStatus(status.Code(err)))
		return
	}
	out, err := proto.Marshal(resp)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
	_, _ = w.Write(out)
}

// httpStatus follows the table of the OTLP specification.
func httpStatus(c codes.Code) int {
	switch c {
	case codes.Unavailable:
		return http.StatusServiceUnavailable
	case codes.ResourceExhausted:
		return http.StatusTooManyRequests
	case codes.OutOfRange:
		return http.StatusRequestEntityTooLarge
	case codes.Unauthenticated:
		return http.StatusUnauthorized
	case codes.PermissionDenied:
		return http.StatusForbidden
	case codes.InvalidArgument:
		return http.StatusBadRequest
	default:
		return http.StatusInternalServerError
	}
}
