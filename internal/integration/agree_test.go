// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/otlptranslator"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"

	"github.com/datapunk/otelauth/exporter"
	"github.com/datapunk/otelauth/semconv"
	"github.com/datapunk/otelauth/views"
)

// TestScrapeAndPushAgree has one Prometheus scrape a pipeline and another one take its pushes, and wants the same series
// with the same values in both: dashboards and rules must not care which way was chosen.
func TestScrapeAndPushAgree(t *testing.T) {
	for _, tt := range []struct {
		name    string
		scrape  string
		choices []views.Choice
	}{
		{"classic histograms", classic, nil},
		{"native histograms", native, []views.Choice{views.Exponential()}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			scraped, pushed := newPrometheus(t), newPrometheus(t)
			addr := startPipeline(t, pull(), pushTo(pushed.receive()), exporter.WithViews(tt.choices...))
			scraped.scrape(addr, tt.scrape)
			eventually(t, 30*time.Second, func() error { return differ(scraped, pushed) })

			for _, p := range []*prometheus{scraped, pushed} {
				for _, m := range semconv.Metrics() {
					name := prometheusName(t, m)
					if m.Instrument == semconv.KindHistogram && tt.scrape == classic {
						name += "_count"
					}
					p.await(fmt.Sprintf("count(%s)", name), positive)
				}
			}
		})
	}
}

// differ says which series or values one server has and the other one has not.
func differ(scraped, pushed *prometheus) error {
	// The time of the last export is the one thing that rightly differs.
	const ours = `{__name__=~"auth_.+", __name__!~"auth_sdk_export_.+"}`
	a, err := scraped.query(ours)
	if err != nil {
		return err
	}
	b, err := pushed.query(ours)
	if err != nil {
		return err
	}
	if len(a) == 0 || len(b) == 0 {
		return fmt.Errorf("%d series scraped, %d pushed", len(a), len(b))
	}
	x, y := series(a), series(b)
	var faults []string
	for _, key := range slices.Sorted(maps.Keys(x)) {
		if y[key] != x[key] {
			faults = append(faults, fmt.Sprintf("%s: scraped %s, pushed %s", key, x[key], y[key]))
		}
		delete(y, key)
	}
	for _, key := range slices.Sorted(maps.Keys(y)) {
		faults = append(faults, fmt.Sprintf("%s: only pushed", key))
	}
	if len(faults) != 0 {
		return fmt.Errorf("%d differences:\n%s", len(faults), strings.Join(faults[:min(len(faults), 20)], "\n"))
	}
	return nil
}

// series are the values by labels, without those that name the target. Prometheus writes a bucket's bound in one way
// when it scrapes ("1.0", "1e-05") and in another one when it takes OTLP ("1", "0.00001"). Quantiles do not care, but
// no query of ours may name a bound.
func series(v promql.Vector) map[string]string {
	values := map[string]string{}
	for _, s := range v {
		b := labels.NewBuilder(s.Metric).Del("job", "instance")
		if bound, err := strconv.ParseFloat(s.Metric.Get(labels.BucketLabel), 64); err == nil {
			b.Set(labels.BucketLabel, fmt.Sprint(bound))
		}
		key := b.Labels().String()
		values[key] = fmt.Sprint(s.F)
		if s.H != nil {
			values[key] = s.H.String()
		}
	}
	return values
}

// prometheusName is what Prometheus' own translation makes of a metric.
func prometheusName(t *testing.T, m semconv.Metric) string {
	t.Helper()
	namer := otlptranslator.MetricNamer{WithMetricSuffixes: true}
	name, err := namer.Build(otlptranslator.Metric{Name: m.Name, Unit: m.Unit, Type: map[semconv.InstrumentKind]otlptranslator.MetricType{
		semconv.KindCounter:         otlptranslator.MetricTypeMonotonicCounter,
		semconv.KindUpDownCounter:   otlptranslator.MetricTypeNonMonotonicCounter,
		semconv.KindHistogram:       otlptranslator.MetricTypeHistogram,
		semconv.KindGauge:           otlptranslator.MetricTypeGauge,
		semconv.KindObservableGauge: otlptranslator.MetricTypeGauge,
	}[m.Instrument]})
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// TestTablesNameSeries holds the published tables against what Prometheus calls the metrics.
func TestTablesNameSeries(t *testing.T) {
	tables, err := os.ReadFile(filepath.Join("..", "..", "semconv", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range semconv.Metrics() {
		if name := prometheusName(t, m); !strings.Contains(string(tables), "`"+name+"`") {
			t.Errorf("the tables do not name %s", name)
		}
	}
}
