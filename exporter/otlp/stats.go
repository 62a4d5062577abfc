// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"sync/atomic"
	"time"
)

// counters say what became of the pushes so far.
type counters struct {
	failures, undelivered, rejected atomic.Int64
	last                            atomic.Int64 // Unix nanoseconds, zero: never
}

// LastSuccess returns when a push last arrived, as a whole or but for some
// rejected data points; the zero time when none has.
func (e *Exporter) LastSuccess() time.Time {
	if n := e.counters().last.Load(); n != 0 {
		return time.Unix(0, n)
	}
	return time.Time{}
}

// Failures returns how many pushes failed so far: a request of theirs did not
// arrive, all their data points were rejected, or collecting them panicked.
func (e *Exporter) Failures() int64 { return e.counters().failures.Load() }

// UndeliveredPoints returns how many data points the failed requests held. With
// cumulative data a later push made up for them, unless none arrived. With delta
// data these are lost, and those that wait for the next push are not counted.
func (e *Exporter) UndeliveredPoints() int64 { return e.counters().undelivered.Load() }

// RejectedPoints returns how many data points collectors refused while they
// took the request.
func (e *Exporter) RejectedPoints() int64 { return e.counters().rejected.Load() }

func (e *Exporter) counters() *counters {
	if e == nil {
		return &counters{}
	}
	return e.reader.push.counters
}
