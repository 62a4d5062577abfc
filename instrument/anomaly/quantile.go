// SPDX-License-Identifier: Apache-2.0

package anomaly

import (
	"math"
	"time"
)

// Latencies from 50 µs to some minutes fall into three buckets for each doubling, so
// that a quantile is right to an eighth. Two sketches are merged by adding.
const (
	latencyBuckets = 64
	latencyLeast   = 50e3               // nanoseconds
	latencyGrowth  = 1.2599210498948732 // the cube root of 2
)

type latencies struct {
	counts [latencyBuckets]float32
	n      float32
}

// latencyBucket returns the bucket of a latency in nanoseconds, by the bits of the
// number: a logarithm would cost more than the rest of the analysis.
func latencyBucket(ns int64) int {
	if ns <= latencyLeast {
		return 0
	}
	b := math.Float64bits(float64(ns) / latencyLeast)
	i := 3*(int(b>>52)-1023) + 1
	mantissa := math.Float64frombits(b&(1<<52-1) | 1023<<52)
	if mantissa >= latencyGrowth {
		i++
	}
	if mantissa >= latencyGrowth*latencyGrowth {
		i++
	}
	return min(i, latencyBuckets-1)
}

func (l *latencies) add(bucket int) {
	l.counts[bucket]++
	l.n++
}

// quantile returns the latency that a part q of all is not above, 0 where there is
// none.
func (l *latencies) quantile(q float64) time.Duration {
	if l.n <= 0 {
		return 0
	}
	left := float32(q) * l.n
	last := 0
	for i, c := range l.counts {
		if c > 0 {
			last = i
		}
		if left -= c; left <= 0 && c > 0 {
			break
		}
	}
	if last == 0 {
		return latencyLeast
	}
	return time.Duration(latencyLeast * math.Pow(latencyGrowth, float64(last)-0.5))
}

// blend moves the distribution towards another by a part of the way.
func (l *latencies) blend(other *latencies, part float32) {
	if other.n <= 0 {
		return
	}
	for i := range l.counts {
		l.counts[i] += part * (other.counts[i]/other.n - l.counts[i])
	}
	l.n += part * (1 - l.n)
}
