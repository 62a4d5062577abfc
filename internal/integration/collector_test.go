// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"net"
	"testing"

	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/receiver/receivertest"
)

// collector is the OpenTelemetry Collector's OTLP receiver in front of a sink.
type collector struct {
	*consumertest.MetricsSink
	addr string // host and port
	cert string // path of the certificate that a client is to trust
}

// newCollector starts a receiver for one protocol, "grpc" or "http", with TLS, on a free port of loopback.
func newCollector(t *testing.T, protocol string) *collector {
	t.Helper()
	cert, key := newCertificate(t)
	c := &collector{MetricsSink: new(consumertest.MetricsSink), addr: freeAddr(t), cert: cert}

	factory := otlpreceiver.NewFactory()
	cfg := factory.CreateDefaultConfig()
	// What would stand in the Collector's configuration file.
	if err := confmap.NewFromStringMap(map[string]any{
		"protocols": map[string]any{
			protocol: map[string]any{
				"endpoint": c.addr,
				"tls":      map[string]any{"cert_file": cert, "key_file": key},
			},
		},
	}).Unmarshal(cfg); err != nil {
		t.Fatal(err)
	}
	receiver, err := factory.CreateMetrics(t.Context(), receivertest.NewNopSettings(factory.Type()), cfg, c)
	if err != nil {
		t.Fatal(err)
	}
	if err := receiver.Start(t.Context(), componenttest.NewNopHost()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// The test's own context has ended by now.
		if err := receiver.Shutdown(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return c
}

// freeAddr returns an address of loopback that was free a moment ago, for servers that cannot say which port they
// were given.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
