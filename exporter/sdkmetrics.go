// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"os"
	"reflect"
	"strings"
	"sync"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
)

// WithSDKMetrics turns on what OpenTelemetry's SDK measures of itself, such as
// otel.sdk.metric_reader.collection.duration and
// otel.sdk.exporter.metric_data_point.exported. They are experimental there and
// may change with any release of it.
//
// The SDK has no option for them. It looks for OTEL_GO_X_OBSERVABILITY=true in
// the environment of the process while it makes readers and exporters, and
// records in the MeterProvider that [otel.SetMeterProvider] has set. So during
// [Start], and no longer, that variable is set. Then, if the program has set no
// provider, one that passes these metrics on to the pipeline, and measures
// nothing else, is set. A provider that the program has set before is left
// alone and gets them; set one before Start, not after. Of several pipelines in
// a process, the first gets them all.
func WithSDKMetrics() Option {
	return optionFunc(func(c config) config {
		c.sdkMetrics = true
		return c
	})
}

const observability = "OTEL_GO_X_OBSERVABILITY"

// observing lets one Start at a time change the environment.
var observing sync.Mutex

// observeSDK turns the metrics on for whatever is made before the returned
// function is called.
func observeSDK() (done func()) {
	observing.Lock()
	before, was := os.LookupEnv(observability)
	_ = os.Setenv(observability, "true") // fails for a malformed name alone
	return func() {
		defer observing.Unlock()
		if was {
			_ = os.Setenv(observability, before)
		} else {
			_ = os.Unsetenv(observability)
		}
	}
}

// takeSDKMetrics lets p have what the SDK records, unless the program has a
// provider of its own.
func takeSDKMetrics(p metric.MeterProvider) {
	// The one that is there when nobody set any has an unexported type.
	current := reflect.TypeOf(otel.GetMeterProvider())
	if current.Kind() == reflect.Pointer && current.Elem().PkgPath() == "go.opentelemetry.io/otel/internal/global" {
		otel.SetMeterProvider(sdkOnly{provider: p})
	}
}

// sdkOnly is a provider for OpenTelemetry itself. Other libraries that record
// in the global one would bring labels that nobody has looked at.
type sdkOnly struct {
	noop.MeterProvider
	provider metric.MeterProvider
}

func (s sdkOnly) Meter(name string, opts ...metric.MeterOption) metric.Meter {
	for _, own := range []string{"go.opentelemetry.io/otel/sdk/", "go.opentelemetry.io/otel/exporters/"} {
		if strings.HasPrefix(name, own) {
			return s.provider.Meter(name, opts...)
		}
	}
	return s.MeterProvider.Meter(name, opts...)
}
