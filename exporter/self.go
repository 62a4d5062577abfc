// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/metric"

	"github.com/datapunk/otelauth/semconv"
)

const scopeName = "github.com/datapunk/otelauth/exporter"

// losses are the counters that an exporter may keep, by their metrics.
var losses = map[string]func(Exporter) (int64, bool){
	"auth.sdk.export.failures": func(e Exporter) (int64, bool) {
		c, ok := e.(interface{ Failures() int64 })
		return ask(ok, func() int64 { return c.Failures() })
	},
	"auth.sdk.export.undelivered_points": func(e Exporter) (int64, bool) {
		c, ok := e.(interface{ UndeliveredPoints() int64 })
		return ask(ok, func() int64 { return c.UndeliveredPoints() })
	},
	"auth.sdk.export.rejected_points": func(e Exporter) (int64, bool) {
		c, ok := e.(interface{ RejectedPoints() int64 })
		return ask(ok, func() int64 { return c.RejectedPoints() })
	},
}

// meter is the scope of what the pipeline says of itself.
func (p *Pipeline) meter() metric.Meter {
	return p.provider.Meter(scopeName,
		metric.WithInstrumentationVersion(semconv.Version), metric.WithSchemaURL(semconv.SchemaURL))
}

// observeSelf shows how each exporter fares. Those that the enum does not know
// share a series.
func (p *Pipeline) observeSelf() error {
	meter := p.meter()
	errs := []error{p.observeLastSuccess(meter)}
	for name, of := range losses {
		errs = append(errs, p.observeLosses(meter, name, of))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("exporter: %w", err)
	}
	return nil
}

// observeLastSuccess shows when each exporter was last heard; of those that
// share a series, the one that has been silent longest.
func (p *Pipeline) observeLastSuccess(meter metric.Meter) error {
	const name = "auth.sdk.export.last_success.timestamp"
	def, _ := semconv.LookupMetric(name)
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
	return err
}

// observeLosses shows a counter of those exporters that keep it, from zero on,
// so that the first loss is a step; those that share a series are added up.
func (p *Pipeline) observeLosses(meter metric.Meter, name string, of func(Exporter) (int64, bool)) error {
	def, _ := semconv.LookupMetric(name)
	_, err := meter.Int64ObservableCounter(name,
		metric.WithUnit(def.Unit), metric.WithDescription(def.Description),
		metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			sums := map[semconv.SDKExporter]int64{}
			for _, e := range p.exporters {
				if n, ok := of(e.Exporter); ok {
					sums[semconv.ParseSDKExporter(e.name)] += n
				}
			}
			for key, n := range sums {
				o.Observe(n, metric.WithAttributes(key.Attr()))
			}
			return nil
		}))
	return err
}

// lastSuccess asks an exporter for its last success, if it can tell.
func lastSuccess(e Exporter) time.Time {
	c, ok := e.(interface{ LastSuccess() time.Time })
	at, _ := ask(ok, func() time.Time { return c.LastSuccess() })
	return at
}

// ask asks an exporter that can tell. It may not be our code, so a panic is an
// answer that says nothing.
func ask[T any](can bool, question func() T) (answer T, ok bool) {
	if !can {
		return answer, false
	}
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	return question(), true
}
