// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/datapunk/otelauth/exporter/internal/bound"
)

// Pipeline is a MeterProvider and the exporters that read from it. All methods
// are safe for concurrent use. A nil Pipeline measures nothing, so that a
// program may go on when [Start] has failed.
type Pipeline struct {
	provider  *sdkmetric.MeterProvider // nil when OTEL_SDK_DISABLED is set
	guarded   metric.MeterProvider     // what others get of it
	exporters []named

	stopping atomic.Bool   // set by the first Shutdown
	down     chan struct{} // closed after downErr is set
	downErr  error
}

type named struct {
	name string
	Exporter
}

// Start builds a pipeline: resource, views, exporters, provider. If no option
// names an exporter it is Prometheus, on [prom.DefaultAddress].
//
// OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES count even without [FromEnv],
// for OpenTelemetry's SDK adds them to every resource; options go before them.
//
// Whatever is wrong with the options or the environment is returned at once and
// as a whole; then there is no Pipeline, and what was started already is
// stopped. ctx bounds the start and is not kept.
func Start(ctx context.Context, opts ...Option) (*Pipeline, error) {
	c := newConfig(opts)
	disabled, err := c.env.disabled()
	if disabled {
		stopAll(ctx, c.given())
		return &Pipeline{}, nil
	}
	found, checkErr := c.check(ctx)
	if err := errors.Join(err, checkErr); err != nil {
		stopAll(ctx, c.given())
		return nil, err
	}

	if c.sdkMetrics {
		done := observeSDK()
		defer done()
	}
	p := &Pipeline{down: make(chan struct{})}
	var errs []error
	var slots []*bound.Slot
	sdkOpts := append(found.views.Options(), sdkmetric.WithResource(found.resource))
	for _, plan := range found.plans {
		e, reader, err := plan.start(ctx, c.env)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, other := range p.exporters {
			if same(other.Exporter, e) {
				errs = append(errs, fmt.Errorf("exporter: %s and %s are one exporter", other.name, plan.name))
			}
		}
		p.exporters = append(p.exporters, named{plan.name, e})
		sdkOpts = append(sdkOpts, sdkmetric.WithReader(reader))
		slots = append(slots, bound.Of(reader))
	}
	if err := errors.Join(errs...); err != nil {
		stopAll(ctx, p.exporters)
		return nil, err
	}
	p.provider = sdkmetric.NewMeterProvider(sdkOpts...)
	if err := p.observeSelf(); err != nil {
		return nil, errors.Join(err, p.Shutdown(ctx))
	}
	g, err := newGuard(p.meter())
	if err != nil {
		return nil, errors.Join(err, p.Shutdown(ctx))
	}
	g.exemplars = found.views.Exemplars
	p.guarded = provider{p.provider, g, bound.New(bound.Config{
		Views:     []sdkmetric.View{found.views.View},
		Limit:     found.views.Limit,
		Exemplars: found.views.Exemplars,
		Refused:   func(ctx context.Context, v float64) { g.finite(ctx, v) },
	}, slots...)}
	if c.sdkMetrics {
		takeSDKMetrics(p.MeterProvider())
	}
	return p, nil
}

// plans returns what is to be started: the options' exporters, then those that
// the environment names beside them.
func (c config) plans() ([]plan, error) {
	plans := slices.Clip(c.exporters)
	names, namedByEnv, err := c.env.exporterNames()
	if !namedByEnv && len(plans) == 0 {
		names = []string{namePrometheus}
	}
	given := map[string]bool{}
	for _, p := range plans {
		given[p.name] = true
	}
	for _, name := range names {
		if given[name] {
			continue
		}
		if p, ok := lookup(name); ok {
			plans = append(plans, p)
		}
	}
	return plans, err
}

// start makes the exporter and asks for its reader. Exporters of the caller's
// own are not our code: a panic in them is an error of Start.
func (p plan) start(ctx context.Context, env environment) (e Exporter, reader sdkmetric.Reader, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("exporter: %s: panic at start: %v", p.name, v)
		}
		if err != nil && !isNil(e) {
			stopAll(ctx, []named{{p.name, e}})
		}
	}()
	if e, err = p.create(ctx, env); err != nil {
		return nil, nil, err
	}
	if isNil(e) {
		return nil, nil, fmt.Errorf("exporter: %s: its factory made none", p.name)
	}
	if reader = e.Reader(); isNil(reader) {
		return e, nil, fmt.Errorf("exporter: %s: no reader", p.name)
	}
	return e, reader, nil
}

// MeterProvider returns the provider to make instruments with, one that
// measures nothing if the pipeline is nil or disabled. Any library of the
// process may use it, as by otel.SetMeterProvider: it is the SDK's, save that
// what one does wrong costs the others nothing. A value recorded on a synchronous
// instrument that is not a number, or infinite, or negative where a counter only
// grows, is refused and counted in
// auth.sdk.pipeline.rejected_measurements. A callback that panics or returns an
// error is counted in auth.sdk.pipeline.callback_failures and reported to
// otel.Handle at most once a minute, without its text. A callback that hangs holds
// up every export, as it does with the SDK alone.
//
// Its Float64Histogram can be bound to attributes ahead of time, by the method set
// of Float64HistogramBinder in go.opentelemetry.io/otel/metric/x; package
// instrument does so. The numbers are the SDK's. None binds where exemplars are on,
// where a view makes an exponential histogram of it, or in a pipeline that has an
// exporter of the caller's own.
func (p *Pipeline) MeterProvider() metric.MeterProvider {
	if p == nil || p.provider == nil {
		return noop.NewMeterProvider()
	}
	return p.guarded
}

// String returns a line for each exporter, such as
// "prometheus http://127.0.0.1:9464/metrics", with no credentials in it.
func (p *Pipeline) String() string {
	switch {
	case p == nil:
		return "disabled"
	case p.provider == nil:
		return "disabled by OTEL_SDK_DISABLED"
	case len(p.exporters) == 0:
		return nameNone
	}
	var lines []string
	for _, e := range p.exporters {
		lines = append(lines, e.line())
	}
	return strings.Join(lines, "\n")
}

// line is the exporter's own, which starts with its name whether or not it says
// that itself.
func (e named) line() (line string) {
	defer func() {
		if recover() != nil { // not our code
			line = e.name
		}
	}()
	s, ok := e.Exporter.(fmt.Stringer)
	if !ok {
		return e.name
	}
	line = strings.Join(strings.Fields(s.String()), " ")
	if line == e.name || strings.HasPrefix(line, e.name+" ") {
		return line
	}
	return strings.TrimSpace(e.name + " " + line)
}
