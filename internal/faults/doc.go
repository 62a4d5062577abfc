// SPDX-License-Identifier: Apache-2.0

// Package faults attacks the SDK as a whole, from the outside, and holds what it
// promises: bounded, private, and never in the way. Its tests run short by
// default; the sizes that README.md quotes run with
//
//	OTELAUTH_FAULTS=long go test -v -timeout 60m ./internal/faults
//
// which also does the same to plain OpenTelemetry, for comparison. All traffic
// stays on loopback and ends by itself.
package faults
