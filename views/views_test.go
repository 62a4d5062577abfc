// SPDX-License-Identifier: Apache-2.0

package views_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/datapunk/otelauth/semconv"
	"github.com/datapunk/otelauth/views"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"
	"go.opentelemetry.io/otel/trace"
)

const (
	instrumentScope = "github.com/datapunk/otelauth/instrument"
	otherScope      = "example.com/other"

	attempts = "auth.authentication.attempts"
	duration = "auth.authentication.duration"
)

// pipe is a real provider over the options, and its reader.
type pipe struct {
	t        *testing.T
	provider *sdkmetric.MeterProvider
	reader   *sdkmetric.ManualReader
}

func newPipe(t *testing.T, choices ...views.Choice) pipe {
	t.Helper()
	opts, err := views.Default(choices...)
	if err != nil {
		t.Fatal(err)
	}
	reader := sdkmetric.NewManualReader()
	provider := sdkmetric.NewMeterProvider(append(opts, sdkmetric.WithReader(reader))...)
	t.Cleanup(func() { _ = provider.Shutdown(context.Background()) })
	return pipe{t, provider, reader}
}

func (p pipe) add(scope, name string, attrs ...attribute.KeyValue) {
	p.t.Helper()
	c, err := p.provider.Meter(scope).Int64Counter(name)
	if err != nil {
		p.t.Fatal(err)
	}
	c.Add(context.Background(), 1, metric.WithAttributes(attrs...))
}

func (p pipe) record(scope, name string, v float64, attrs ...attribute.KeyValue) {
	p.t.Helper()
	h, err := p.provider.Meter(scope).Float64Histogram(name)
	if err != nil {
		p.t.Fatal(err)
	}
	h.Record(context.Background(), v, metric.WithAttributes(attrs...))
}

// metrics returns all streams that the reader collects.
func (p pipe) metrics() []metricdata.Metrics {
	p.t.Helper()
	var rm metricdata.ResourceMetrics
	if err := p.reader.Collect(context.Background(), &rm); err != nil {
		p.t.Fatal(err)
	}
	var all []metricdata.Metrics
	for _, s := range rm.ScopeMetrics {
		all = append(all, s.Metrics...)
	}
	return all
}

// one returns the data of the only stream.
func (p pipe) one() metricdata.Aggregation {
	p.t.Helper()
	all := p.metrics()
	if len(all) != 1 {
		p.t.Fatalf("streams: got %d, want 1: %v", len(all), all)
	}
	return all[0].Data
}

var (
	service = semconv.ServiceNameKey.String("api")
	method  = semconv.MethodPassword.Attr()
	result  = semconv.ResultSuccess.Attr()
	user    = attribute.String("user.name", "alice")
)

func TestOneStreamForEachInstrument(t *testing.T) {
	p := newPipe(t)
	want := 0
	for _, m := range semconv.Metrics() {
		switch m.Instrument {
		case semconv.KindCounter:
			p.add(instrumentScope, m.Name)
			want++
		case semconv.KindHistogram:
			p.record(instrumentScope, m.Name, 1)
			want++
		}
	}
	if got := len(p.metrics()); got != want || want == 0 {
		t.Errorf("streams: got %d, want %d", got, want)
	}
}

func TestBucketsOfTheRegistry(t *testing.T) {
	for _, m := range semconv.Metrics() {
		if m.Instrument != semconv.KindHistogram {
			continue
		}
		t.Run(m.Name, func(t *testing.T) {
			p := newPipe(t)
			p.record(otherScope, m.Name, m.Buckets[0])
			want := metricdata.Histogram[float64]{
				Temporality: metricdata.CumulativeTemporality,
				DataPoints: []metricdata.HistogramDataPoint[float64]{{
					Count: 1, Sum: m.Buckets[0], Bounds: m.Buckets,
					BucketCounts: append([]uint64{1}, make([]uint64, len(m.Buckets))...),
				}},
			}
			metricdatatest.AssertAggregationsEqual(t, want, p.one(), metricdatatest.IgnoreTimestamp())
		})
	}
}

func TestOnlyAttributesOfTheRegistryPass(t *testing.T) {
	p := newPipe(t)
	tenant := semconv.TenantKey.String("acme")
	p.add(otherScope, attempts, service, method, result, tenant, user)
	want := metricdata.Sum[int64]{
		Temporality: metricdata.CumulativeTemporality, IsMonotonic: true,
		DataPoints: []metricdata.DataPoint[int64]{{
			Value: 1, Attributes: attribute.NewSet(service, method, result, tenant),
		}},
	}
	metricdatatest.AssertAggregationsEqual(t, want, p.one(), metricdatatest.IgnoreTimestamp())
}

// The instrument package is trusted to stay inside the registry, which spares it
// the filter; this shows that there is none.
func TestNoFilterOnTheScopeOfInstrument(t *testing.T) {
	for _, c := range []struct {
		name    string
		choices []views.Choice
		want    attribute.Set
	}{
		{"default", nil, attribute.NewSet(service, user)},
		{"choice that drops nothing", []views.Choice{views.Keep(attempts, keysOf(attempts)...)}, attribute.NewSet(service, user)},
		{"choice that drops", []views.Choice{views.Drop(attempts, semconv.TenantKey)}, attribute.NewSet(service)},
		{"choice for another metric", []views.Choice{views.Keep(duration)}, attribute.NewSet(service, user)},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPipe(t, c.choices...)
			p.add(instrumentScope, attempts, service, user)
			got := p.one().(metricdata.Sum[int64]).DataPoints[0].Attributes
			if !got.Equals(&c.want) {
				t.Errorf("got %v, want %v", got.ToSlice(), c.want.ToSlice())
			}
		})
	}
}

func keysOf(name string) []attribute.Key {
	m, _ := semconv.LookupMetric(name)
	var keys []attribute.Key
	for _, a := range m.Attributes {
		keys = append(keys, a.Key)
	}
	return keys
}

func TestOtherInstrumentsAreLeftAlone(t *testing.T) {
	for _, name := range []string{"http.server.request.duration", "auth.of_my_own", "authentication"} {
		t.Run(name, func(t *testing.T) {
			p := newPipe(t, views.Exponential(), views.MergeServices())
			p.record(otherScope, name, 1, user)
			dp := p.one().(metricdata.Histogram[float64]).DataPoints[0]
			if _, ok := dp.Attributes.Value(user.Key); !ok {
				t.Error("an attribute was filtered")
			}
			if got, want := len(dp.Bounds), 15; got != want {
				t.Errorf("boundaries: got %d, want the SDK's %d", got, want)
			}
		})
	}
}

func TestNamesWhateverTheirCase(t *testing.T) {
	p := newPipe(t)
	p.add(otherScope, "Auth.Authentication.ATTEMPTS", service, user)
	if got := p.one().(metricdata.Sum[int64]).DataPoints[0].Attributes; got.Len() != 1 {
		t.Errorf("attributes: got %v, want the service alone", got.ToSlice())
	}
}

func TestForeignKindKeepsItsAggregation(t *testing.T) {
	p := newPipe(t)
	p.add(otherScope, duration, service)
	if _, ok := p.one().(metricdata.Sum[int64]); !ok {
		t.Errorf("a counter became a %T", p.one())
	}
}

func TestLimit(t *testing.T) {
	t.Setenv("OTEL_GO_X_CARDINALITY_LIMIT", "0")
	for _, c := range []struct {
		name    string
		choices []views.Choice
		want    int
	}{
		{"default", nil, views.DefaultLimit},
		{"own", []views.Choice{views.Limit(7)}, 7},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPipe(t, c.choices...)
			const events = views.DefaultLimit + 100
			for i := range events {
				p.add(instrumentScope, attempts, semconv.ServiceNameKey.String(fmt.Sprint(i)))
			}
			points := p.one().(metricdata.Sum[int64]).DataPoints
			if len(points) != c.want {
				t.Errorf("series: got %d, want %d", len(points), c.want)
			}
			var total int64
			for _, dp := range points {
				total += dp.Value
			}
			if total != events {
				t.Errorf("total: got %d, want %d", total, events)
			}
		})
	}
}

func TestExemplars(t *testing.T) {
	t.Setenv("OTEL_METRICS_EXEMPLAR_FILTER", "always_on")
	span := trace.ContextWithSpanContext(context.Background(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled,
	}))
	for _, c := range []struct {
		name    string
		ctx     context.Context
		choices []views.Choice
		want    int
	}{
		{"off by default", span, nil, 0},
		{"on inside a sampled span", span, []views.Choice{views.Exemplars()}, 1},
		{"on outside a span", context.Background(), []views.Choice{views.Exemplars()}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPipe(t, c.choices...)
			counter, err := p.provider.Meter(instrumentScope).Int64Counter(attempts)
			if err != nil {
				t.Fatal(err)
			}
			counter.Add(c.ctx, 1)
			if got := len(p.one().(metricdata.Sum[int64]).DataPoints[0].Exemplars); got != c.want {
				t.Errorf("exemplars: got %d, want %d", got, c.want)
			}
		})
	}
}

// What a choice drops, or a filter takes off, must not leave on an exemplar.
func TestExemplarsCarryTraceIDsAlone(t *testing.T) {
	id := trace.TraceID{7}
	span := trace.ContextWithSpanContext(context.Background(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: id, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled,
	}))
	for _, choices := range [][]views.Choice{
		{views.Exemplars()},
		{views.Exemplars(), views.Exponential()},
		{views.Exemplars(), views.Drop(duration, semconv.MethodKey)},
	} {
		p := newPipe(t, choices...)
		h, err := p.provider.Meter(otherScope).Float64Histogram(duration)
		if err != nil {
			t.Fatal(err)
		}
		h.Record(span, 1, metric.WithAttributes(service, method, user))
		var got []metricdata.Exemplar[float64]
		switch d := p.one().(type) {
		case metricdata.Histogram[float64]:
			got = d.DataPoints[0].Exemplars
		case metricdata.ExponentialHistogram[float64]:
			got = d.DataPoints[0].Exemplars
		}
		if len(got) != 1 || string(got[0].TraceID) != string(id[:]) {
			t.Fatalf("exemplars: got %+v, want one of the trace %v", got, id)
		}
		if len(got[0].FilteredAttributes) != 0 {
			t.Errorf("an exemplar carries %v", got[0].FilteredAttributes)
		}
	}
}
