// SPDX-License-Identifier: Apache-2.0

package bound

import "math"

// buckets finds the bucket of a value: the first whose boundary is not below
// it. Up to fifteen boundaries, which is what most histograms have, are looked
// for in four steps of fixed width.
type buckets struct {
	all   []float64
	small bool
	wide  [16]float64 // all, and infinity after it
}

func newBuckets(bounds []float64) buckets {
	b := buckets{all: bounds, small: len(bounds) < len(buckets{}.wide)}
	for i := range b.wide {
		b.wide[i] = math.Inf(1)
		if b.small && i < len(bounds) {
			b.wide[i] = bounds[i]
		}
	}
	return b
}

// find is for few boundaries; it is small enough to be inlined.
func (b *buckets) find(v float64) int {
	i := 0
	if b.wide[7] < v {
		i = 8
	}
	if b.wide[(i+3)&15] < v {
		i += 4
	}
	if b.wide[(i+1)&15] < v {
		i += 2
	}
	if b.wide[i&15] < v {
		i++
	}
	return i
}

// search is find for many.
func (b *buckets) search(v float64) int {
	i, n := 0, len(b.all)
	for n > 0 {
		half := n >> 1
		if b.all[i+half] < v {
			i += half + 1
			n -= half + 1
		} else {
			n = half
		}
	}
	return i
}
