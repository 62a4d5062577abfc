// SPDX-License-Identifier: Apache-2.0

// Package exporter builds the pipeline that takes metrics out of a process: one
// call makes the resource, the views, the exporters and the MeterProvider.
//
//	pipe, err := exporter.Start(ctx, exporter.FromEnv())
//	if err != nil {
//		return err
//	}
//	defer pipe.Shutdown(context.WithoutCancel(ctx))
//
//	rec, err := instrument.New(instrument.WithMeterProvider(pipe.MeterProvider()),
//		instrument.WithServices("api"))
//
// Without any option the metrics can be scraped at
// http://127.0.0.1:9464/metrics.
//
// # Who decides where metrics go
//
// With [FromEnv] the operator decides by the OTEL_* variables:
// OTEL_METRICS_EXPORTER=otlp pushes to a collector. In code the same is said by
// [WithPrometheus], [WithOTLP] and [WithConsole], several of which may be given.
// Both go together; an option is the stronger one:
//
//	exporter.Start(ctx, exporter.FromEnv(),
//		exporter.WithPrometheus(prom.WithWebConfigFile("/etc/shop/web.yml")))
//
// takes address and port from the environment and TLS from the file.
//
// # An exporter of your own
//
// An [Exporter] is a reader of OpenTelemetry's SDK and a way to shut it down.
// [WithExporter] adds one. [Register] gives it a name that
// OTEL_METRICS_EXPORTER may hold.
//
// # What goes wrong
//
// A wrong option or variable is an error of [Start] that names it, never a
// panic and never silence; all of them come at once, and nothing keeps running.
// [Check] tells the same without starting anything.
// The views that cap the number of series are always there ([views.Default]) and
// cannot be lifted by the environment; [WithViews] changes them.
//
// A Pipeline that is nil, or disabled by OTEL_SDK_DISABLED, measures nothing and
// is safe to use, so that a service may start without its telemetry.
//
// When each exporter last got something through, what failed and what was
// refused are metrics themselves: auth.sdk.export.last_success.timestamp,
// auth.sdk.export.failures, auth.sdk.export.undelivered_points and
// auth.sdk.export.rejected_points. [Pipeline.Shutdown] keeps its deadline
// whatever an exporter does, and says what was lost.
package exporter
