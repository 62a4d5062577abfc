// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"

	"github.com/datapunk/otelauth/exporter/otlp"
	"github.com/datapunk/otelauth/exporter/prom"
	"github.com/datapunk/otelauth/views"
)

type config struct {
	exporters   []plan
	choices     []views.Choice
	serviceName string
	attributes  []attribute.KeyValue
	sdkMetrics  bool
	env         environment // nil: the environment is not read
	errs        []error
}

func newConfig(opts []Option) config {
	var c config
	for _, o := range opts {
		if o != nil {
			c = o.apply(c)
		}
	}
	return c
}

// given are the exporters that exist before anything is started.
func (c config) given() []named {
	var all []named
	for _, p := range c.exporters {
		if p.given != nil {
			all = append(all, named{p.name, p.given})
		}
	}
	return all
}

func (c config) with(added plan) config {
	for _, p := range c.exporters {
		if p.name == added.name {
			c.errs = append(c.errs, fmt.Errorf("exporter: %q is given twice", p.name))
			return c
		}
	}
	c.exporters = append(slices.Clip(c.exporters), added)
	return c
}

// Option configures [Start].
type Option interface {
	apply(config) config
}

type optionFunc func(config) config

func (f optionFunc) apply(c config) config { return f(c) }

// WithPrometheus adds an endpoint for Prometheus to scrape, made by [prom.New].
// What its options leave open is taken from the environment if [FromEnv] is
// given.
func WithPrometheus(opts ...prom.Option) Option {
	return optionFunc(func(c config) config { return c.with(prometheusPlan(opts)) })
}

// WithOTLP adds a push to an OpenTelemetry collector, made by [otlp.New]. What
// its options leave open is taken from the environment if [FromEnv] is given.
func WithOTLP(opts ...otlp.Option) Option {
	return optionFunc(func(c config) config { return c.with(otlpPlan(opts)) })
}

// WithConsole adds an exporter that writes everything to w as JSON, every
// [DefaultConsoleInterval] and at shutdown: for debugging. The interval is that
// of OTEL_METRIC_EXPORT_INTERVAL if [FromEnv] is given.
func WithConsole(w io.Writer) Option {
	return optionFunc(func(c config) config { return c.with(consolePlan(w)) })
}

// WithExporter adds an exporter that the caller made, one of his own or one of
// ours. It shows in errors and in [Pipeline.String] under the name, which is of
// lower case letters, digits and the marks - _ . and takes the place of the same
// name in OTEL_METRICS_EXPORTER. A server that is there already serves the
// metrics like this:
//
//	p, err := prom.New(prom.WithoutServer())
//	...
//	pipe, err := exporter.Start(ctx, exporter.WithExporter("prometheus", p))
//	...
//	mux.Handle("GET /metrics", p.Handler())
//
// From here on e belongs to the pipeline: it is shut down with it, and by
// [Start] if that fails or OTEL_SDK_DISABLED is set.
func WithExporter(name string, e Exporter) Option {
	return optionFunc(func(c config) config {
		if err := checkName(name); err != nil {
			c.errs = append(c.errs, fmt.Errorf("exporter: WithExporter: %w", err))
			return c
		}
		if isNil(e) {
			c.errs = append(c.errs, fmt.Errorf("exporter: WithExporter(%q): nil exporter", name))
			return c
		}
		return c.with(plan{
			name:   name,
			create: func(context.Context, environment) (Exporter, error) { return e, nil },
			given:  e,
		})
	})
}

// WithViews adds choices to the views that every pipeline has; see
// [views.Default].
func WithViews(choices ...views.Choice) Option {
	return optionFunc(func(c config) config {
		c.choices = append(slices.Clip(c.choices), choices...)
		return c
	})
}

// WithServiceName sets service.name on the resource. The default is
// "unknown_service:" and the name of the executable, as OpenTelemetry asks for.
// It goes before OTEL_SERVICE_NAME.
func WithServiceName(name string) Option {
	return optionFunc(func(c config) config {
		if name == "" {
			c.errs = append(c.errs, errors.New(`exporter: WithServiceName(""): empty name`))
			return c
		}
		if !utf8.ValidString(name) {
			c.errs = append(c.errs, fmt.Errorf("exporter: WithServiceName(%q): not valid UTF-8", name))
			return c
		}
		c.serviceName = name
		return c
	})
}

// WithResourceAttributes adds attributes to the resource, which says where the
// metrics come from. They leave with every push, and on target_info of every
// scrape: no personal data belongs here. They go before those of the
// environment.
func WithResourceAttributes(attrs ...attribute.KeyValue) Option {
	return optionFunc(func(c config) config {
		for _, kv := range attrs {
			if !kv.Valid() {
				c.errs = append(c.errs, fmt.Errorf("exporter: WithResourceAttributes: %q has no key or no value", kv.Key))
				continue
			}
			if !validUTF8(kv) {
				c.errs = append(c.errs, fmt.Errorf("exporter: WithResourceAttributes: %q is not valid UTF-8", kv.Key))
				continue
			}
			c.attributes = append(slices.Clip(c.attributes), kv)
		}
		return c
	})
}
