// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/datapunk/otelauth/semconv"
)

// recorded is what has been counted, for the screen. It is one more exporter of the pipeline, beside the one that
// serves /metrics, and is read by nobody but this program.
type recorded struct {
	reader *metric.ManualReader
	shown  map[line]int64 // by news
}

func newRecorded() *recorded {
	return &recorded{metric.NewManualReader(), map[line]int64{}}
}

// Reader makes it an exporter.
func (r *recorded) Reader() metric.Reader { return r.reader }

// Shutdown makes it an exporter. There is nothing to free.
func (r *recorded) Shutdown(context.Context) error { return nil }

// line names a series as one reads it.
type line struct{ service, metric, values string }

// counters returns every counter that is not zero.
func (r *recorded) counters(ctx context.Context) (map[line]int64, error) {
	var all metricdata.ResourceMetrics
	if err := r.reader.Collect(ctx, &all); err != nil {
		return nil, err
	}
	found := map[line]int64{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			sum, ok := m.Data.(metricdata.Sum[int64])
			if !ok || !sum.IsMonotonic {
				continue
			}
			for _, p := range sum.DataPoints {
				if p.Value != 0 {
					found[named(m.Name, p)] = p.Value
				}
			}
		}
	}
	return found, nil
}

// named puts the result last, with what explains it.
func named(metric string, p metricdata.DataPoint[int64]) line {
	l := line{metric: metric}
	var what, result []string
	for _, kv := range p.Attributes.ToSlice() {
		switch v := kv.Value.AsString(); kv.Key {
		case semconv.ServiceNameKey:
			l.service = v
		case semconv.ResultKey:
			result = slices.Insert(result, 0, v)
		case semconv.ReasonKey, semconv.ErrorTypeKey:
			result = append(result, v)
		default:
			what = append(what, v)
		}
	}
	l.values = strings.Join(append(what, result...), " ")
	return l
}

// news is what was counted since it was last asked for, one a line.
func (r *recorded) news(ctx context.Context) ([]string, error) {
	now, err := r.counters(ctx)
	if err != nil {
		return nil, err
	}
	var lines []string
	for l, n := range now {
		if n > r.shown[l] {
			lines = append(lines, fmt.Sprintf("%s: %s %s", l.service, l.metric, l.values))
		}
	}
	slices.Sort(lines)
	r.shown = now
	return lines, nil
}

// print prints all that was counted.
func (r *recorded) print(ctx context.Context, out io.Writer) error {
	all, err := r.counters(ctx)
	if err != nil {
		return err
	}
	var rows []string
	for l, n := range all {
		rows = append(rows, fmt.Sprintf("%s\t%s\t%s\t%d\t", l.service, l.metric, l.values, n))
	}
	slices.Sort(rows)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "\nservice\tmetric\tof\tcount\t\n%s\n", strings.Join(rows, "\n"))
	return table.Flush()
}
