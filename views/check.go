// SPDX-License-Identifier: Apache-2.0

package views

import (
	"errors"
	"fmt"
	"math"

	"github.com/datapunk/otelauth/semconv"
	"go.opentelemetry.io/otel/attribute"
)

// anyKind is no kind of the registry; it stands for all of them.
const anyKind = semconv.InstrumentKind(math.MaxUint8)

func lookup(choice, metric string, kind semconv.InstrumentKind) (semconv.Metric, error) {
	m, ok := semconv.LookupMetric(metric)
	if !ok {
		return m, fmt.Errorf("views: %s(%q): no such metric in the registry", choice, metric)
	}
	if kind != anyKind && m.Instrument != kind {
		return m, fmt.Errorf("views: %s(%q): is a %s, not a %s", choice, metric, m.Instrument, kind)
	}
	return m, nil
}

func lookupKeys(choice, metric string, keys []attribute.Key) (semconv.Metric, error) {
	m, err := lookup(choice, metric, anyKind)
	if err != nil {
		return m, err
	}
	var errs []error
	for _, k := range keys {
		if !has(m, k) {
			errs = append(errs, errNoAttribute(choice, metric, k))
		}
	}
	return m, errors.Join(errs...)
}

// eachNamed calls f for the named metrics, or for all of that kind if none is
// named. It goes on after an error.
func eachNamed(choice string, names []string, kind semconv.InstrumentKind, f func(semconv.Metric) error) error {
	var errs []error
	if len(names) == 0 {
		for _, m := range semconv.Metrics() {
			if kind == anyKind || m.Instrument == kind {
				errs = append(errs, f(m))
			}
		}
		return errors.Join(errs...)
	}
	for _, name := range names {
		m, err := lookup(choice, name, kind)
		if err == nil {
			err = f(m)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func has(m semconv.Metric, key attribute.Key) bool {
	for _, a := range m.Attributes {
		if a.Key == key {
			return true
		}
	}
	return false
}

func isGauge(m semconv.Metric) bool {
	return m.Instrument == semconv.KindGauge || m.Instrument == semconv.KindObservableGauge
}

func errGauge(choice, metric string) error {
	return fmt.Errorf("views: %s(%q): series of a gauge cannot be merged, they would overwrite one another", choice, metric)
}

func errNoAttribute(choice, metric string, key attribute.Key) error {
	return fmt.Errorf("views: %s(%q): has no attribute %q", choice, metric, string(key))
}

func checkBounds(bounds []float64) error {
	if len(bounds) == 0 {
		return errors.New("no boundaries")
	}
	for i, b := range bounds {
		if math.IsNaN(b) || math.IsInf(b, 0) {
			return fmt.Errorf("boundary %v is not finite", b)
		}
		if i > 0 && b <= bounds[i-1] {
			return fmt.Errorf("boundaries must rise: %v after %v", b, bounds[i-1])
		}
	}
	return nil
}
