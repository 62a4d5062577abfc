// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"testing"
	"time"

	vm "github.com/VictoriaMetrics/metrics"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

// One event is one failed login: a counter with four attributes and a histogram
// of fourteen boundaries with three. An event takes the service, so that two
// threads may have one each, and a number that chooses the duration.
type event func(service, n int)

var (
	services = [2]string{"api", "web"}
	seconds  [64]float64
	bounds   = []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}
)

func init() {
	for i := range seconds {
		seconds[i] = bounds[i*7%len(bounds)] * 0.9
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func kv4(service string) []attribute.KeyValue {
	return append(kv3(service), attribute.String("auth.failure.reason", "invalid_credentials"))
}

func kv3(service string) []attribute.KeyValue {
	return []attribute.KeyValue{
		attribute.String("auth.service.name", service),
		attribute.String("auth.method", "password"),
		attribute.String("auth.result", "failure"),
	}
}

// otelInstruments are those of a program that uses the SDK as it comes.
func otelInstruments(opts ...sdkmetric.Option) (metric.Int64Counter, metric.Float64Histogram) {
	mp := sdkmetric.NewMeterProvider(append(opts, sdkmetric.WithReader(sdkmetric.NewManualReader()))...)
	m := mp.Meter("peer")
	return must(m.Int64Counter("auth.attempts")),
		must(m.Float64Histogram("auth.duration", metric.WithExplicitBucketBoundaries(bounds...)))
}

func otelAtTheCall(testing.TB) event {
	c, h := otelInstruments()
	ctx := context.Background()
	return func(service, n int) {
		c.Add(ctx, 1, metric.WithAttributes(
			attribute.String("auth.service.name", services[service]),
			attribute.String("auth.method", "password"),
			attribute.String("auth.result", "failure"),
			attribute.String("auth.failure.reason", "invalid_credentials")))
		h.Record(ctx, seconds[n&63], metric.WithAttributes(
			attribute.String("auth.service.name", services[service]),
			attribute.String("auth.method", "password"),
			attribute.String("auth.result", "failure")))
	}
}

func otelPrepared(testing.TB) event {
	c, h := otelInstruments()
	ctx := context.Background()
	var add [2][]metric.AddOption
	var record [2][]metric.RecordOption
	for i, s := range services {
		add[i] = []metric.AddOption{metric.WithAttributeSet(attribute.NewSet(kv4(s)...))}
		record[i] = []metric.RecordOption{metric.WithAttributeSet(attribute.NewSet(kv3(s)...))}
	}
	return func(service, n int) {
		c.Add(ctx, 1, add[service]...)
		h.Record(ctx, seconds[n&63], record[service]...)
	}
}

func promVectors() (*prometheus.Registry, *prometheus.CounterVec, *prometheus.HistogramVec) {
	reg := prometheus.NewRegistry()
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "auth_attempts_total", Help: "h"},
		[]string{"service", "method", "result", "reason"})
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "auth_duration_seconds", Help: "h", Buckets: bounds},
		[]string{"service", "method", "result"})
	reg.MustRegister(c, h)
	return reg, c, h
}

func promByLabels(testing.TB) event {
	_, c, h := promVectors()
	return func(service, n int) {
		c.WithLabelValues(services[service], "password", "failure", "invalid_credentials").Inc()
		h.WithLabelValues(services[service], "password", "failure").Observe(seconds[n&63])
	}
}

func promBound() (c [2]prometheus.Counter, h [2]prometheus.Observer) {
	_, cv, hv := promVectors()
	for i, s := range services {
		c[i] = cv.WithLabelValues(s, "password", "failure", "invalid_credentials")
		h[i] = hv.WithLabelValues(s, "password", "failure")
	}
	return c, h
}

func promPrebound(testing.TB) event {
	c, h := promBound()
	return func(service, n int) {
		c[service].Inc()
		h[service].Observe(seconds[n&63])
	}
}

func promTimed(testing.TB) event {
	c, h := promBound()
	return func(service, _ int) {
		start := time.Now()
		c[service].Inc()
		h[service].Observe(time.Since(start).Seconds())
	}
}

func vmPrebound(testing.TB) event {
	s := vm.NewSet()
	var c [2]*vm.Counter
	var h [2]*vm.PrometheusHistogram
	for i, name := range services {
		labels := `{service="` + name + `",method="password",result="failure"`
		c[i] = s.GetOrCreateCounter(`auth_attempts_total` + labels + `,reason="invalid_credentials"}`)
		h[i] = s.GetOrCreatePrometheusHistogramExt(`auth_duration_seconds`+labels+`}`, bounds)
	}
	return func(service, n int) {
		c[service].Inc()
		h[service].Update(seconds[n&63])
	}
}
