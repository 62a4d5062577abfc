// SPDX-License-Identifier: Apache-2.0

package instrument_test

import (
	"context"
	"errors"
	"fmt"
	"sort"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// show prints the points of a counter that are not zero.
func show(reader sdkmetric.Reader, name string, keys ...attribute.Key) {
	var rm metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &rm); err != nil {
		fmt.Println(err)
	}
	var lines []string
	for _, m := range rm.ScopeMetrics[0].Metrics {
		sum, ok := m.Data.(metricdata.Sum[int64])
		if m.Name != name || !ok {
			continue
		}
		for _, p := range sum.DataPoints {
			if p.Value == 0 {
				continue
			}
			line := fmt.Sprint(p.Value)
			for _, k := range keys {
				if v, ok := p.Attributes.Value(k); ok {
					line += " " + v.AsString()
				}
			}
			lines = append(lines, line)
		}
	}
	sort.Strings(lines)
	for _, l := range lines {
		fmt.Println(l)
	}
}

// A function that returns an error needs one line to be recorded.
func Example() {
	reader := sdkmetric.NewManualReader()
	rec, err := instrument.New(
		instrument.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))),
		instrument.WithServices("api"))
	if err != nil {
		fmt.Println(err)
	}
	logins := rec.Service("api").Authentication(semconv.MethodPassword)

	login := func(ctx context.Context, password string) (err error) {
		defer logins.Start().Done(ctx, &err)
		if password != "correct horse" {
			return instrument.Failure(semconv.ReasonInvalidCredentials)
		}
		return nil
	}
	ctx := context.Background()
	_ = login(ctx, "correct horse")
	_ = login(ctx, "hunter2")
	_ = login(ctx, "hunter3")

	show(reader, "auth.authentication.attempts", semconv.ResultKey, semconv.ReasonKey)
	// Output:
	// 1 success
	// 2 failure invalid_credentials
}

// A mapper says what the errors of a library mean.
func ExampleWithErrorMapper() {
	errLocked := errors.New("accounts: locked") // of some library

	reader := sdkmetric.NewManualReader()
	rec, err := instrument.New(
		instrument.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))),
		instrument.WithServices("api"),
		instrument.WithErrorMapper(func(err error) error {
			if errors.Is(err, errLocked) {
				return instrument.Failure(semconv.ReasonLocked)
			}
			return nil // not known here
		}))
	if err != nil {
		fmt.Println(err)
	}
	ctx := context.Background()
	logins := rec.Service("api").Authentication(semconv.MethodPassword)
	logins.Count(ctx, fmt.Errorf("login: %w", errLocked))
	logins.Count(ctx, context.DeadlineExceeded)

	show(reader, "auth.authentication.attempts", semconv.ResultKey, semconv.ReasonKey, semconv.ErrorTypeKey)
	// Output:
	// 1 error timeout
	// 1 failure locked
}

// Several types of limit are reported in one call.
func ExampleService_RateLimitUsage() {
	rec, err := instrument.New(instrument.WithServices("api"))
	if err != nil {
		fmt.Println(err)
	}
	ctx := context.Background()
	api := rec.Service("api")
	api.RateLimit("minute").Check(ctx, semconv.RateLimitOutcomeAllowed)
	api.RateLimitUsage(ctx,
		instrument.Usage{Type: "minute", Used: 42, Limit: 60},
		instrument.Usage{Type: "day", Used: 1000, Limit: 5000})
	// Output:
}

// Once services are declared, a name from a request cannot make a series.
func ExampleWithServices() {
	reader := sdkmetric.NewManualReader()
	rec, err := instrument.New(
		instrument.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))),
		instrument.WithServices("api", "billing"))
	if err != nil {
		fmt.Println(err)
	}
	for _, name := range []string{"api", "billing", "from a request", "from another"} {
		rec.Service(name).Cache("x").Lookup(context.Background(), semconv.CacheOutcomeHit)
	}
	show(reader, "auth.cache.lookups", semconv.ServiceNameKey)
	// Output:
	// 1 api
	// 1 billing
	// 2 _OTHER
}
