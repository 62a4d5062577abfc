// SPDX-License-Identifier: Apache-2.0

// Package views turns the registry of metrics into options of an OpenTelemetry
// MeterProvider: bucket boundaries, the attributes that may pass, a limit on
// series and no exemplars unless asked for.
//
// [Default] is all that most programs need, and [github.com/datapunk/otelauth/exporter]
// applies it by itself. A program that builds its own MeterProvider adds the options there:
//
//	opts, err := views.Default()
//	if err != nil {
//		return err
//	}
//	provider := sdkmetric.NewMeterProvider(append(opts, sdkmetric.WithReader(reader))...)
//
// # Choices
//
// What the defaults do not fit, a [Choice] changes. Names of metrics and keys
// come from package semconv; a name that is not there is an error, never a
// setting without effect:
//
//	opts, err := views.Default(
//		views.Buckets("auth.authentication.duration", 0.05, 0.1, 0.5, 1, 5),
//		views.Drop("auth.authentication.attempts", semconv.TenantKey),
//		views.DropMetric("auth.cache.lookups"),
//	)
//
// # What the options do
//
// One view resolves every instrument of the registry, so that each has exactly
// one stream (the SDK makes a stream for each view that matches). Instruments
// outside the registry keep whatever the SDK or another view gives them, with
// two exceptions that the SDK has for the whole provider alone: the limit on
// series and the exemplar filter.
//
// Both are set explicitly. OTEL_GO_X_CARDINALITY_LIMIT and
// OTEL_METRICS_EXEMPLAR_FILTER cannot lift them.
//
// # Filters and their price
//
// A view that filters attributes costs up to a microsecond a measurement in the
// SDK. Package instrument never passes an attribute outside the registry, so
// that its own scope gets a filter only where a choice really takes an
// attribute away. Any other scope that uses a name of the registry always gets
// one.
//
// A filter is no privacy boundary: it keeps keys out, not values, and a view of
// your own may still put what it removes on exemplars (ours does not). Keep
// personal data out of the call.
package views
