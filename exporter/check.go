// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/datapunk/otelauth/views"
)

// Check returns everything that is wrong with a configuration, without starting
// anything: what [Start] would return, but for a port that is taken and for
// exporters that are the caller's own. An exporter given to [WithExporter]
// still belongs to the caller.
//
// Whether a collector takes what is pushed can be asked of a pipeline that
// runs, by [Pipeline.ForceFlush].
func Check(opts ...Option) error {
	c := newConfig(opts)
	disabled, err := c.env.disabled()
	if disabled {
		return nil
	}
	_, checkErr := c.check(context.Background())
	return errors.Join(err, checkErr)
}

// checked is a configuration that was found right.
type checked struct {
	plans    []plan
	views    views.Settings
	resource *resource.Resource
}

// check returns what is to be started.
func (c config) check(ctx context.Context) (checked, error) {
	settings, err := views.Resolve(c.choices...)
	res, resErr := newResource(ctx, c)
	plans, plansErr := c.plans()
	errs := append(slices.Clip(c.errs), err, resErr, plansErr)
	for _, p := range plans {
		if p.check != nil {
			errs = append(errs, p.check(c.env))
		}
	}
	c.reportUnused(plans)
	return checked{plans, settings, res}, errors.Join(errs...)
}

// reportUnused tells of variables that are wrong but belong to an exporter that
// is not in use. They are no error: OpenTelemetry shares most of them with
// traces and logs, whose exporter may well understand what ours does not.
func (c config) reportUnused(used []plan) {
	if c.env == nil {
		return
	}
	for _, own := range []plan{prometheusPlan(nil), otlpPlan(nil)} { // the console has none of its own
		if slices.ContainsFunc(used, func(p plan) bool { return p.name == own.name }) {
			continue
		}
		if err := own.check(c.env); err != nil {
			for line := range strings.Lines(err.Error()) {
				otel.Handle(fmt.Errorf("exporter: %s is not in use, or else this would be wrong: %s", own.name, strings.TrimSpace(line)))
			}
		}
	}
}
