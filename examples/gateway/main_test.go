// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"
)

// onFreePorts keeps the program off the ports that are its defaults, and off whatever the machine's
// environment says.
func onFreePorts(t *testing.T) (args []string) {
	t.Helper()
	t.Setenv("OTEL_METRICS_EXPORTER", "")
	t.Setenv("OTEL_SDK_DISABLED", "")
	t.Setenv("OTEL_EXPORTER_PROMETHEUS_HOST", "127.0.0.1")
	t.Setenv("OTEL_EXPORTER_PROMETHEUS_PORT", "0")
	return []string{"-addr", "127.0.0.1:0", "-for", "0"}
}

// The program ends by itself, having shown what it sent and what a scrape says of it.
func TestProgram(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), onFreePorts(t), &out); err != nil {
		t.Fatal(err)
	}
	printed := regexp.MustCompile(` {2,}`).ReplaceAllString(out.String(), " ")
	for _, line := range []string{
		"5 401 wrong key",
		"2 503 token, billing down",
		`1 auth_authentication_attempts_total{auth_failure_reason="revoked",auth_method="api_key",auth_result="failure",auth_service_name="orders"}`,
		`6 auth_authentication_attempts_total{auth_method="jwt",auth_result="success",auth_service_name="billing"}`,
		`1 auth_authorization_decisions_total{auth_decision="deny",auth_enforcement="shadow",auth_policy="keys-read-only",auth_service_name="orders"}`,
		`2 auth_rate_limit_checks_total{auth_rate_limit_outcome="limited",auth_rate_limit_type="burst",auth_service_name="orders"}`,
		`6 auth_token_verifications_total{auth_result="success",auth_service_name="billing",auth_token_type="access"}`,
		`1 auth_service_status_ratio{auth_service_name="billing",auth_service_state="unhealthy"}`,
	} {
		if !strings.Contains(printed, "\n "+line+"\n") {
			t.Errorf("not printed: %s", line)
		}
	}
	_, recorded, _ := strings.Cut(printed, "/metrics\n")
	for _, secret := range []string{"eyJ", "k-", keySubject, tokenSubject, "2001:", "127.0.0.1"} {
		if strings.Contains(recorded, secret) {
			t.Errorf("%q is in the metrics", secret)
		}
	}
	if t.Failed() {
		t.Log(out.String())
	}
}

// A gateway whose telemetry is switched off serves all the same.
func TestDisabled(t *testing.T) {
	args := onFreePorts(t)
	t.Setenv("OTEL_SDK_DISABLED", "true")
	var out bytes.Buffer
	if err := run(t.Context(), args, &out); err != nil {
		t.Fatal(err)
	}
	if s := out.String(); !strings.Contains(s, "wrong key") || strings.Contains(s, "auth_") {
		t.Errorf("want requests and no metrics, got\n%s", s)
	}
}

// Whoever interrupts the program still sees what was recorded until then.
func TestInterrupt(t *testing.T) {
	args := append(onFreePorts(t), "-for", "24h")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	if err := run(ctx, args, &out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "auth_authentication_attempts_total{") {
		t.Errorf("no metrics in\n%s", out.String())
	}
}

func TestWrongStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	args := onFreePorts(t)
	for name, c := range map[string]struct {
		args []string
		env  string // OTEL_EXPORTER_PROMETHEUS_PORT
		want string // in the error
	}{
		"a flag that is none":     {[]string{"-nonsense"}, "0", "nonsense"},
		"a port in use":           {[]string{"-addr", taken.Addr().String()}, "0", taken.Addr().String()},
		"no port for the metrics": {nil, "many", "OTEL_EXPORTER_PROMETHEUS_PORT"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("OTEL_EXPORTER_PROMETHEUS_PORT", c.env)
			err := run(t.Context(), append(args[:len(args):len(args)], c.args...), io.Discard)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got the error %v, want %q in it", err, c.want)
			}
		})
	}
	if err := run(t.Context(), []string{"-h"}, io.Discard); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("-h: got %v, want flag.ErrHelp", err)
	}
}
