// SPDX-License-Identifier: Apache-2.0

// Package integration proves against real servers that what the SDK puts out is what they take in: a
// Prometheus that scrapes, a Prometheus that receives OTLP, an OpenTelemetry Collector's OTLP receiver, and
// promtool's lint. All of them run in this process or on loopback, from the versions that go.mod pins.
//
// It is a module of its own so that nobody who uses the SDK downloads Prometheus or the Collector for it:
//
//	go -C internal/integration test ./...
//
// The first run compiles both, which takes minutes; later ones take seconds. promtool is built once and kept in the
// user's cache directory under otelauth-tools.
package integration
