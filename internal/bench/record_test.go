// SPDX-License-Identifier: Apache-2.0

//go:build linux

package bench

import "testing"

// BenchmarkRecord is the rows of the table for a profiler: one thread, one
// series.
func BenchmarkRecord(b *testing.B) {
	for _, r := range rows {
		b.Run(r.name, func(b *testing.B) {
			e := r.make(b)
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				e(0, n)
				n++
			}
		})
	}
}
