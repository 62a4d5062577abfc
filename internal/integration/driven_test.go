// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/datapunk/otelauth/instrument"
)

// moment stands for the Unix time at which the traffic ran.
type moment struct{}

// distribution is what a histogram holds.
type distribution struct {
	count uint64
	sum   float64
}

// driven is what drive comes to: each data point by its metric and attributes, in any order and without their "auth.".
// Whatever else is exported has to be zero. Of two durations in a histogram the sum is exact in binary.
var driven = map[string]any{
	`auth.authentication.attempts{service.name=api method=password result=success}`:                                    3.0,
	`auth.authentication.attempts{service.name=api failure.reason=invalid_credentials method=password result=failure}`: 1.0,
	`auth.authentication.attempts{service.name=api failure.reason=locked method=password result=failure}`:              1.0,
	`auth.authentication.attempts{service.name=api failure.reason=_OTHER method=password result=failure}`:              1.0,
	`auth.authentication.attempts{service.name=api error.type=timeout method=password result=error}`:                   1.0,
	`auth.authentication.attempts{service.name=api method=password result=none}`:                                       1.0,
	`auth.authentication.attempts{service.name=api method=password result=bypassed}`:                                   1.0,
	`auth.authentication.attempts{service.name=api method=oidc provider=corp result=success tenant=blue}`:              1.0,
	`auth.authentication.attempts{service.name=api method=oidc provider=_OTHER result=success}`:                        1.0,

	`auth.authentication.duration{service.name=api method=password result=success}`:                       distribution{2, 0.75},
	`auth.authentication.duration{service.name=api method=password result=failure}`:                       distribution{1, 0.125},
	`auth.authentication.duration{service.name=api method=password result=error}`:                         distribution{1, 2},
	`auth.authentication.duration{service.name=api method=oidc provider=corp result=success tenant=blue}`: distribution{1, 0.0625},

	`auth.mfa.challenges{service.name=api mfa.factor=totp}`:                                        2.0,
	`auth.mfa.attempts{service.name=api mfa.factor=totp result=success}`:                           1.0,
	`auth.mfa.attempts{service.name=api failure.reason=mfa_failed mfa.factor=totp result=failure}`: 1.0,

	`auth.session.operations{service.name=api result=success session.operation=create}`: 2.0,
	`auth.session.operations{service.name=api result=success session.operation=end}`:    1.0,
	`auth.session.active{service.name=api}`:                                             6.0,

	`auth.token.verifications{service.name=api result=success token.type=access}`:                        1.0,
	`auth.token.verifications{service.name=api failure.reason=expired result=failure token.type=access}`: 1.0,
	`auth.token.verifications{service.name=api error.type=timeout result=error token.type=access}`:       1.0,
	`auth.token.verification.duration{service.name=api result=success token.type=access}`:                distribution{1, 0.0000625},
	`auth.token.verification.duration{service.name=api result=failure token.type=access}`:                distribution{1, 0.003125},
	`auth.token.operations{service.name=api result=success token.operation=issue token.type=refresh}`:    1.0,
	`auth.token.operations{service.name=api result=failure token.operation=revoke token.type=refresh}`:   1.0,

	`auth.authorization.decisions{service.name=api decision=allow enforcement=enforced policy=admins}`: 1.0,
	`auth.authorization.decisions{service.name=api decision=deny enforcement=enforced policy=admins}`:  1.0,
	`auth.authorization.decisions{service.name=api decision=deny enforcement=shadow}`:                  1.0,
	`auth.authorization.duration{service.name=api decision=allow enforcement=enforced}`:                distribution{1, 0.0000625},
	`auth.authorization.duration{service.name=api decision=deny enforcement=enforced}`:                 distribution{1, 0.003125},

	`auth.rate_limit.checks{service.name=api rate_limit.outcome=allowed rate_limit.type=minute}`: 3.0,
	`auth.rate_limit.checks{service.name=api rate_limit.outcome=limited rate_limit.type=minute}`: 1.0,
	`auth.rate_limit.checks{service.name=api rate_limit.outcome=allowed rate_limit.type=_OTHER}`: 1.0,
	`auth.rate_limit.usage{service.name=api rate_limit.type=minute}`:                             40.0,
	`auth.rate_limit.limit{service.name=api rate_limit.type=minute}`:                             100.0,
	`auth.rate_limit.usage{service.name=api rate_limit.type=day}`:                                900.0,
	`auth.rate_limit.limit{service.name=api rate_limit.type=day}`:                                1000.0,

	`auth.credential.rotations{service.name=api credential.type=signing_key result=success rotation.trigger=scheduled}`: 1.0,
	`auth.credential.rotations{service.name=api credential.type=signing_key result=error rotation.trigger=emergency}`:   1.0,
	`auth.credential.last_rotation.timestamp{service.name=api credential.type=signing_key}`:                             moment{},
	`auth.credential.expiration.timestamp{service.name=api credential.type=signing_key}`:                                float64(expiry.Unix()),
	`auth.keyset.refreshes{service.name=api result=success}`:                                                            1.0,
	`auth.keyset.refreshes{service.name=api error.type=unavailable result=error}`:                                       1.0,
	`auth.keyset.last_success.timestamp{service.name=api}`:                                                              moment{},
	`auth.cache.lookups{service.name=api cache.name=jwks cache.outcome=hit}`:                                            2.0,
	`auth.cache.lookups{service.name=api cache.name=jwks cache.outcome=miss}`:                                           1.0,

	`auth.service.registrations{service.name=api registration.event=register}`:       1.0,
	`auth.service.registrations{service.name=billing registration.event=register}`:   1.0,
	`auth.service.registrations{service.name=billing registration.event=deregister}`: 1.0,
	`auth.service.registered{}`:                                    1.0,
	`auth.service.active{}`:                                        1.0,
	`auth.service.status{service.name=api service.state=degraded}`: 1.0,
	`auth.anomaly.detections{service.name=api anomaly.kind=brute_force anomaly.severity=high}`: 1.0,
	`auth.anomaly.tracked_keys{anomaly.table=source}`:                                          12.0,
	`auth.anomaly.evictions{anomaly.table=subject}`:                                            3.0,
	`auth.sdk.dropped_events{}`:                                                                2.0,
	`auth.sdk.rejected_measurements{sdk.rejection=negative}`:                                   1.0,
	`auth.sdk.collapsed_values{sdk.attribute=auth.service.name}`:                               1.0,
	`auth.sdk.collapsed_values{sdk.attribute=auth.provider}`:                                   1.0,
	`auth.sdk.collapsed_values{sdk.attribute=auth.rate_limit.type}`:                            1.0,
	`auth.sdk.collapsed_values{sdk.attribute=auth.failure.reason}`:                             1.0,
}

// canonical writes a data point's name as a key: attributes sorted, without "auth.".
func canonical(metric string, attrs []string) string {
	slices.Sort(attrs)
	return metric + "{" + strings.Join(attrs, " ") + "}"
}

// drivenPoints is driven under canonical keys.
func drivenPoints(t *testing.T) map[string]any {
	t.Helper()
	points := map[string]any{}
	for key, value := range driven {
		metric, attrs, _ := strings.Cut(strings.TrimSuffix(key, "}"), "{")
		points[canonical(metric, strings.Fields(attrs))] = value
	}
	if len(points) != len(driven) {
		t.Fatal("a data point is expected twice")
	}
	return points
}

// received is the last value of each data point of package instrument, under canonical keys.
func received(pushes []pmetric.Metrics) map[string]any {
	points := map[string]any{}
	for scope, m := range all(pushes) {
		if scope.Scope().Name() != instrument.ScopeName {
			continue
		}
		number := func(slice pmetric.NumberDataPointSlice) {
			for _, p := range slice.All() {
				points[point(m, p.Attributes())] = float64(p.IntValue()) + p.DoubleValue() // one of the two is 0
			}
		}
		switch m.Type() {
		case pmetric.MetricTypeHistogram:
			for _, p := range m.Histogram().DataPoints().All() {
				points[point(m, p.Attributes())] = distribution{p.Count(), p.Sum()}
			}
		case pmetric.MetricTypeSum:
			number(m.Sum().DataPoints())
		case pmetric.MetricTypeGauge:
			number(m.Gauge().DataPoints())
		}
	}
	return points
}

func point(m pmetric.Metric, attrs pcommon.Map) string {
	var fields []string
	for name, value := range attrs.All() {
		fields = append(fields, strings.TrimPrefix(name, "auth.")+"="+value.Str())
	}
	return canonical(m.Name(), fields)
}

// checkDriven compares what was received with what was driven, at about the time given.
func checkDriven(t *testing.T, got map[string]any, at time.Time) {
	t.Helper()
	want := drivenPoints(t)
	for key, value := range want {
		switch value := value.(type) {
		case moment:
			seconds, _ := got[key].(float64)
			if age := at.Sub(time.UnixMilli(int64(seconds * 1e3))); age.Abs() > time.Minute {
				t.Errorf("%s is %v, want about %d", key, got[key], at.Unix())
			}
		default:
			if got[key] != value {
				t.Errorf("%s is %v, want %v", key, got[key], value)
			}
		}
	}
	for key, value := range got {
		if _, ok := want[key]; !ok && value != 0.0 {
			t.Errorf("%s is %v, want nothing or 0", key, value)
		}
	}
}
