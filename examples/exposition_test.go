// SPDX-License-Identifier: Apache-2.0

package examples_test

import (
	"context"
	"flag"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/datapunk/otelauth/exporter"
	"github.com/datapunk/otelauth/exporter/prom"
	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestExposition holds what a scrape of everything looks like, series for
// series: a name, a label or a zero that changes is a change for every
// dashboard and must be meant.
func TestExposition(t *testing.T) {
	ctx := context.Background()
	endpoint, err := prom.New(prom.WithoutServer())
	if err != nil {
		t.Fatal(err)
	}
	pipe, err := exporter.Start(ctx, exporter.WithExporter("prometheus", endpoint), exporter.WithServiceName("golden"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := pipe.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	}()
	rec, err := instrument.New(instrument.WithMeterProvider(pipe.MeterProvider()),
		instrument.WithServices("api"),
		instrument.WithAllowed(semconv.CacheNameKey, "tokens"),
		instrument.WithAllowed(semconv.PolicyKey, "admin"),
		instrument.WithAllowed(semconv.ProviderKey, "corp"))
	if err != nil {
		t.Fatal(err)
	}

	api := rec.Service("api")
	api.Register(ctx)
	api.SetState(semconv.ServiceStateHealthy)
	logins := api.Authentication(semconv.MethodPassword, instrument.Provider("corp"))
	logins.Record(ctx, 80*time.Millisecond, nil)
	logins.Record(ctx, 90*time.Millisecond, instrument.Failure(semconv.ReasonInvalidCredentials))
	logins.Record(ctx, 2*time.Second, instrument.Error(semconv.ErrorTypeTimeout))
	api.TokenVerification(semconv.TokenTypeAccess).Record(ctx, 40*time.Microsecond, instrument.Failure(semconv.ReasonExpired))
	api.TokenOperations(semconv.TokenTypeRefresh).Count(ctx, semconv.TokenOperationIssue, nil)
	api.Sessions().Count(ctx, semconv.SessionOperationCreate, nil)
	factor := api.MFA(semconv.MFAFactorTOTP)
	factor.Challenged(ctx)
	factor.Answered(ctx, instrument.Failure(semconv.ReasonMFAFailed))
	api.Authorization(semconv.EnforcementEnforced, instrument.Policy("admin")).Record(ctx, time.Millisecond, semconv.DecisionDeny)
	api.RateLimit("minute").Check(ctx, semconv.RateLimitOutcomeLimited)
	api.RateLimitUsage(ctx, instrument.Usage{Type: "minute", Used: 42, Limit: 60}, instrument.Usage{Type: "a\"\n", Used: 1, Limit: 2})
	key := api.Credential(semconv.CredentialTypeSigningKey)
	key.Rotated(ctx, semconv.RotationTriggerScheduled, nil)
	key.Expires(ctx, time.Unix(1_900_000_000, 0))
	api.KeySet().Refreshed(ctx, nil)
	api.Cache("tokens").Lookup(ctx, semconv.CacheOutcomeHit)
	api.Anomalies().Detected(ctx, semconv.AnomalyKindBruteForce, semconv.AnomalySeverityHigh)
	rec.Detector().TrackedKeys(ctx, semconv.AnomalyTableSource, 7)

	w := httptest.NewRecorder()
	endpoint.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	// The clock and the instance differ from run to run.
	got := regexp.MustCompile(`(_(?:last_rotation|last_success)_timestamp_seconds\{.*\}) .*`).
		ReplaceAllString(w.Body.String(), "$1 NOW")
	got = regexp.MustCompile(`service_instance_id="[^"]*"`).ReplaceAllString(got, `service_instance_id="RANDOM"`)
	got = regexp.MustCompile(`telemetry_sdk_version="[^"]*"`).ReplaceAllString(got, `telemetry_sdk_version="SDK"`)

	const golden = "testdata/exposition.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	is, was := lines(got), lines(string(want))
	for l := range was {
		if !is[l] {
			t.Errorf("- %s", l)
		}
	}
	for l := range is {
		if !was[l] {
			t.Errorf("+ %s", l)
		}
	}
	t.Error("the exposition is not that of " + golden + "; if it is meant to change, run go test ./examples -update")
}

func lines(s string) map[string]bool {
	set := map[string]bool{}
	for l := range strings.SplitSeq(s, "\n") {
		set[l] = true
	}
	return set
}
