// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"crypto/tls"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/datapunk/otelauth/internal/otlptest"
)

func write(t *testing.T, path string, content []byte) string {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// rotating is a TLS collector whose certificate can be replaced.
type rotating struct {
	*otlptest.Collector
	cert atomic.Pointer[tls.Certificate]
}

func newRotating(t *testing.T, collector newCollector, ca *otlptest.CA, change func(*tls.Config)) *rotating {
	t.Helper()
	r := &rotating{}
	r.serve(t, ca)
	config := &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return r.cert.Load(), nil },
	}
	if change != nil {
		change(config)
	}
	r.Collector = collector(t, otlptest.TLS(config))
	return r
}

// serve makes later connections meet a certificate of the authority.
func (r *rotating) serve(t *testing.T, ca *otlptest.CA) {
	cert := ca.Server(t)
	r.cert.Store(&cert)
}

func TestTLS(t *testing.T) {
	protocols(t, func(t *testing.T, protocol string, collector newCollector) {
		ca := otlptest.NewCA(t)
		c := newRotating(t, collector, ca, nil)
		file := write(t, filepath.Join(t.TempDir(), "ca.pem"), ca.PEM)
		for _, endpoint := range []string{c.URL(), c.Addr(), strings.Replace(c.URL(), "127.0.0.1", "localhost", 1)} {
			p := start(t, WithProtocol(protocol), WithEndpoint(endpoint), WithCACertificate(file))
			p.counter(t, "requests").Add(t.Context(), 3)
			p.mustFlush(t)
			if last, _ := c.Last("requests"); last.Value != 3 {
				t.Errorf("%s: requests = %v, want 3", endpoint, last.Value)
			}
		}
	})
}

func TestTLSRefuses(t *testing.T) {
	ca, other := otlptest.NewCA(t), otlptest.NewCA(t)
	file := write(t, filepath.Join(t.TempDir(), "ca.pem"), ca.PEM)
	tests := []struct {
		name   string
		server *otlptest.CA
		change func(*tls.Config)
		opts   []Option
	}{
		{name: "an unknown authority", server: other, opts: []Option{WithCACertificate(file)}},
		{name: "an authority the system does not know", server: ca},
		{name: "TLS 1.1", server: ca, opts: []Option{WithCACertificate(file)}, change: func(c *tls.Config) {
			c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			protocols(t, func(t *testing.T, protocol string, collector newCollector) {
				c := newRotating(t, collector, test.server, test.change)
				p := start(t, append(test.opts, WithProtocol(protocol), WithEndpoint(c.URL()), WithTimeout(300*time.Millisecond))...)
				p.counter(t, "requests").Add(t.Context(), 3)
				if err := p.flush(t); err == nil {
					t.Error("ForceFlush succeeded")
				}
				if n := c.Attempts(); n != 0 {
					t.Errorf("%d requests reached it", n)
				}
			})
		})
	}
}

func TestClientCertificate(t *testing.T) {
	protocols(t, func(t *testing.T, protocol string, collector newCollector) {
		ca, clients := otlptest.NewCA(t), otlptest.NewCA(t)
		c := newRotating(t, collector, ca, func(c *tls.Config) {
			c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, clients.Pool()
		})
		dir := t.TempDir()
		file := write(t, filepath.Join(dir, "ca.pem"), ca.PEM)
		certPath, keyPath := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
		issue := func(ca *otlptest.CA) {
			cert, key := ca.Client(t, "client")
			write(t, certPath, cert)
			write(t, keyPath, key)
		}
		opts := []Option{WithProtocol(protocol), WithEndpoint(c.URL()), WithCACertificate(file)}

		p := start(t, append(opts, WithTimeout(300*time.Millisecond))...)
		p.counter(t, "requests").Add(t.Context(), 1)
		if err := p.flush(t); err == nil {
			t.Error("ForceFlush succeeded without a client certificate")
		}

		issue(otlptest.NewCA(t))
		p = start(t, append(opts, WithClientCertificate(certPath, keyPath))...)
		p.counter(t, "requests").Add(t.Context(), 2)
		short, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		if err := p.provider.ForceFlush(short); err == nil {
			t.Error("ForceFlush succeeded with the certificate of a stranger")
		}
		issue(clients)
		p.mustFlush(t)
		if last, _ := c.Last("requests"); last.Value != 2 {
			t.Errorf("requests = %v, want 2", last.Value)
		}
	})
}

// The collector moves to another authority. As soon as the file says so too,
// pushes go through; a broken file changes nothing but is reported.
func TestRotatedAuthority(t *testing.T) {
	protocols(t, func(t *testing.T, protocol string, collector newCollector) {
		first, second := otlptest.NewCA(t), otlptest.NewCA(t)
		c := newRotating(t, collector, first, nil)
		file := write(t, filepath.Join(t.TempDir(), "ca.pem"), first.PEM)
		p := start(t, WithProtocol(protocol), WithEndpoint(c.URL()), WithCACertificate(file))
		requests := p.counter(t, "requests")
		requests.Add(t.Context(), 1)
		p.mustFlush(t)

		write(t, file, []byte("not a certificate"))
		c.DropConnections()
		eventually(t, p)
		if err := p.reports.wait(t); !strings.Contains(err.Error(), `WithCACertificate("`+file+`"): no certificate in PEM`) {
			t.Errorf("reported %v, want the broken file", err)
		}

		c.serve(t, second)
		c.DropConnections()
		short, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		if err := p.provider.ForceFlush(short); err == nil {
			t.Error("ForceFlush succeeded with an authority that the file does not hold")
		}
		write(t, file, second.PEM)
		requests.Add(t.Context(), 1)
		p.mustFlush(t)
		if last, _ := c.Last("requests"); last.Value != 2 {
			t.Errorf("requests = %v, want 2", last.Value)
		}
	})
}

// eventually flushes until it works: a connection that was just cut may fail
// one request.
func eventually(t *testing.T, p pipeline) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	for p.provider.ForceFlush(ctx) != nil {
		if ctx.Err() != nil {
			t.Fatal("no push arrives any more")
		}
	}
}

// An authority that is taken out of the file is not trusted for one more push,
// not even over the connection that there is.
func TestWithdrawnAuthority(t *testing.T) {
	protocols(t, func(t *testing.T, protocol string, collector newCollector) {
		ca := otlptest.NewCA(t)
		c := newRotating(t, collector, ca, nil)
		file := write(t, filepath.Join(t.TempDir(), "ca.pem"), ca.PEM)
		p := start(t, WithProtocol(protocol), WithEndpoint(c.URL()), WithCACertificate(file), WithTimeout(300*time.Millisecond))
		p.counter(t, "requests").Add(t.Context(), 1)
		p.mustFlush(t)
		write(t, file, otlptest.NewCA(t).PEM)
		var lost *DeliveryError
		if err := p.flush(t); !errors.As(err, &lost) {
			t.Errorf("ForceFlush = %v, want a DeliveryError", err)
		}
	})
}

func TestParsePool(t *testing.T) {
	ca, other := otlptest.NewCA(t), otlptest.NewCA(t)
	_, key := ca.Client(t, "client")
	both := append(append([]byte("# a comment\n"), ca.PEM...), other.PEM...)
	tests := []struct {
		name    string
		content []byte
		want    string // in the error; empty: none
	}{
		{"one", ca.PEM, ""},
		{"two with a comment", both, ""},
		{"empty", nil, "no certificate"},
		{"no PEM", []byte("hello"), "no certificate"},
		{"a key", key, `found "PRIVATE KEY"`},
		{"cut short", both[:len(both)-40], "cut short"},
		{"garbage inside", []byte("-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n"), "x509"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := parsePool(test.content)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

// A variable that holds the key itself instead of its path is a mistake that
// must not end in a log.
func TestKeyInPlaceOfItsPathIsNotShown(t *testing.T) {
	const pem = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"
	env := map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT":           "https://127.0.0.1:1",
		"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": pem,
		"OTEL_EXPORTER_OTLP_CLIENT_KEY":         pem,
	}
	_, err := FromEnv(t.Context(), func(name string) string { return env[name] })
	if err == nil || !strings.Contains(err.Error(), "OTEL_EXPORTER_OTLP_CLIENT_KEY") {
		t.Fatalf("error %v, want one that names the variable", err)
	}
	if strings.Contains(err.Error(), "c2VjcmV0") {
		t.Errorf("the key is in the error: %v", err)
	}
}
