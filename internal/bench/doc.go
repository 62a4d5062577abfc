// SPDX-License-Identifier: Apache-2.0

// Package bench measures this SDK beside others that do similar work, in the
// same run, so that what is quoted is a ratio and not a machine. It is a module
// of its own: nobody who uses the SDK downloads its competitors.
//
//	go -C internal/bench test -run xxx -bench . -count 5
package bench
