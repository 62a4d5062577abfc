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
//	rec, err := instrument.New(instrument.WithMeterProvider(pipe.MeterProvider()))
//
// Without any option the metrics can be scraped at
// http://127.0.0.1:9464/metrics. With [FromEnv] the operator decides by the
// OTEL_* variables: OTEL_METRICS_EXPORTER=otlp pushes to a collector. In code
// the same is said by [WithPrometheus], [WithOTLP] and [WithConsole], several of
// which may be given, and by [WithExporter] for an exporter of your own;
// [Register] gives such a one a name that OTEL_METRICS_EXPORTER may hold.
//
// Views that cap cardinality are always there ([views.Default]) and cannot be
// lifted by the environment; [WithViews] changes them.
//
// A wrong option or variable is an error of [Start] that names it, never a
// panic and never silence. A Pipeline that is nil or disabled by
// OTEL_SDK_DISABLED measures nothing and is safe to use.
package exporter
