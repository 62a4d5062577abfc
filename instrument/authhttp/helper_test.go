// SPDX-License-Identifier: Apache-2.0

package authhttp_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/datapunk/otelauth/instrument"
)

// rig is a service recorded by a real SDK.
type rig struct {
	svc    *instrument.Service
	reader *sdkmetric.ManualReader
}

func newRig(t testing.TB, opts ...instrument.Option) *rig {
	t.Helper()
	reader := sdkmetric.NewManualReader()
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	rec, err := instrument.New(append(opts, instrument.WithMeterProvider(mp), instrument.WithServices("api"))...)
	if err != nil {
		t.Fatal(err)
	}
	return &rig{rec.Service("api"), reader}
}

// points returns what is not zero of a metric, by its attributes without
// auth.service.name, written "k=v k=v" in the order of their keys.
func (g *rig) points(t testing.TB, name string) map[string]int64 {
	t.Helper()
	var rm metricdata.ResourceMetrics
	if err := g.reader.Collect(context.Background(), &rm); err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, sm := range rm.ScopeMetrics {
		for _, m := range sm.Metrics {
			if m.Name != name {
				continue
			}
			switch d := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range d.DataPoints {
					got[label(p.Attributes)] += p.Value
				}
			case metricdata.Histogram[float64]:
				for _, p := range d.DataPoints {
					got[label(p.Attributes)] += int64(p.Count)
				}
			case metricdata.Gauge[int64]:
				for _, p := range d.DataPoints {
					got[label(p.Attributes)] += p.Value
				}
			default:
				t.Fatalf("%s has the unexpected type %T", name, m.Data)
			}
		}
	}
	maps.DeleteFunc(got, func(_ string, v int64) bool { return v == 0 })
	return got
}

func label(s attribute.Set) string {
	var parts []string
	for _, kv := range s.ToSlice() {
		if kv.Key != "auth.service.name" {
			parts = append(parts, strings.TrimPrefix(string(kv.Key), "auth.")+"="+kv.Value.AsString())
		}
	}
	return strings.Join(parts, " ")
}

// want fails unless the points of the metric that are not zero are exactly these.
func (g *rig) want(t testing.TB, name string, want map[string]int64) {
	t.Helper()
	if got := g.points(t, name); !maps.Equal(got, want) {
		t.Errorf("%s:\n got %s\nwant %s", name, sorted(got), sorted(want))
	}
}

func sorted(m map[string]int64) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(m)) {
		fmt.Fprintf(&b, "\n\t{%s} %d", k, m[k])
	}
	return b.String()
}

const (
	attempts      = "auth.authentication.attempts"
	durations     = "auth.authentication.duration"
	verifications = "auth.token.verifications"
)
