// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"slices"
	"time"
)

// Latency samples how long calls take. The zero Latency is ready; it is for one
// goroutine.
type Latency struct {
	calls   int
	samples []time.Duration
}

// sampleEvery spaces the samples, for reading the clock costs as much as a call.
const sampleEvery = 64

// Call runs f and, now and then, takes its time.
func (l *Latency) Call(f func()) {
	l.calls++
	if l.calls%sampleEvery != 0 {
		f()
		return
	}
	start := time.Now()
	f()
	l.samples = append(l.samples, time.Since(start))
}

// Quantile returns a quantile of the samples, the reading of the clock included;
// 0 without a sample. q is between 0 and 1.
func (l *Latency) Quantile(q float64) time.Duration {
	if len(l.samples) == 0 {
		return 0
	}
	slices.Sort(l.samples)
	return l.samples[min(len(l.samples)-1, int(q*float64(len(l.samples))))]
}
