// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"testing"
	"time"
)

// inQuickstart are the metrics that the quickstart shows off. One that is missing is a quickstart that says less than it
// promises; those of detectors are not among them.
var inQuickstart = []string{
	"auth.authentication.attempts", "auth.authentication.duration",
	"auth.token.verifications", "auth.token.verification.duration", "auth.token.operations",
	"auth.authorization.decisions", "auth.authorization.duration",
	"auth.rate_limit.checks", "auth.rate_limit.usage", "auth.rate_limit.limit",
	"auth.service.active", "auth.service.registered", "auth.service.registrations", "auth.service.status",
	"auth.credential.rotations", "auth.credential.last_rotation.timestamp", "auth.credential.expiration.timestamp",
	"auth.session.operations", "auth.session.active", "auth.mfa.challenges", "auth.mfa.attempts",
	"auth.keyset.refreshes", "auth.keyset.last_success.timestamp", "auth.cache.lookups",
	"auth.sdk.export.last_success.timestamp",
}

// TestCollectorReceivesQuickstart has the quickstart push to a Collector's receiver over TLS, by variables alone, and
// holds every data point against the registry.
func TestCollectorReceivesQuickstart(t *testing.T) {
	for _, tt := range []struct{ protocol, receiver string }{
		{"grpc", "grpc"},
		{"http/protobuf", "http"},
	} {
		t.Run(tt.receiver, func(t *testing.T) {
			c := newCollector(t, tt.receiver)
			startQuickstart(t,
				"OTEL_METRICS_EXPORTER=otlp",
				"OTEL_EXPORTER_OTLP_PROTOCOL="+tt.protocol,
				"OTEL_EXPORTER_OTLP_ENDPOINT=https://"+c.addr,
				"OTEL_EXPORTER_OTLP_CERTIFICATE="+c.cert,
				"OTEL_METRIC_EXPORT_INTERVAL=1000")
			eventually(t, 30*time.Second, func() error {
				names := map[string]bool{}
				for _, m := range all(c.AllMetrics()) {
					names[m.Name()] = true
				}
				for _, name := range inQuickstart {
					if !names[name] {
						return fmt.Errorf("%s did not arrive", name)
					}
				}
				return nil
			})
			checkConformance(t, c.AllMetrics())
		})
	}
}
