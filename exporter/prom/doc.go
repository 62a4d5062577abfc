// SPDX-License-Identifier: Apache-2.0

// Package prom serves OpenTelemetry metrics to Prometheus: a reader for a
// MeterProvider, and the endpoint that scrapes it.
//
// [github.com/datapunk/otelauth/exporter] starts it by itself. With a
// MeterProvider of its own, a program needs three lines:
//
//	exp, err := prom.New() // listens on 127.0.0.1:9464
//	if err != nil {
//		return err
//	}
//	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(exp.Reader()))
//	defer provider.Shutdown(ctx) // closes the listener too
//
// # Formats
//
// The Accept header decides between the classic text format, OpenMetrics 1.0 and
// delimited protobuf; exponential histograms are native histograms, which
// Prometheus takes by protobuf alone. Names are in Prometheus' traditional form:
// auth.authentication.attempts is auth_authentication_attempts_total,
// auth.authentication.duration is auth_authentication_duration_seconds.
//
// Scope labels (otel_scope_name, otel_scope_version …) are off: with them every
// series gets a new identity whenever a library's version changes. If two
// libraries of a process produce the same metric with the same attributes,
// Prometheus can take but one of them; the other is left out and reported, and
// [WithScopeLabels] tells them apart.
//
// # Who may scrape
//
// On loopback any program of this machine may; what a web page could do through
// a browser is refused, see [WithHostNames]. Any other address needs TLS and some
// authentication, or [New] refuses it; [WithInsecureAddress] overrules that where
// the network itself protects the endpoint.
//
// TLS and users come from the web configuration file that all Prometheus servers
// and exporters share ([WithWebConfigFile]). It is read again at every
// connection and request, so that certificates and passwords change without a
// restart. A bearer token ([WithBearerToken]) does instead of users.
//
// # What a scrape can cost
//
// One collection serves all scrapes that come in while it runs, and is let go
// before an answer is sent: a client that reads slowly holds the compressed
// answer and nothing else, for at most 10 s. At most [DefaultMaxRequests] scrapes
// are worked on at a time (the rest get 503), and 128 connections are held: when
// one more comes, the one that has kept the server waiting longest is closed.
// Headers may have 16 KiB and take 5 s. Only GET and HEAD are answered. A
// collection that hangs is given up after 8 s. The bodies of errors say nothing
// about the process, and reports nothing about the client.
//
// A metric that cannot be shown, such as one with a label value that is no valid
// UTF-8, is left out; everything else is served. What was left out is reported
// to OpenTelemetry's error handler at most once a minute, without the value.
//
// # The host's own registry
//
// The exporter has a registry of its own and never touches
// prometheus.DefaultRegisterer. To serve the metrics from a server that is
// there already, use [WithoutServer] and mount [Exporter.Handler].
package prom
