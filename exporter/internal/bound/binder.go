// SPDX-License-Identifier: Apache-2.0

package bound

import (
	"context"
	"os"
	"strings"
	"sync"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// Config is what the SDK's MeterProvider was made with.
type Config struct {
	Views     []sdkmetric.View
	Limit     int  // on series of an instrument; none if not positive
	Exemplars bool // any filter but the one that is always off
	// Refused is called in place of recording a value that is not finite, which
	// would spoil a sum for good.
	Refused func(context.Context, float64)
}

// Binder makes histograms that bind, on one MeterProvider. A nil Binder makes
// none. All methods are safe for concurrent use.
type Binder struct {
	config Config
	slots  []*Slot

	mu     sync.Mutex
	scopes []*Scope // in the order they were made in
	byName map[instrumentation.Scope]*Scope
}

// New returns a Binder for the provider that has the slots' readers and no
// other, nil when nothing can be bound there as the SDK would do it.
func New(c Config, slots ...*Slot) *Binder {
	if c.Exemplars || len(slots) == 0 || strings.EqualFold(os.Getenv("OTEL_GO_X_PER_SERIES_START_TIMESTAMPS"), "true") {
		return nil
	}
	for _, s := range slots {
		if s == nil {
			return nil
		}
	}
	b := &Binder{config: c, slots: slots, byName: map[instrumentation.Scope]*Scope{}}
	for _, s := range slots {
		s.binder.Store(b)
	}
	return b
}

// Scope returns what makes the histograms of a Meter with that name and those
// options.
func (b *Binder) Scope(name string, opts ...metric.MeterOption) *Scope {
	if b == nil {
		return nil
	}
	c := metric.NewMeterConfig(opts...)
	id := instrumentation.Scope{
		Name: name, Version: c.InstrumentationVersion(), SchemaURL: c.SchemaURL(), Attributes: c.InstrumentationAttributes(),
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.byName[id]
	if s == nil {
		s = &Scope{binder: b, id: id, groups: map[streamID]*group{}}
		b.byName[id] = s
		b.scopes = append(b.scopes, s)
	}
	return s
}

// produce is one collection of one reader.
func (b *Binder) produce(slot *Slot) []metricdata.ScopeMetrics {
	b.mu.Lock()
	scopes := b.scopes
	b.mu.Unlock()
	var all []metricdata.ScopeMetrics
	for _, s := range scopes {
		if metrics := s.produce(slot); len(metrics) > 0 {
			all = append(all, metricdata.ScopeMetrics{Scope: s.id, Metrics: metrics})
		}
	}
	return all
}
