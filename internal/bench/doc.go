// SPDX-License-Identifier: Apache-2.0

// Package bench measures this SDK beside others that do similar work, in the
// same run, so that what is quoted is a ratio and not a machine. It is a module
// of its own: nobody who uses the SDK downloads its competitors.
//
// One command prints the table of the record path, in one to three minutes:
//
//	go -C internal/bench test -run TestTable -v -table
//
// The middlewares, and what a scrape and a series cost:
//
//	go -C internal/bench test -run '^$' -bench Middleware -count 5
//	go -C internal/bench test -run '^$' -bench Scrape -benchtime 5x -count 5
//	go -C internal/bench test -run TestMemory -v -table
package bench
