// SPDX-License-Identifier: Apache-2.0

package instrumenttest

import (
	"cmp"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"

	"github.com/datapunk/otelauth/semconv"
)

// nearest is how many series a failure shows.
const nearest = 5

// Want asserts the value of a metric: the sum of a counter's series that have
// the attributes, the number of measurements of a histogram's, the value of a
// gauge, for which only one series may have them. A value of 0 holds as well
// where there is no such series at all. A metric that neither package semconv
// nor the recorded data knows fails the test, whatever the value.
func (g *Got) Want(metric string, value float64, attrs ...attribute.KeyValue) {
	g.t.Helper()
	attrs = slices.Concat(g.narrow, attrs)
	wanted := metric + braces(attrs)

	all := flatten(g.collect())
	_, known := semconv.LookupMetric(metric)
	var matching, others []series
	sum := 0.0
	for _, s := range all {
		known = known || s.metric == metric
		switch {
		case s.metric == metric && s.has(attrs) == len(attrs):
			g.seen[s.String()] = true
			sum += s.value
			matching = append(matching, s)
		case s.value != 0:
			others = append(others, s)
		}
	}
	switch {
	case !known:
		g.t.Errorf("%s: there is no metric of this name", wanted)
	case len(matching) > 1 && matching[0].gauge:
		g.t.Errorf("%s: got %d series of a gauge, whose values do not add up; narrow it by attributes:%s",
			wanted, len(matching), list(matching))
	case sum != value:
		g.t.Errorf("%s: got %v, want %v%s", wanted, sum, value, hint(metric, attrs, matching, others))
	}
}

// hint shows what adds up to the wrong value, and the series that might have been
// meant: of the same metric first, then those that have most of the attributes.
func hint(metric string, attrs []attribute.KeyValue, matching, others []series) string {
	var b strings.Builder
	matching = slices.DeleteFunc(matching, func(s series) bool { return s.value == 0 })
	if len(matching) > 0 {
		b.WriteString("\ngot:" + list(matching))
	}
	others = slices.DeleteFunc(others, func(s series) bool { return accompanies[s.metric] })
	rank := func(s series) int {
		n := s.has(attrs)
		if s.metric == metric {
			n += 1 + len(attrs)
		}
		return -n
	}
	slices.SortStableFunc(others, func(a, b series) int { return cmp.Compare(rank(a), rank(b)) })
	switch {
	case len(others) > nearest:
		b.WriteString("\nnearest:" + list(others[:nearest]))
	case len(others) > 0:
		b.WriteString("\nnearest:" + list(others))
	case len(matching) == 0:
		b.WriteString("\nnothing at all was recorded")
	}
	return b.String()
}

// accompanies are the metrics that never say anything which another does not say
// as well: a duration or a time of success comes with its count, and a service is
// active when anything was recorded for it.
var accompanies = map[string]bool{
	"auth.authentication.duration":            true,
	"auth.token.verification.duration":        true,
	"auth.authorization.duration":             true,
	"auth.credential.last_rotation.timestamp": true,
	"auth.keyset.last_success.timestamp":      true,
	"auth.service.active":                     true,
	"auth.sdk.export.last_success.timestamp":  true,
}

// WantNothingElse asserts that every series of this SDK that is not zero was the
// subject of an assertion before, whether that held or not. So it fails when a
// value was collapsed into _OTHER or a measurement was rejected, unless that was
// asserted by [Got.Want].
//
// Metrics whose name does not begin with "auth." are not looked at, nor are those
// that only accompany another: the durations of authentication, verification and
// authorization, the times of the last rotation, key-set refresh and export, and
// auth.service.active. Narrowed by [Got.Service] it looks at that service alone.
func (g *Got) WantNothingElse() {
	g.t.Helper()
	var rest []series
	for _, s := range flatten(g.collect()) {
		ours := strings.HasPrefix(s.metric, "auth.") && !accompanies[s.metric]
		if ours && s.value != 0 && s.has(g.narrow) == len(g.narrow) && !g.seen[s.String()] {
			rest = append(rest, s)
		}
	}
	if len(rest) > 0 {
		g.t.Errorf("recorded, but not wanted:%s", list(rest))
	}
}
