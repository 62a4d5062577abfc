// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/datapunk/otelauth/exporter/otlp"
)

// environment looks a variable up; a variable that is empty is not set.
type environment func(string) string

func (e environment) get(name string) string {
	if e == nil {
		return ""
	}
	return strings.TrimSpace(e(name))
}

// FromEnv lets the environment say what no option says, in the variables that
// OpenTelemetry defines:
//
//	OTEL_METRICS_EXPORTER               prometheus (default), otlp, console, none, or a name
//	                                    given to Register; several by comma
//	OTEL_EXPORTER_PROMETHEUS_*          see prom.FromEnv
//	OTEL_EXPORTER_OTLP_*                see otlp.FromEnv
//	OTEL_EXPORTER_OTLP_METRICS_*        the same, for metrics alone
//	OTEL_METRIC_EXPORT_INTERVAL         milliseconds between pushes, 100 or more, default 60000 (console 10000)
//	OTEL_METRIC_EXPORT_TIMEOUT          milliseconds that a push may take, 100 or more, default 30000 (console 10000)
//	OTEL_SERVICE_NAME                   service.name of the resource
//	OTEL_RESOURCE_ATTRIBUTES            key=value,key=value
//	OTEL_SDK_DISABLED                   true: nothing is measured, nothing starts
//
// A value that is wrong is an error of [Start] that names the variable, or, when
// the exporter that it is for is not in use, a report to the error handler of
// OpenTelemetry. Exporters named here are added to those given by options; one given by both
// is the option's; none adds nothing and takes none away. Without
// OTEL_METRICS_EXPORTER, options that name an exporter are all there is.
func FromEnv() Option {
	return optionFunc(func(c config) config {
		c.env = os.Getenv
		return c
	})
}

// disabled reads OTEL_SDK_DISABLED.
func (e environment) disabled() (bool, error) {
	switch v := e.get("OTEL_SDK_DISABLED"); strings.ToLower(v) {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	default:
		return false, fmt.Errorf("OTEL_SDK_DISABLED=%q: want true or false", v)
	}
}

// exporterNames reads OTEL_METRICS_EXPORTER. named tells whether it is set.
func (e environment) exporterNames() (names []string, named bool, err error) {
	const variable = "OTEL_METRICS_EXPORTER"
	value := e.get(variable)
	if value == "" {
		return nil, false, nil
	}
	seen := map[string]bool{}
	var errs []error
	for name := range strings.SplitSeq(value, ",") {
		name = strings.ToLower(strings.TrimSpace(name))
		switch {
		case name == "":
			errs = append(errs, fmt.Errorf("%s=%q: empty name", variable, value))
		case seen[name]:
		case name != nameNone && !isKnown(name):
			errs = append(errs, fmt.Errorf("%s=%q: unknown exporter %q, known are %s", variable, value, name, known()))
		default:
			seen[name] = true
			names = append(names, name)
		}
	}
	if seen[nameNone] {
		if len(names) > 1 {
			errs = append(errs, fmt.Errorf("%s=%q: none goes with no other", variable, value))
		}
		names = nil
	}
	return names, true, errors.Join(errs...)
}

// milliseconds reads one of OTEL_METRIC_EXPORT_* for the console; otlp reads its
// own.
func (e environment) milliseconds(variable string, otherwise time.Duration) (time.Duration, error) {
	v := e.get(variable)
	if v == "" {
		return otherwise, nil
	}
	ms, err := strconv.ParseInt(v, 10, 32)
	if least := otlp.MinDuration.Milliseconds(); err != nil || ms < least {
		return 0, fmt.Errorf("%s=%q: want a whole number of milliseconds, at least %d", variable, v, least)
	}
	return time.Duration(ms) * time.Millisecond, nil
}

// resourceAttributes reads OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME, which
// goes first. The SDK reads both as well, but what is wrong there it only logs.
func (e environment) resourceAttributes() ([]attribute.KeyValue, error) {
	const variable = "OTEL_RESOURCE_ATTRIBUTES"
	var kvs []attribute.KeyValue
	var errs []error
	if value := e.get(variable); value != "" {
		for pair := range strings.SplitSeq(value, ",") {
			key, v, ok := strings.Cut(pair, "=")
			key = strings.TrimSpace(key)
			decoded, err := url.PathUnescape(strings.TrimSpace(v))
			kv := attribute.String(key, decoded)
			switch {
			case !ok || key == "":
				errs = append(errs, fmt.Errorf("%s=%q: %q is not key=value", variable, value, pair))
			case err != nil:
				errs = append(errs, fmt.Errorf("%s=%q: %q: %w", variable, value, pair, err))
			case !validUTF8(kv):
				errs = append(errs, fmt.Errorf("%s=%q: %q is not valid UTF-8", variable, value, pair))
			default:
				kvs = append(kvs, kv)
			}
		}
	}
	if name := e.get("OTEL_SERVICE_NAME"); name != "" {
		kv := serviceNameKey.String(name)
		if !validUTF8(kv) {
			errs = append(errs, fmt.Errorf("OTEL_SERVICE_NAME=%q: not valid UTF-8", name))
		}
		kvs = append(kvs, kv)
	}
	return kvs, errors.Join(errs...)
}
