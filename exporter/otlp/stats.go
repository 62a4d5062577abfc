// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"sync/atomic"
	"time"
)

// Stats counts what an [Exporter] did since it was made.
type Stats struct {
	// Pushes is how many times data were sent, Failures how many of these did
	// not arrive as a whole.
	Pushes, Failures int64
	// Undelivered is how many data points the failed requests held. With
	// cumulative data a later push made up for them, unless none arrived.
	Undelivered int64
	// Rejected is how many data points collectors refused to take.
	Rejected int64
}

type counters struct {
	pushes, failures, undelivered, rejected atomic.Int64
	last                                    atomic.Int64 // Unix nanoseconds, zero: never
}

func (c *counters) success(now time.Time) { c.last.Store(now.UnixNano()) }

func (c *counters) lastSuccess() time.Time {
	if n := c.last.Load(); n != 0 {
		return time.Unix(0, n)
	}
	return time.Time{}
}

func (c *counters) stats() Stats {
	return Stats{
		Pushes:      c.pushes.Load(),
		Failures:    c.failures.Load(),
		Undelivered: c.undelivered.Load(),
		Rejected:    c.rejected.Load(),
	}
}
