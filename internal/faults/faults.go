// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"os"
	"runtime"
)

// Long reports whether the long versions were asked for.
func Long() bool { return os.Getenv("OTELAUTH_FAULTS") == "long" }

// Size returns short, or long if the long versions were asked for.
func Size[T any](short, long T) T {
	if Long() {
		return long
	}
	return short
}

// Heap returns how many bytes of memory are reachable, after a full collection.
func Heap() int64 {
	var m runtime.MemStats
	for range 2 { // the second frees what the first found with finalizers
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
