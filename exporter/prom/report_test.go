// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"slices"
	"testing"
	"time"
)

func TestReporter(t *testing.T) {
	var got reports
	r := newReporter(time.Hour)
	r.handle = got.handle
	r.errorf("a", "first %d", 1)
	r.errorf("a", "second")
	r.errorf("b", "forged\r\nline")
	r.logger().Println("http: TLS handshake error from 192.0.2.7:1: remote error: tls: bad certificate")
	r.logger().Println("anything")
	want := []string{
		"prom: first 1",
		`prom: "forged\r\nline"`,
		"prom: a TLS handshake failed: bad certificate",
	}
	if !slices.Equal(got.all(), want) {
		t.Errorf("got %q\nwant %q", got.all(), want)
	}
}

func TestReporterGoesOnAfterTheInterval(t *testing.T) {
	var got reports
	r := newReporter(0)
	r.handle = got.handle
	r.errorf("a", "1")
	r.errorf("a", "2")
	if want := []string{"prom: 1", "prom: 2"}; !slices.Equal(got.all(), want) {
		t.Errorf("got %q, want %q", got.all(), want)
	}
}

// What a client sends or where it comes from is in no report.
func TestServerFault(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"http: TLS handshake error from 192.0.2.7:4711: EOF\n", "a TLS handshake failed: EOF"},
		{"http: TLS handshake error from 192.0.2.7:4711: tls: client offered only unsupported versions: [302 301]\n", "a TLS handshake failed: client offered only unsupported versions"},
		{"http: TLS handshake error from 192.0.2.7:4711: read tcp 127.0.0.1:1->192.0.2.7:4711: i/o timeout\n", "a TLS handshake failed: timeout"},
		{"http: TLS handshake error from 192.0.2.7:4711: tls: failed to verify certificate: x509: \"canary\"\n", "a TLS handshake failed: failed to verify certificate"},
		{"http: TLS handshake error from 192.0.2.7:4711: canary\n", "a TLS handshake failed"},
		{"http: panic serving 192.0.2.7:4711: canary\ngoroutine 7 [running]:\n", "answering a scrape panicked"},
		{"http: Accept error: accept tcp 127.0.0.1:9464: accept4: too many open files; retrying in 5ms\n", "http: Accept error: accept tcp 127.0.0.1:9464: accept4: too many open files; retrying in 5ms"},
		{"http2: server connection error from 192.0.2.7:4711: canary\n", "a connection or request was faulty"},
	} {
		if got := serverFault(c.line); got != c.want {
			t.Errorf("%q: got %q, want %q", c.line, got, c.want)
		}
	}
}
