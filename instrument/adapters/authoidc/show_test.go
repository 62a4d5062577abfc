// SPDX-License-Identifier: Apache-2.0

package authoidc_test

import (
	"context"
	"fmt"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/datapunk/otelauth/instrument"
)

// recorder returns a recorder, and a function that prints what is not zero of some
// counters.
func recorder(opts ...instrument.Option) (*instrument.Recorder, func(counters ...string)) {
	reader := sdkmetric.NewManualReader()
	rec, err := instrument.New(append(opts, instrument.WithServices("api"),
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
			var lines []string
			for _, m := range rm.ScopeMetrics[0].Metrics {
				sum, ok := m.Data.(metricdata.Sum[int64])
				for i := 0; ok && m.Name == name && i < len(sum.DataPoints); i++ {
					if p := sum.DataPoints[i]; p.Value > 0 {
						lines = append(lines, fmt.Sprint(p.Value, " ", p.Attributes.Encoded(attribute.DefaultEncoder())))
					}
				}
			}
			slices.Sort(lines)
			for _, l := range lines {
				fmt.Println(l)
			}
		}
	}
}
