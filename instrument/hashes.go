// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"context"
	"sync"

	"go.opentelemetry.io/otel/attribute"

	"github.com/datapunk/otelauth/semconv"
)

// hashes remembers which attribute set was the first with its hash. The SDK tells
// series apart by a hash of 64 bits without a seed, and writes neither lengths
// nor separators into it: whoever can choose a value can make one whose series
// is merged into another's for good. Sets are made when a handle is bound, so
// none of this is paid for by an event.
type hashes struct {
	mu    sync.Mutex
	first map[attribute.Distinct]attribute.Set
}

// take reports whether the set is the first with its hash, or equal to it.
func (t *hashes) take(s attribute.Set) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	first, ok := t.first[s.Equivalent()]
	if !ok {
		if t.first == nil {
			t.first = map[attribute.Distinct]attribute.Set{}
		}
		t.first[s.Equivalent()] = s
		return true
	}
	return first.Equals(&s)
}

// set returns the set of attrs. Where an older set has its hash, the measurement
// goes to the service _OTHER: nothing is lost, and the older series stays what it
// was. Declared services are safe from admitted ones whose handles are bound
// later.
func (r *Recorder) set(attrs ...attribute.KeyValue) attribute.Set {
	s := attribute.NewSet(attrs...)
	if r.hashes.take(s) {
		return s
	}
	r.collapse(context.Background(), semconv.SDKAttributeServiceName)
	return attribute.NewSet(with(attrs, semconv.ServiceNameKey.String(semconv.Other))...) // the last value of a key counts
}
