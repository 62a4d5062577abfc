// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
)

// answers is what the client gets, in order.
var answers = []string{
	"a probe                          OK",
	"her own order                    OK",
	"her own order, watched           OK",
	"an order of another              PermissionDenied",
	"an order that is not there       NotFound",
	"an expired token                 Unauthenticated",
	"a guess                          Unauthenticated",
	"no token                         Unauthenticated",
	"the issuer is gone               Unavailable",
}

// recorded is all that is not zero in the end, without what every series has.
var recorded = map[string]string{
	`decisions: auth_decision="allow",auth_enforcement="enforced"`:                   "3", // two orders and one that is not there
	`decisions: auth_decision="deny",auth_enforcement="enforced"`:                    "1",
	`operations: auth_result="error",auth_token_operation="introspect"`:              "1",
	`operations: auth_result="failure",auth_token_operation="introspect"`:            "2",
	`operations: auth_result="success",auth_token_operation="introspect"`:            "4",
	`verifications: auth_result="error",error_type="unavailable"`:                    "1",
	`verifications: auth_failure_reason="expired",auth_result="failure"`:             "1",
	`verifications: auth_failure_reason="invalid_credentials",auth_result="failure"`: "1",
	`verifications: auth_failure_reason="policy_denied",auth_result="failure"`:       "1",
	`verifications: auth_result="none"`:                                              "1",
	`verifications: auth_result="success"`:                                           "3",
}

func TestRun(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	said, exposition, ok := strings.Cut(out.String(), "\n\nhttp://127.0.0.1:")
	if !ok {
		t.Fatalf("no metrics in\n%s", out.String())
	}
	if got := strings.Split(said, "\n"); !slices.Equal(got, answers) {
		t.Errorf("the client got\n%s", said)
	}
	got := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(exposition), "\n")[1:] {
		series, n, _ := strings.Cut(line, "} ")
		metric, labels, _ := strings.Cut(series, "{")
		metric = strings.TrimSuffix(metric[strings.LastIndex(strings.TrimSuffix(metric, "_total"), "_")+1:], "_total")
		for _, of := range []string{`auth_service_name="orders"`, `auth_token_type="access"`} {
			labels = strings.ReplaceAll(strings.ReplaceAll(labels, ","+of, ""), of+",", "")
		}
		got[metric+": "+labels] = n
	}
	if !maps.Equal(got, recorded) {
		t.Errorf("recorded:\n%s", exposition)
	}
	for _, secret := range []string{"token\"", "alice", "bob", "guess", "teapot", "Get", "Watch"} {
		if strings.Contains(exposition, secret) {
			t.Errorf("the metrics contain %q", secret)
		}
	}
}

// An interrupt ends the program, which says so.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	if err := run(ctx, &out); err == nil {
		t.Errorf("no error, and the output\n%s", out.String())
	}
}
