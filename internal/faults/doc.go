// SPDX-License-Identifier: Apache-2.0

// Package faults attacks the SDK as a whole, from the outside, and holds what it
// promises: bounded, private, and never in the way. Its tests run short by
// default; the sizes that README.md quotes run with
//
//	OTELAUTH_FAULTS=long go test -v -timeout 60m ./internal/faults
//
// which also does the same to plain OpenTelemetry, for comparison. All traffic
// stays on loopback and ends by itself. Only tests may import it.
//
// A collector that fails in some way is an [otlptest.Collector] with an answer of
// this package:
//
//	c := otlptest.GRPC(t)
//	c.Answer(faults.Hang(t)) // or c.Down()
//	...
//	c.Answer(nil) // all is well again
package faults
