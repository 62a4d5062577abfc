// SPDX-License-Identifier: Apache-2.0

package bound

import (
	"context"
	"sync"
	"sync/atomic"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// Slot is where one reader gets the data of bound histograms. Whoever makes the
// reader passes it by sdkmetric.WithProducer and embeds it in the reader that
// is handed on, so that [Of] finds it there. Until a [Binder] has it, it
// produces nothing.
type Slot struct {
	delta  bool
	binder atomic.Pointer[Binder]
	mu     sync.Mutex // one collection at a time, as in the SDK
}

// NewSlot returns a slot for a reader with that temporality and, as all readers
// here, the SDK's default aggregation and no limit on series of its own.
func NewSlot(temporality sdkmetric.TemporalitySelector) *Slot {
	return &Slot{delta: temporality(sdkmetric.InstrumentKindHistogram) == metricdata.DeltaTemporality}
}

// slot is how a reader that embeds a Slot is known.
func (s *Slot) slot() *Slot { return s }

// Of returns the slot of a reader, nil if it has none.
func Of(r sdkmetric.Reader) *Slot {
	if s, ok := r.(interface{ slot() *Slot }); ok {
		return s.slot()
	}
	return nil
}

// Produce implements [sdkmetric.Producer].
func (s *Slot) Produce(context.Context) ([]metricdata.ScopeMetrics, error) {
	b := s.binder.Load()
	if b == nil {
		return nil, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return b.produce(s), nil
}
