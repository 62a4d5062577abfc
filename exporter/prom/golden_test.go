// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/datapunk/otelauth/semconv"
	"github.com/datapunk/otelauth/semconv/authconv"
	"github.com/datapunk/otelauth/views"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"go.opentelemetry.io/otel/metric"
	"google.golang.org/protobuf/encoding/protojson"
)

var update = flag.Bool("update", false, "rewrite the files under testdata")

const (
	acceptText        = "text/plain;version=0.0.4"
	acceptOpenMetrics = "application/openmetrics-text;version=1.0.0"
	acceptProtobuf    = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
)

// families are one of each kind, by their name in Prometheus.
var families = []string{
	"auth_authentication_attempts_total",
	"auth_session_active",
	"auth_credential_expiration_timestamp_seconds",
	"auth_service_status_ratio",
	"auth_authentication_duration_seconds",
	"auth_token_verification_duration_seconds",
	"target_info",
}

// recorded has a few fixed measurements of each kind of instrument.
func recorded(t *testing.T, opts ...Option) *Exporter {
	t.Helper()
	e := newExporter(t, opts...)
	p := newProvider(t, e, views.Exponential("auth.token.verification.duration"))
	m := p.Meter("example.com/shop", metric.WithInstrumentationVersion("1.2.3"))
	ctx := context.Background()
	var errs []error
	must := func(err error) { errs = append(errs, err) }

	attempts, err := authconv.NewAuthenticationAttempts(m)
	must(err)
	attempts.Add(ctx, 41, "api", semconv.MethodPassword, semconv.ResultSuccess)
	attempts.Add(ctx, 1, "api", semconv.MethodPassword, semconv.ResultFailure, semconv.ReasonInvalidCredentials.Attr())
	sessions, err := authconv.NewSessionActive(m)
	must(err)
	sessions.Add(ctx, 3, "api")
	sessions.Add(ctx, -1, "api")
	expires, err := authconv.NewCredentialExpirationTimestamp(m)
	must(err)
	expires.Record(ctx, 1893456000, "api", semconv.CredentialTypeCertificate)
	_, err = m.Int64ObservableGauge("auth.service.status", metric.WithUnit("1"), metric.WithDescription("State."),
		metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(1, metric.WithAttributes(semconv.ServiceNameKey.String("api"), semconv.ServiceStateHealthy.Attr()))
			return nil
		}))
	must(err)
	duration, err := authconv.NewAuthenticationDuration(m)
	must(err)
	check, err := authconv.NewTokenVerificationDuration(m)
	must(err)
	for _, seconds := range []float64{0.004, 0.08, 0.08, 30} {
		duration.Record(ctx, seconds, "api", semconv.MethodPassword, semconv.ResultSuccess)
		check.Record(ctx, seconds, "api", semconv.TokenTypeAccess, semconv.ResultSuccess)
	}
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	return e
}

func scrapeAs(t *testing.T, e *Exporter, accept, family string) answer {
	t.Helper()
	url := "http://" + e.Addr().String() + "/metrics"
	if family != "" {
		url += "?name[]=" + family
	}
	req := request(t, http.MethodGet, url)
	req.Header.Set("Accept", accept)
	a := do(t, http.DefaultClient, req)
	if a.status != http.StatusOK {
		t.Fatalf("status %d: %s", a.status, a.body)
	}
	return a
}

func TestGolden(t *testing.T) {
	for _, c := range []struct {
		name, suffix, accept, contentType string
		show                              func(*testing.T, string) string
	}{
		{"classic", ".txt", acceptText, "text/plain; version=0.0.4", asIs},
		{"OpenMetrics", ".openmetrics.txt", acceptOpenMetrics, "application/openmetrics-text; version=1.0.0", asIs},
		{"protobuf", ".proto.json", acceptProtobuf, "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited", protobufAsJSON},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := recorded(t)
			for _, family := range families {
				a := scrapeAs(t, e, c.accept, family)
				if got := a.header.Get("Content-Type"); !strings.HasPrefix(got, c.contentType) {
					t.Errorf("Content-Type: got %q, want %q", got, c.contentType)
				}
				golden(t, family+c.suffix, c.show(t, a.body))
			}
		})
	}
}

func TestGoldenScopeLabels(t *testing.T) {
	e := recorded(t, WithScopeLabels())
	golden(t, "scope_labels.txt", scrapeAs(t, e, acceptText, "auth_session_active").body)
}

func TestWithoutTargetInfo(t *testing.T) {
	e := recorded(t, WithoutTargetInfo())
	if body := scrapeAs(t, e, acceptText, "").body; strings.Contains(body, "target_info") || !strings.Contains(body, "auth_session_active") {
		t.Errorf("got\n%s", body)
	}
}

// A metric that is in no list above would be in no golden file.
func TestGoldenIsComplete(t *testing.T) {
	for _, family := range decode(t, scrapeAs(t, recorded(t), acceptProtobuf, "").body) {
		found := false
		for _, name := range families {
			found = found || name == family.GetName()
		}
		if !found {
			t.Errorf("%s has no golden file", family.GetName())
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", path, got, want)
	}
}

func asIs(_ *testing.T, body string) string { return body }

func decode(t *testing.T, body string) []*dto.MetricFamily {
	t.Helper()
	dec := expfmt.NewDecoder(strings.NewReader(body), expfmt.NewFormat(expfmt.TypeProtoDelim))
	var all []*dto.MetricFamily
	for {
		var f dto.MetricFamily
		switch err := dec.Decode(&f); {
		case errors.Is(err, io.EOF):
			return all
		case err != nil:
			t.Fatal(err)
		}
		all = append(all, &f)
	}
}

// protobufAsJSON leaves out the time at which a histogram began.
func protobufAsJSON(t *testing.T, body string) string {
	t.Helper()
	var out bytes.Buffer
	for _, f := range decode(t, body) {
		for _, m := range f.Metric {
			if h := m.GetHistogram(); h != nil {
				h.CreatedTimestamp = nil
			}
		}
		text, err := protojson.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		// Again, for protojson varies its spaces on purpose.
		if err := json.Indent(&out, text, "", "  "); err != nil {
			t.Fatal(err)
		}
		out.WriteByte('\n')
	}
	return out.String()
}
