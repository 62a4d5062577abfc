// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/datapunk/otelauth/exporter/otlp"
	"github.com/datapunk/otelauth/exporter/prom"
)

// Exporter is a way out for metrics. [prom.Exporter] and [otlp.Exporter] are
// two; a third is any type with these methods, given to [WithExporter] or made
// by a [Factory].
//
// It may also have the following methods. All must be safe for concurrent use
// and return at once: all but the first are called in every collection.
//
//	String() string           // a line for Pipeline.String, without credentials
//	LastSuccess() time.Time   // of the last export that went through, or zero:
//	                          // auth.sdk.export.last_success.timestamp
//	Failures() int64          // exports that failed: auth.sdk.export.failures
//	UndeliveredPoints() int64 // data points in what failed:
//	                          // auth.sdk.export.undelivered_points
//	RejectedPoints() int64    // data points that the receiver refused:
//	                          // auth.sdk.export.rejected_points
type Exporter interface {
	// Reader returns the reader for the pipeline's MeterProvider, the same at
	// each call. Its Shutdown flushes.
	Reader() sdkmetric.Reader
	// Shutdown frees what is left after the reader was shut down. It obeys
	// the deadline of ctx and may be called more than once.
	Shutdown(ctx context.Context) error
}

var (
	_ Exporter = (*prom.Exporter)(nil)
	_ Exporter = (*otlp.Exporter)(nil)
)

// Factory makes an [Exporter] as the environment says, which getenv reads. Its
// errors name the variable and the value.
type Factory func(ctx context.Context, getenv func(string) string) (Exporter, error)

var factories = struct {
	sync.RWMutex
	byName map[string]Factory
}{byName: map[string]Factory{}}

// Register gives an exporter a name that OTEL_METRICS_EXPORTER may hold when
// [FromEnv] is used. Names are of lower case letters, digits and the marks
// - _ . and each can be given once; those built in are taken. Call it before
// [Start], as from an init function. Safe for concurrent use.
func Register(name string, f Factory) error {
	if err := checkName(name); err != nil {
		return fmt.Errorf("exporter: Register: %w", err)
	}
	if f == nil {
		return fmt.Errorf("exporter: Register(%q): nil factory", name)
	}
	factories.Lock()
	defer factories.Unlock()
	if slices.Contains(builtIn, name) || factories.byName[name] != nil {
		return fmt.Errorf("exporter: Register(%q): the name is taken", name)
	}
	factories.byName[name] = f
	return nil
}

// lookup returns the plan for a name of OTEL_METRICS_EXPORTER.
func lookup(name string) (plan, bool) {
	if p, ok := builtInPlan(name); ok {
		return p, true
	}
	factories.RLock()
	defer factories.RUnlock()
	f, ok := factories.byName[name]
	return plan{name: name, create: func(ctx context.Context, env environment) (Exporter, error) {
		return f(ctx, env.get)
	}}, ok
}

func isKnown(name string) bool {
	_, ok := lookup(name)
	return ok
}

// known lists all names for an error text.
func known() string {
	factories.RLock()
	defer factories.RUnlock()
	names := slices.AppendSeq(slices.Clone(builtIn), maps.Keys(factories.byName))
	slices.Sort(names)
	return strings.Join(append(names, nameNone), ", ")
}

// checkName refuses a name that could not be told apart in the variable.
func checkName(name string) error {
	switch {
	case name == "":
		return errors.New("empty name")
	case strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "":
		return fmt.Errorf("name %q: want lower case letters, digits and - _ . alone", name)
	case name == nameNone:
		return fmt.Errorf("name %q means no exporter", name)
	}
	return nil
}

// isNil reports whether there is nothing in the interface, or a nil pointer.
func isNil(exporterOrReader any) bool {
	v := reflect.ValueOf(exporterOrReader)
	return !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil()
}

// same reports whether two exporters are one, as far as they can be compared.
func same(a, b Exporter) bool {
	return reflect.TypeOf(a) == reflect.TypeOf(b) && reflect.TypeOf(a).Comparable() && a == b
}
