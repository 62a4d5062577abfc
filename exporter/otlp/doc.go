// SPDX-License-Identifier: Apache-2.0

// Package otlp pushes metrics to an OpenTelemetry collector, over gRPC or over
// HTTP, so that a login never waits for it, nothing is lost without a word,
// and nothing but the program and the variables it chose to read decides how.
//
//	exp, err := otlp.New(ctx,
//		otlp.WithEndpoint("https://collector.example.com:4317"),
//		otlp.WithCACertificate("/etc/otlp/ca.pem"))
//	if err != nil {
//		return err
//	}
//	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(exp.Reader()))
//	defer provider.Shutdown(ctx) // the last push
//
// Most programs let package exporter do this, with the environment as the
// operator set it: [FromEnv].
//
// # Loss
//
// The data are cumulative: each push says what happened since the start, so
// after an outage the next push that arrives is complete. [WithTemporality] has
// the other way. A request is retried until its timeout is over
// ([WithTimeout]); then the next push follows ([WithInterval]). What the last
// push of a shutdown could not deliver is
// counted in the error that Shutdown returns. Points that a collector rejects
// while it takes the rest are counted too: [RejectedError]. What went wrong so
// far is told by [Exporter.Failures], [Exporter.UndeliveredPoints] and
// [Exporter.RejectedPoints], which package exporter makes metrics of.
//
// A push that fails between times is reported by [otel.Handle], at most once a
// minute for each kind of failure and on one line. ForceFlush returns it
// instead.
//
// When a callback of an observable instrument fails, the others are pushed all
// the same; when one panics, that push is left out and reported, and the
// program goes on. One that hangs stops the pushes, but neither a flush nor a
// shutdown waits for it past its deadline.
//
// # Size
//
// A push is cut into requests of [DefaultBatchSize] data points, so that a
// gRPC server's limit of 4 MiB a message is not met: 40,000 series in a single
// one are 6.8 MB. Requests are compressed, which that limit does not look at.
// Should a collector have a smaller limit, requests that it refuses for their
// size are halved until they fit.
//
// # Safety
//
// TLS is 1.2 or later and the collector's name is always verified. The files
// for it are read before every push, so a rotated authority or client
// certificate counts from the next push on. HTTP redirects are not followed,
// so headers go where they were told to go. A proxy is used if the usual
// variables (HTTPS_PROXY and so on) name one.
//
// The exporters of OpenTelemetry that this package builds on read OTEL_*
// variables by themselves. Here every setting is given to them explicitly, so
// that a variable meant for another program, or for traces, changes nothing.
// In particular none can lower TLS, change the temporality or send headers
// along, unless the program calls [FromEnv].
package otlp
