// SPDX-License-Identifier: Apache-2.0

package adaptertest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"  //nolint:depguard // only tests import this package
	"go.opentelemetry.io/otel/sdk/metric/metricdata" //nolint:depguard // only tests import this package

	"github.com/datapunk/otelauth/instrument"
)

// Recorder returns a recorder for an example, and a function that prints what is not
// zero of some counters, without auth.service.name.
func Recorder(opts ...instrument.Option) (rec *instrument.Recorder, show func(counters ...string)) {
	reader := sdkmetric.NewManualReader()
	rec, err := instrument.New(append(opts, instrument.WithServiceLimit(1),
		instrument.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))))...)
	if err != nil {
		fmt.Println(err)
	}
	return rec, func(counters ...string) {
		var rm metricdata.ResourceMetrics
		if err := reader.Collect(context.Background(), &rm); err != nil {
			fmt.Println(err)
		}
		for _, name := range counters {
			for _, line := range lines(rm, name) {
				fmt.Println(line)
			}
		}
	}
}

func lines(rm metricdata.ResourceMetrics, counter string) (lines []string) {
	for _, sm := range rm.ScopeMetrics {
		for _, m := range sm.Metrics {
			sum, ok := m.Data.(metricdata.Sum[int64])
			if !ok || m.Name != counter {
				continue
			}
			for _, p := range sum.DataPoints {
				if p.Value == 0 {
					continue
				}
				words := []string{fmt.Sprint(p.Value), counter}
				for _, kv := range p.Attributes.ToSlice() {
					if kv.Key != "auth.service.name" {
						words = append(words, word(kv))
					}
				}
				lines = append(lines, strings.Join(words, " "))
			}
		}
	}
	slices.Sort(lines)
	return lines
}

func word(kv attribute.KeyValue) string { return string(kv.Key) + "=" + kv.Value.String() }

// Stage stands in for the test where an example uses a test's helper. What would fail
// the test panics. The zero Stage is ready; end it by Close.
type Stage struct {
	testing.TB

	cleanups []func()
}

// Helper does nothing.
func (*Stage) Helper() {}

// Cleanup registers f for Close.
func (s *Stage) Cleanup(f func()) { s.cleanups = append(s.cleanups, f) }

// Close runs what Cleanup was given, the last first.
func (s *Stage) Close() {
	for _, f := range slices.Backward(s.cleanups) {
		f()
	}
}

// Context never ends.
func (*Stage) Context() context.Context { return context.Background() }

// Fatal panics.
func (*Stage) Fatal(args ...any) { panic(fmt.Sprint(args...)) }
