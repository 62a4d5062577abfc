// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql"
)

// row is a question that somebody who runs the quickstart would ask, and what its answer has to be.
type row struct {
	name string
	expr string
	ok   func(promql.Vector) error
}

// rows are asked of a Prometheus, no matter how the quickstart's metrics came to it.
var rows = []row{
	{"successes",
		`sum by (auth_method) (rate(auth_authentication_attempts_total{auth_result="success"}[15s]))`,
		labelled("auth_method", "password")},
	{"failures by reason",
		`sum by (auth_failure_reason) (rate(auth_authentication_attempts_total{auth_result="failure"}[15s]))`,
		labelled("auth_failure_reason", "invalid_credentials", "unknown_principal")},
	{"attempts without a credential",
		`sum(auth_authentication_attempts_total{auth_result="none"})`, present},
	{"time of a login",
		`histogram_quantile(0.95, sum by (le) (rate(auth_authentication_duration_seconds_bucket[15s])))`, positive},
	{"mean time of a login",
		`sum(rate(auth_authentication_duration_seconds_sum[15s])) / sum(rate(auth_authentication_duration_seconds_count[15s]))`,
		positive},

	{"token checks",
		`sum(rate(auth_token_verifications_total{auth_result="success",auth_token_type="access"}[15s]))`, positive},
	{"refused tokens by reason",
		`sum by (auth_failure_reason) (rate(auth_token_verifications_total{auth_result="failure"}[15s]))`,
		labelled("auth_failure_reason", "malformed", "bad_signature")},
	{"time of a token check",
		`histogram_quantile(0.95, sum by (le) (rate(auth_token_verification_duration_seconds_bucket[15s])))`, positive},
	{"tokens issued",
		`sum(rate(auth_token_operations_total{auth_token_operation="issue",auth_result="success"}[15s]))`, positive},

	{"decisions",
		`sum by (auth_decision) (rate(auth_authorization_decisions_total{auth_enforcement="enforced"}[15s]))`,
		labelled("auth_decision", "allow", "deny")},
	{"time of a decision",
		`histogram_quantile(0.95, sum by (le) (rate(auth_authorization_duration_seconds_bucket[15s])))`, positive},

	{"rate limit exceeded",
		`sum by (auth_rate_limit_type) (rate(auth_rate_limit_checks_total{auth_rate_limit_outcome="limited"}[15s]))`,
		labelled("auth_rate_limit_type", "burst")},
	{"share of a quota",
		`sum by (auth_service_name, auth_rate_limit_type) (auth_rate_limit_usage)
			/ sum by (auth_service_name, auth_rate_limit_type) (auth_rate_limit_limit)`,
		labelled("auth_rate_limit_type", "burst", "day")},

	{"active services", `sum(auth_service_active)`, equals(2)},
	{"registered services", `sum(auth_service_registered)`, equals(2)},
	{"registrations", `sum(auth_service_registrations_total{auth_registration_event="register"})`, equals(2)},
	{"deregistrations exist before the first", `sum(auth_service_registrations_total{auth_registration_event="deregister"})`, equals(0)},
	{"health", `auth_service_status_ratio{auth_service_state="healthy"}`, equals(1)},
	{"one state at a time", `sum by (auth_service_name) (auth_service_status_ratio)`, equals(1)},

	{"rotations", `sum(rate(auth_credential_rotations_total{auth_result="success"}[15s]))`, positive},
	{"time until a key ends", `auth_credential_expiration_timestamp_seconds - time()`, positive},
	{"a rotation within the minute", `time() - auth_credential_last_rotation_timestamp_seconds < bool 60`, equals(1)},
	{"key sets", `sum(auth_keyset_refreshes_total{auth_result="success"})`, positive},
	{"a key set within the minute", `time() - auth_keyset_last_success_timestamp_seconds < bool 60`, equals(1)},
	{"cache hits", `sum(rate(auth_cache_lookups_total{auth_cache_outcome="hit"}[15s]))`, positive},

	{"second factors asked for", `sum(rate(auth_mfa_challenges_total[15s]))`, positive},
	{"second factors answered", `sum(rate(auth_mfa_attempts_total{auth_result="success"}[15s]))`, positive},
	{"sessions created", `sum(rate(auth_session_operations_total{auth_session_operation="create"}[15s]))`, positive},
	{"live sessions", `sum(auth_session_active)`, positive},
	{"live sessions are those created and not yet ended",
		`sum(auth_session_active) == bool
			sum(auth_session_operations_total{auth_session_operation="create",auth_result="success"})
			- sum(auth_session_operations_total{auth_session_operation=~"end|expire|revoke",auth_result="success"})`, equals(1)},

	{"nothing that the SDK had to refuse", `sum(auth_sdk_rejected_measurements_total)`, equals(0)},
	{"nothing that the SDK had to collapse", `sum(auth_sdk_collapsed_values_total)`, equals(0)},
	{"exports succeed", `time() - auth_sdk_export_last_success_timestamp_seconds < bool 30`, equals(1)},
	{"the process", `target_info{job=~".+"}`, equals(1)},
}

// answer asks all of them again and again until each has the right answer, for half a minute in all.
func (p *prometheus) answer(rows []row) {
	p.t.Helper()
	open := rows
	wrong := map[string]error{}
	deadline := time.Now().Add(30 * time.Second)
	for {
		var left []row
		for _, r := range open {
			v, err := p.query(r.expr)
			if err == nil {
				err = r.ok(v)
			}
			if err != nil {
				wrong[r.name] = fmt.Errorf("%w; result: %v", err, v)
				left = append(left, r)
			}
		}
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			for _, r := range left {
				p.t.Errorf("%s: %s: %v", r.name, r.expr, wrong[r.name])
			}
			return
		}
		open = left
		time.Sleep(200 * time.Millisecond)
	}
}

// TestAnswersRefuseNothing: a query that finds nothing must not count as a pass.
func TestAnswersRefuseNothing(t *testing.T) {
	for _, r := range rows {
		if r.ok(nil) == nil {
			t.Errorf("%s is satisfied with an empty result", r.name)
		}
	}
}
