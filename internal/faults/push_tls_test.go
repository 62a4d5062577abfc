// SPDX-License-Identifier: Apache-2.0

package faults_test

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"google.golang.org/grpc/credentials"

	"github.com/datapunk/otelauth/exporter/otlp"
	"github.com/datapunk/otelauth/internal/otlptest"
)

// rotating is a TLS collector that can move to another authority.
type rotating struct {
	*otlptest.Collector
	cert atomic.Pointer[tls.Certificate]
	file string // what the sender trusts
}

func newRotating(t *testing.T, collector func(testing.TB, ...otlptest.Option) *otlptest.Collector) *rotating {
	t.Helper()
	r := &rotating{file: filepath.Join(t.TempDir(), "ca.pem")}
	ca := otlptest.NewCA(t)
	r.serve(t, ca)
	r.trust(t, ca)
	r.Collector = collector(t, otlptest.TLS(&tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return r.cert.Load(), nil },
	}))
	return r
}

func (r *rotating) serve(t *testing.T, ca *otlptest.CA) {
	cert := ca.Server(t)
	r.cert.Store(&cert)
}

func (r *rotating) trust(t *testing.T, ca *otlptest.CA) {
	t.Helper()
	if err := os.WriteFile(r.file, ca.PEM, 0o600); err != nil {
		t.Fatal(err)
	}
}

// The collector moves to another authority, and after some failed pushes the
// file says so too. From then on no push fails, and nothing is lost.
func TestPushRotatedAuthority(t *testing.T) {
	noLeak(t)
	catch(t)
	for _, with := range programs {
		if with.delta || with.plain && !pushLong {
			continue
		}
		t.Run(with.name, func(t *testing.T) {
			c := newRotating(t, with.collector)
			var s *sender
			if with.plain {
				creds, err := credentials.NewClientTLSFromFile(c.file, "")
				if err != nil {
					t.Fatal(err)
				}
				s = plain(t, c.Collector, otlpmetricgrpc.WithTLSCredentials(creds))
			} else {
				s = ours(t, c.Collector, with.protocol, otlp.WithCACertificate(c.file))
			}
			stop := s.load()
			c.WaitRequests(t, 1)

			next := otlptest.NewCA(t)
			c.serve(t, next)
			c.DropConnections()
			if with.plain {
				<-time.After(2 * time.Second)
				c.trust(t, next)
				before := len(c.Requests())
				<-time.After(20 * time.Second)
				t.Logf("%d pushes arrived in the 20 s after the file was replaced", len(c.Requests())-before)
				stop()
				return
			}
			before := s.ours.Failures()
			eventually(t, "a push to fail", func() bool { return s.ours.Failures() > before })
			accepted := len(c.Requests())
			c.trust(t, next)
			replaced, failed := time.Now(), s.ours.Failures()
			c.WaitRequests(t, accepted+1)
			t.Logf("a push arrived %v after the file was replaced, with an interval of %v", time.Since(replaced).Round(time.Millisecond), pushScale.interval)
			if n := s.ours.Failures() - failed; n > 1 { // one may have been under way
				t.Errorf("%d pushes failed after the file was replaced", n)
			}
			recorded := stop()
			awaitLogins(t, c.Collector, false, recorded)
			if got, _ := arrived(c.Collector, false); got != recorded {
				t.Errorf("%d logins arrived of %d", got, recorded)
			}
		})
	}
}
