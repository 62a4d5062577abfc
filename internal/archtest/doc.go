// SPDX-License-Identifier: Apache-2.0

// Package archtest holds the rules about which package may import which, what go.mod may require and
// what lies at the top of the repository. The rules are data (imports_test.go, modules_test.go,
// layout_test.go); this package has the few lines that check them against what the go command reports.
//
//	semconv ← instrument ← authhttp, authgrpc, adapters, anomaly, instrumenttest
//	semconv ← views ← exporter/prom, exporter/otlp ← exporter
//
// The two rows never meet: a program that only records compiles neither an SDK nor an exporter, and an
// exporter carries any metrics, not ours alone.
package archtest
