// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/metric"

	"github.com/datapunk/otelauth/semconv"
)

const scopeName = "github.com/datapunk/otelauth/exporter"

// observeSelf shows when each exporter was last heard, as
// auth.sdk.export.last_success.timestamp. Of several exporters that the enum
// does not know the one that has been silent longest is shown.
func (p *Pipeline) observeSelf() error {
	const name = "auth.sdk.export.last_success.timestamp"
	def, _ := semconv.LookupMetric(name)
	meter := p.provider.Meter(scopeName,
		metric.WithInstrumentationVersion(semconv.Version), metric.WithSchemaURL(semconv.SchemaURL))
	_, err := meter.Float64ObservableGauge(name,
		metric.WithUnit(def.Unit), metric.WithDescription(def.Description),
		metric.WithFloat64Callback(func(_ context.Context, o metric.Float64Observer) error {
			seen := map[semconv.SDKExporter]time.Time{}
			for _, e := range p.exporters {
				key, at := semconv.ParseSDKExporter(e.name), lastSuccess(e.Exporter)
				if old, ok := seen[key]; !at.IsZero() && (!ok || at.Before(old)) {
					seen[key] = at
				}
			}
			for key, at := range seen {
				o.Observe(float64(at.UnixMilli())/1e3, metric.WithAttributes(key.Attr()))
			}
			return nil
		}))
	if err != nil {
		return fmt.Errorf("exporter: %w", err)
	}
	return nil
}
