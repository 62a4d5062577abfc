// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"io"
	"os"

	"github.com/datapunk/otelauth/exporter/otlp"
	"github.com/datapunk/otelauth/exporter/prom"
)

// plan is an exporter that is still to be made.
type plan struct {
	name string
	// check finds what is wrong without starting anything; nil if that cannot be
	// known before.
	check  func(environment) error
	create func(context.Context, environment) (Exporter, error)
	given  Exporter // made already, by the caller
}

// Names of the exporters that are built in, as OTEL_METRICS_EXPORTER has them.
const (
	namePrometheus = "prometheus"
	nameOTLP       = "otlp"
	nameConsole    = "console"
	nameNone       = "none"
)

var builtIn = []string{nameConsole, nameOTLP, namePrometheus}

// builtInPlan returns the plan for an exporter that needs no Register, with
// nothing but the environment's settings.
func builtInPlan(name string) (plan, bool) {
	switch name {
	case namePrometheus:
		return prometheusPlan(nil), true
	case nameOTLP:
		return otlpPlan(nil), true
	case nameConsole:
		return consolePlan(os.Stdout), true
	default:
		return plan{}, false
	}
}

func prometheusPlan(opts []prom.Option) plan {
	return plan{
		name:  namePrometheus,
		check: func(env environment) error { return prom.Check(env, opts...) },
		create: func(ctx context.Context, env environment) (Exporter, error) {
			return made(prom.FromEnv(ctx, env, opts...))
		},
	}
}

func otlpPlan(opts []otlp.Option) plan {
	return plan{
		name:  nameOTLP,
		check: func(env environment) error { return otlp.Check(env, opts...) },
		create: func(ctx context.Context, env environment) (Exporter, error) {
			return made(otlp.FromEnv(ctx, env, opts...))
		},
	}
}

func consolePlan(w io.Writer) plan {
	return plan{
		name: nameConsole,
		check: func(env environment) error {
			_, err := checkConsole(w, env)
			return err
		},
		create: func(_ context.Context, env environment) (Exporter, error) { return newConsole(w, env) },
	}
}

// made keeps a nil pointer out of the interface.
func made[E Exporter](e E, err error) (Exporter, error) {
	if err != nil {
		return nil, err
	}
	return e, nil
}
