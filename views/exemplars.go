// SPDX-License-Identifier: Apache-2.0

package views

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/exemplar"
)

// tracesAlone chooses the SDK's own reservoirs, save that an exemplar is never
// told the attributes that a filter took off its series. A filter is often there
// because of what they hold, and exemplars are how it would leave all the same.
func tracesAlone(a sdkmetric.Aggregation) exemplar.ReservoirProvider {
	provider := sdkmetric.DefaultExemplarReservoirProviderSelector(a)
	return func(set attribute.Set) exemplar.Reservoir { return traceReservoir{provider(set)} }
}

type traceReservoir struct{ exemplar.Reservoir }

func (r traceReservoir) Offer(ctx context.Context, t time.Time, v exemplar.Value, _ []attribute.KeyValue) {
	r.Reservoir.Offer(ctx, t, v, nil)
}
