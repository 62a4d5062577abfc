// SPDX-License-Identifier: Apache-2.0

package semconv

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
)

func TestMetricNamesAndUnits(t *testing.T) {
	name := regexp.MustCompile(`^auth(\.[a-z]+(_[a-z]+)*)+$`)
	unit := regexp.MustCompile(`^(s|1|\{[a-z]+[^s]\})$`)
	for _, m := range Metrics() {
		if !name.MatchString(m.Name) {
			t.Errorf("%s: the name is not lower case in the namespace auth", m.Name)
		}
		// The suffixes of Prometheus come from the translation.
		for _, suffix := range []string{"total", "seconds", "ratio", "count", "bucket", "sum"} {
			if strings.HasSuffix(m.Name, suffix) {
				t.Errorf("%s ends in %s", m.Name, suffix)
			}
		}
		if !unit.MatchString(m.Unit) {
			t.Errorf("%s has the unit %q", m.Name, m.Unit)
		}
		if m.Float != (m.Unit == "s") {
			t.Errorf("%s: Float is %t with the unit %q", m.Name, m.Float, m.Unit)
		}
		if !strings.HasSuffix(m.Description, ".") {
			t.Errorf("%s: description %q is no sentence", m.Name, m.Description)
		}
		if m.Stability != "development" {
			t.Errorf("%s: stability is %q", m.Name, m.Stability)
		}
	}
}

func TestMetricBuckets(t *testing.T) {
	for _, m := range Metrics() {
		if (m.Instrument == KindHistogram) != (len(m.Buckets) > 0) {
			t.Errorf("%s is a %s with %d boundaries", m.Name, m.Instrument, len(m.Buckets))
		}
		if len(m.Buckets) > 14 {
			t.Errorf("%s has %d boundaries", m.Name, len(m.Buckets))
		}
		if !slices.IsSorted(m.Buckets) {
			t.Errorf("%s: boundaries %v do not rise", m.Name, m.Buckets)
		}
	}
}

func TestMetricAttributes(t *testing.T) {
	known := slices.Clone(allowLists)
	for _, l := range lists {
		known = append(known, l.key)
	}
	used := map[attribute.Key]bool{}
	for _, m := range Metrics() {
		for _, a := range m.Attributes {
			used[a.Key] = true
			if !slices.Contains(known, a.Key) {
				t.Errorf("%s: unknown attribute %s", m.Name, a.Key)
			}
			if (a.Condition != "") != (a.Level == LevelConditionallyRequired) {
				t.Errorf("%s: %s is %s with the condition %q", m.Name, a.Key, a.Level, a.Condition)
			}
		}
	}
	for _, k := range known {
		if !used[k] {
			t.Errorf("%s is on no metric", k)
		}
	}
}

// What is about the process and not about one service does not name one.
func TestMetricsWithoutService(t *testing.T) {
	var without []string
	for _, m := range Metrics() {
		if !slices.ContainsFunc(m.Attributes, func(a MetricAttribute) bool { return a.Key == ServiceNameKey }) {
			without = append(without, m.Name)
		}
	}
	want := []string{
		"auth.anomaly.evictions", "auth.anomaly.tracked_keys",
		"auth.sdk.collapsed_values", "auth.sdk.dropped_events", "auth.sdk.export.failures",
		"auth.sdk.export.last_success.timestamp", "auth.sdk.export.rejected_points",
		"auth.sdk.export.undelivered_points", "auth.sdk.pipeline.callback_failures",
		"auth.sdk.pipeline.rejected_measurements", "auth.sdk.rejected_measurements", "auth.service.active", "auth.service.registered",
	}
	if !slices.Equal(without, want) {
		t.Errorf("metrics without auth.service.name:\n%q, want\n%q", without, want)
	}
}

func TestOptInAttributes(t *testing.T) {
	got := map[string][]attribute.Key{}
	for _, m := range Metrics() {
		for _, a := range m.Attributes {
			if a.Level == LevelOptIn {
				got[m.Name] = append(got[m.Name], a.Key)
			}
		}
	}
	both := []attribute.Key{ProviderKey, TenantKey}
	want := map[string][]attribute.Key{
		"auth.authentication.attempts":     both,
		"auth.authentication.duration":     both,
		"auth.token.verifications":         both,
		"auth.token.verification.duration": both,
		"auth.authorization.decisions":     {PolicyKey},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("opt-in attributes are %v, want %v", got, want)
	}
}

func TestLookupMetric(t *testing.T) {
	for _, m := range Metrics() {
		got, ok := LookupMetric(m.Name)
		if !ok || !reflect.DeepEqual(got, m) {
			t.Errorf("LookupMetric(%q) = %+v, %t, want %+v", m.Name, got, ok, m)
		}
	}
	for _, name := range []string{"", "auth", "auth.authentication", "auth.authentication.attempts.total", "zzz"} {
		if m, ok := LookupMetric(name); ok || m.Name != "" {
			t.Errorf("LookupMetric(%q) = %+v, %t", name, m, ok)
		}
	}
}

func TestMetricsAreTheCallers(t *testing.T) {
	const name = "auth.authentication.duration"
	want, _ := LookupMetric(name)

	all := Metrics()
	i := slices.IndexFunc(all, func(m Metric) bool { return m.Name == name })
	all[i].Buckets[0], all[i].Attributes[0].Key, all[i].Unit = -1, "x", "x"
	one, _ := LookupMetric(name)
	one.Buckets[1], one.Attributes[1].Key = -1, "x"

	if got, _ := LookupMetric(name); !reflect.DeepEqual(got, want) {
		t.Errorf("after writing to copies the registry has %+v, want %+v", got, want)
	}
}

func TestRateLimitTypes(t *testing.T) {
	want := []string{"second", "minute", "hour", "day", "month", "burst", "concurrency"}
	RateLimitTypes()[0] = "x"
	if got := RateLimitTypes(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestKindAndLevelNames(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{KindCounter.String(), "counter"},
		{KindUpDownCounter.String(), "updowncounter"},
		{KindHistogram.String(), "histogram"},
		{KindGauge.String(), "gauge"},
		{KindObservableGauge.String(), "observable gauge"},
		{InstrumentKind(99).String(), "unknown"},
		{LevelRequired.String(), "required"},
		{LevelConditionallyRequired.String(), "conditionally_required"},
		{LevelRecommended.String(), "recommended"},
		{LevelOptIn.String(), "opt_in"},
		{RequirementLevel(99).String(), "unknown"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}
