// SPDX-License-Identifier: Apache-2.0

package views_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/datapunk/otelauth/semconv"
	"github.com/datapunk/otelauth/views"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

const usage = "auth.rate_limit.usage"

func TestBuckets(t *testing.T) {
	bounds := []float64{0.1, 1}
	p := newPipe(t, views.Exponential(), views.Buckets(duration, bounds...))
	bounds[0] = 99 // the choice has its own copy
	p.record(instrumentScope, duration, 0.5)
	got := p.one().(metricdata.Histogram[float64]).DataPoints[0]
	if !slices.Equal(got.Bounds, []float64{0.1, 1}) || !slices.Equal(got.BucketCounts, []uint64{0, 1, 0}) {
		t.Errorf("got %v %v", got.Bounds, got.BucketCounts)
	}
}

func TestExponential(t *testing.T) {
	const other = "auth.authorization.duration"
	for _, c := range []struct {
		name   string
		choice views.Choice
		want   map[string]bool
	}{
		{"all", views.Exponential(), map[string]bool{duration: true, other: true}},
		{"named", views.Exponential(duration), map[string]bool{duration: true, other: false}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for name, want := range c.want {
				p := newPipe(t, c.choice)
				p.record(instrumentScope, name, 0.5)
				h, got := p.one().(metricdata.ExponentialHistogram[float64])
				if got != want {
					t.Errorf("%s: exponential %v, want %v", name, got, want)
				}
				if got && h.DataPoints[0].Scale != 20 {
					t.Errorf("%s: scale %d, want 20", name, h.DataPoints[0].Scale)
				}
			}
		})
	}
}

func TestKeepAndDrop(t *testing.T) {
	all := []attribute.KeyValue{service, method, result}
	for _, c := range []struct {
		name    string
		choices []views.Choice
		want    []attribute.KeyValue
	}{
		{"keep", []views.Choice{views.Keep(attempts, semconv.MethodKey)}, []attribute.KeyValue{method}},
		{"keep twice", []views.Choice{views.Keep(attempts, semconv.MethodKey), views.Keep(attempts, semconv.ResultKey)}, []attribute.KeyValue{method, result}},
		{"keep none", []views.Choice{views.Keep(attempts)}, nil},
		{"drop", []views.Choice{views.Drop(attempts, semconv.MethodKey)}, []attribute.KeyValue{service, result}},
		{"drop goes over keep", []views.Choice{views.Drop(attempts, semconv.MethodKey), views.Keep(attempts, semconv.MethodKey)}, nil},
		{"merge all", []views.Choice{views.MergeServices()}, []attribute.KeyValue{method, result}},
		{"merge named", []views.Choice{views.MergeServices(attempts)}, []attribute.KeyValue{method, result}},
		{"merge another", []views.Choice{views.MergeServices(duration)}, all},
	} {
		for _, scope := range []string{instrumentScope, otherScope} {
			t.Run(c.name+" "+scope, func(t *testing.T) {
				p := newPipe(t, c.choices...)
				p.add(scope, attempts, all...)
				got := p.one().(metricdata.Sum[int64]).DataPoints[0].Attributes
				want := attribute.NewSet(c.want...)
				if !got.Equals(&want) {
					t.Errorf("got %v, want %v", got.ToSlice(), c.want)
				}
			})
		}
	}
}

func TestDroppedAttributesMergeSeries(t *testing.T) {
	p := newPipe(t, views.MergeServices(attempts))
	for _, name := range []string{"api", "billing"} {
		p.add(instrumentScope, attempts, semconv.ServiceNameKey.String(name), method)
	}
	points := p.one().(metricdata.Sum[int64]).DataPoints
	if len(points) != 1 || points[0].Value != 2 {
		t.Errorf("got %v, want one series of 2", points)
	}
}

func TestMergeServicesSparesGauges(t *testing.T) {
	p := newPipe(t, views.MergeServices())
	g, err := p.provider.Meter(instrumentScope).Int64Gauge(usage)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"api", "billing"} {
		g.Record(context.Background(), 1, metric.WithAttributes(semconv.ServiceNameKey.String(name)))
	}
	if points := p.one().(metricdata.Gauge[int64]).DataPoints; len(points) != 2 {
		t.Errorf("got %v, want a series for each service", points)
	}
}

func TestDropMetric(t *testing.T) {
	p := newPipe(t, views.DropMetric(attempts, usage))
	p.add(instrumentScope, attempts, service)
	p.record(instrumentScope, duration, 1, service)
	if all := p.metrics(); len(all) != 1 || all[0].Name != duration {
		t.Errorf("got %v, want %s alone", all, duration)
	}
	counter, err := p.provider.Meter(instrumentScope).Int64Counter(attempts)
	if err != nil || counter.Enabled(context.Background()) {
		t.Errorf("a metric left out should cost nothing: %v", err)
	}
}

func TestWrongChoices(t *testing.T) {
	for _, c := range []struct {
		name   string
		choice views.Choice
		want   string // in the error
	}{
		{"nil", nil, "nil choice"},
		{"buckets of unknown metric", views.Buckets("auth.nothing", 1), `Buckets("auth.nothing"): no such metric`},
		{"Prometheus name", views.Drop("auth_authentication_attempts_total"), "no such metric"},
		{"buckets of a counter", views.Buckets(attempts, 1), "is a counter, not a histogram"},
		{"no buckets", views.Buckets(duration), "no boundaries"},
		{"buckets fall", views.Buckets(duration, 1, 2, 1.5), "1.5 after 2"},
		{"buckets repeat", views.Buckets(duration, 1, 1), "1 after 1"},
		{"bucket NaN", views.Buckets(duration, 1, math.NaN()), "NaN is not finite"},
		{"bucket infinite", views.Buckets(duration, 1, math.Inf(1)), "+Inf is not finite"},
		{"exponential counter", views.Exponential(attempts), "is a counter"},
		{"keep unknown metric", views.Keep(""), `Keep("")`},
		{"keep unknown attribute", views.Keep(attempts, "user.name"), `no attribute "user.name"`},
		{"keep less of a gauge", views.Keep(usage, semconv.ServiceNameKey), "of a gauge"},
		{"drop unknown attribute", views.Drop(duration, semconv.ReasonKey), `no attribute "auth.failure.reason"`},
		{"drop from a gauge", views.Drop(usage, semconv.ServiceNameKey), "of a gauge"},
		{"drop unknown metric", views.DropMetric(attempts, "auth.nothing"), `DropMetric("auth.nothing")`},
		{"drop no metric", views.DropMetric(), "no metric named"},
		{"merge a gauge", views.MergeServices(usage), "of a gauge"},
		{"merge without services", views.MergeServices("auth.sdk.collapsed_values"), `no attribute "auth.service.name"`},
		{"limit 0", views.Limit(0), "Limit(0): at least 1"},
		{"limit negative", views.Limit(-1), "Limit(-1)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			opts, err := views.Default(c.choice, views.Limit(0))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("error: got %v, want one with %q", err, c.want)
			}
			if !strings.Contains(err.Error(), "Limit(0)") {
				t.Errorf("the second fault is missing in %v", err)
			}
			if good, _ := views.Default(); len(opts) != len(good) {
				t.Errorf("options: got %d, want the %d of the defaults", len(opts), len(good))
			}
		})
	}
}

func TestLimitOfOne(t *testing.T) {
	p := newPipe(t, views.Limit(1))
	p.add(instrumentScope, attempts, service)
	p.add(instrumentScope, attempts, method)
	if points := p.one().(metricdata.Sum[int64]).DataPoints; len(points) != 1 || points[0].Value != 2 {
		t.Errorf("got %v, want one series of 2", points)
	}
}
