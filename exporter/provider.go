// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/datapunk/otelauth/exporter/internal/bound"
)

// provider is the SDK's MeterProvider, save that no measurement and no callback
// of any library in the process can spoil an export (see [guard]), and that
// histograms bind (see package bound). Views, readers and aggregation are the
// SDK's.
type provider struct {
	*sdkmetric.MeterProvider
	guard  *guard
	binder *bound.Binder
}

func (p provider) Meter(name string, opts ...metric.MeterOption) metric.Meter {
	m := meter{p.MeterProvider.Meter(name, opts...), p.guard, nil}
	if _, stopped := m.Meter.(noop.Meter); !stopped {
		m.scope = p.binder.Scope(name, opts...)
	}
	return m
}

// meter hands out guarded instruments. What it does not mention, such as a
// counter that goes up and down by whole numbers, can hold any value.
type meter struct {
	metric.Meter
	guard *guard
	scope *bound.Scope
}

func (m meter) Int64Counter(name string, opts ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	i, err := m.Meter.Int64Counter(name, opts...)
	return int64Counter{i, m.guard}, err
}

func (m meter) Float64Counter(name string, opts ...metric.Float64CounterOption) (metric.Float64Counter, error) {
	i, err := m.Meter.Float64Counter(name, opts...)
	return float64Counter{i, m.guard}, err
}

func (m meter) Float64UpDownCounter(name string, opts ...metric.Float64UpDownCounterOption) (metric.Float64UpDownCounter, error) {
	i, err := m.Meter.Float64UpDownCounter(name, opts...)
	return float64UpDownCounter{i, m.guard}, err
}

func (m meter) Float64Histogram(name string, opts ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	i, err := m.Meter.Float64Histogram(name, opts...)
	if err == nil {
		if h, ok := m.scope.Histogram(i, name, opts...); ok {
			return h, nil
		}
	}
	return float64Histogram{i, m.guard}, err
}

func (m meter) Float64Gauge(name string, opts ...metric.Float64GaugeOption) (metric.Float64Gauge, error) {
	i, err := m.Meter.Float64Gauge(name, opts...)
	return float64Gauge{i, m.guard}, err
}

func (m meter) Int64ObservableCounter(name string, opts ...metric.Int64ObservableCounterOption) (metric.Int64ObservableCounter, error) {
	return m.Meter.Int64ObservableCounter(name, int64Callbacks(m.guard, opts, metric.NewInt64ObservableCounterConfig(opts...))...)
}

func (m meter) Int64ObservableUpDownCounter(name string, opts ...metric.Int64ObservableUpDownCounterOption) (metric.Int64ObservableUpDownCounter, error) {
	return m.Meter.Int64ObservableUpDownCounter(name, int64Callbacks(m.guard, opts, metric.NewInt64ObservableUpDownCounterConfig(opts...))...)
}

func (m meter) Int64ObservableGauge(name string, opts ...metric.Int64ObservableGaugeOption) (metric.Int64ObservableGauge, error) {
	return m.Meter.Int64ObservableGauge(name, int64Callbacks(m.guard, opts, metric.NewInt64ObservableGaugeConfig(opts...))...)
}

func (m meter) Float64ObservableCounter(name string, opts ...metric.Float64ObservableCounterOption) (metric.Float64ObservableCounter, error) {
	return m.Meter.Float64ObservableCounter(name, float64Callbacks(m.guard, opts, metric.NewFloat64ObservableCounterConfig(opts...))...)
}

func (m meter) Float64ObservableUpDownCounter(name string, opts ...metric.Float64ObservableUpDownCounterOption) (metric.Float64ObservableUpDownCounter, error) {
	return m.Meter.Float64ObservableUpDownCounter(name, float64Callbacks(m.guard, opts, metric.NewFloat64ObservableUpDownCounterConfig(opts...))...)
}

func (m meter) Float64ObservableGauge(name string, opts ...metric.Float64ObservableGaugeOption) (metric.Float64ObservableGauge, error) {
	return m.Meter.Float64ObservableGauge(name, float64Callbacks(m.guard, opts, metric.NewFloat64ObservableGaugeConfig(opts...))...)
}

func (m meter) RegisterCallback(f metric.Callback, instruments ...metric.Observable) (metric.Registration, error) {
	if f == nil {
		return m.Meter.RegisterCallback(nil, instruments...) // which says what is wrong
	}
	return m.Meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		return m.guard.call(func() error { return f(ctx, o) })
	}, instruments...)
}
