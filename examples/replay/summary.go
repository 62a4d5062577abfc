// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/datapunk/otelauth/semconv"
)

// row is what the metrics say about one service.
type row struct {
	service   string
	attempts  int64
	successes int64
	failures  int64
	reasons   map[string]int64 // of the failures
}

// attemptMetrics are the counters in which each event of a log appears. A refresh appears in two; it is taken from
// auth.token.verifications, where its reason is.
var attemptMetrics = map[string]bool{
	"auth.authentication.attempts": true,
	"auth.token.verifications":     true,
	"auth.token.operations":        true,
	"auth.mfa.attempts":            true,
	"auth.session.operations":      true,
}

// summarize reads the summary from the metrics themselves, so that what is printed is what was recorded. The rows
// come with the most attempts first.
func summarize(rm metricdata.ResourceMetrics) []row {
	rows := make(map[string]*row)
	for _, scope := range rm.ScopeMetrics {
		for _, m := range scope.Metrics {
			sum, ok := m.Data.(metricdata.Sum[int64])
			if !ok || !attemptMetrics[m.Name] {
				continue
			}
			for _, p := range sum.DataPoints {
				if p.Value == 0 || text(p, semconv.TokenOperationKey) == semconv.TokenOperationRefresh.String() {
					continue
				}
				service := text(p, semconv.ServiceNameKey)
				if rows[service] == nil {
					rows[service] = &row{service: service, reasons: make(map[string]int64)}
				}
				rows[service].add(p)
			}
		}
	}
	var out []row
	for _, r := range rows {
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b row) int {
		return cmp.Or(cmp.Compare(b.attempts, a.attempts), cmp.Compare(a.service, b.service))
	})
	return out
}

func (r *row) add(p metricdata.DataPoint[int64]) {
	r.attempts += p.Value
	switch text(p, semconv.ResultKey) {
	case semconv.ResultSuccess.String():
		r.successes += p.Value
	case semconv.ResultFailure.String():
		r.failures += p.Value
		r.reasons[cmp.Or(text(p, semconv.ReasonKey), "-")] += p.Value // - where the metric has no reason
	}
}

// total adds all rows up.
func total(rows []row) row {
	t := row{service: "total", reasons: make(map[string]int64)}
	for _, r := range rows {
		t.attempts += r.attempts
		t.successes += r.successes
		t.failures += r.failures
		for reason, n := range r.reasons {
			t.reasons[reason] += n
		}
	}
	return t
}

func text(p metricdata.DataPoint[int64], key attribute.Key) string {
	v, _ := p.Attributes.Value(key)
	return v.AsString()
}
