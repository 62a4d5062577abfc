// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/trace"
	colpb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/datapunk/otelauth/exporter"
	"github.com/datapunk/otelauth/exporter/otlp"
	"github.com/datapunk/otelauth/exporter/prom"
	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/authhttp"
	"github.com/datapunk/otelauth/internal/otlptest"
	"github.com/datapunk/otelauth/semconv"
	"github.com/datapunk/otelauth/views"
)

// canaries are what must not leave: by which field it came in makes no difference.
var canaries = map[string]string{
	"a JWT":             "eyJhbGciOiJub25lIn0.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJlLWNhbmFyeQ",
	"a password":        "Correct-Horse7Battery",
	"an e-mail address": "canary.person@victim.example",
	"an IPv4 address":   "203.0.113.77",
	"an IPv6 address":   "2001:db8:dead:beef::77",
}

// leaks says which canaries are in the text, in what form.
func leaks(text string) []string {
	var found []string
	folded := strings.ToLower(text)
	for what, c := range canaries {
		forms := map[string]string{"": c, " in hexadecimal": hex.EncodeToString([]byte(c)), " with URL escapes": url.QueryEscape(c)}
		for _, skip := range []int{0, 1, 2} { // wherever it stands in what was encoded
			inner := base64.RawStdEncoding.EncodeToString([]byte("xx"[:skip] + c))
			forms[fmt.Sprint(" in base64, from ", skip)] = inner[4 : len(inner)-4]
		}
		for i, piece := range strings.Split(c, ".") {
			if len(piece) > 12 {
				forms[fmt.Sprint(", part ", i)] = piece
			}
		}
		for how, form := range forms {
			if strings.Contains(folded, strings.ToLower(form)) {
				found = append(found, what+how)
			}
		}
	}
	return found
}

func TestLeaksAreFound(t *testing.T) {
	for _, c := range canaries {
		for _, text := range []string{
			"x" + c + "x", strings.ToUpper(c), hex.EncodeToString([]byte(c)), "Basic " + base64.StdEncoding.EncodeToString([]byte("u:"+c)),
		} {
			if len(leaks(text)) == 0 {
				t.Errorf("not found in %q", text)
			}
		}
	}
	if got := leaks("auth_authentication_attempts_total 7"); got != nil {
		t.Errorf("found %v where there is nothing", got)
	}
}

// output collects all that the process says by the usual ways.
func output(t *testing.T) *text {
	t.Helper()
	out := &text{}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { fmt.Fprintf(out, "%v\n%+v\n", err, err) }))
	logger, writer := slog.Default(), log.Writer()
	log.SetOutput(out)
	slog.SetDefault(slog.New(slog.NewTextHandler(out, nil)))
	t.Cleanup(func() {
		slog.SetDefault(logger)
		log.SetOutput(writer)
		otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Print(err) }))
	})
	return out
}

type text struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *text) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *text) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// hostileErrors are errors that hold the text wherever an error can.
func hostileErrors(s string) []error {
	return []error{
		errors.New(s),
		fmt.Errorf("%s: %w", s, instrument.Failure(semconv.ReasonExpired)),
		instrument.WithReason(errors.New(s), semconv.ReasonLocked),
		instrument.WithDefault(errors.New(s), instrument.Error(semconv.ErrorTypeInternal)),
		status.Error(codes.Internal, s),
		status.Error(codes.Unauthenticated, s),
		&url.Error{Op: s, URL: s, Err: errors.New(s)},
		&net.OpError{Op: s, Net: s, Err: errors.New(s), Addr: &net.UnixAddr{Name: s}},
		&net.DNSError{Name: s, Server: s, Err: s},
		x509.HostnameError{Host: s, Certificate: &x509.Certificate{}},
		&os.PathError{Op: s, Path: s, Err: context.DeadlineExceeded},
	}
}

// TestCanary puts secrets and personal data into everything that takes a text, an
// error or a request, with exemplars on, and looks for them in all that leaves.
func TestCanary(t *testing.T) {
	out := output(t)
	collector := otlptest.GRPC(t)
	scrape, err := prom.New(prom.WithoutServer())
	if err != nil {
		t.Fatal(err)
	}
	pipe, err := exporter.Start(t.Context(), exporter.WithExporter("prometheus", scrape), exporter.WithViews(views.Exemplars()),
		exporter.WithOTLP(otlp.WithEndpoint(collector.URL()), otlp.WithInterval(time.Hour)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = pipe.Shutdown(background) }()
	rec, err := instrument.New(instrument.WithMeterProvider(pipe.MeterProvider()), instrument.WithServices("api"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rec.Shutdown(background) }()
	v := &victim{rec: rec, svc: rec.Service("api")}
	for _, c := range canaries {
		b, err := baggage.NewMemberRaw("canary", c)
		if err != nil {
			t.Fatal(err)
		}
		bag, err := baggage.New(b)
		if err != nil {
			t.Fatal(err)
		}
		ctx := baggage.ContextWithBaggage(trace.ContextWithSpanContext(background, trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled,
		})), bag)
		v.handler = authhttp.NewServiceMiddleware(v.svc, authhttp.WithSessionCookie(c), authhttp.WithAPIKeyHeader(c))(
			http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("WWW-Authenticate", c)
				http.Error(w, c, http.StatusUnauthorized)
				if strings.HasPrefix(r.UserAgent(), "panic") {
					panic(c)
				}
			}))
		for _, f := range fields {
			f.write(v, c)()
		}
		func() {
			defer func() { _ = recover() }()
			v.serve(func(r *http.Request) { r.Header.Set("User-Agent", "panic"+c) })()
		}()
		r := &http.Request{Method: c, URL: &url.URL{Path: c, RawQuery: c, User: url.UserPassword(c, c)}, Header: http.Header{}, Host: c, RemoteAddr: c}
		r.SetBasicAuth(c, c)
		v.handler.ServeHTTP(nowhere{}, r.WithContext(ctx))

		for _, e := range hostileErrors(c) {
			v.svc.Authentication(semconv.MethodMTLS).Record(ctx, time.Millisecond, e)
			v.svc.TokenVerification(semconv.TokenTypeAccess).Record(ctx, time.Millisecond, e)
			v.svc.TokenOperations(semconv.TokenTypeRefresh).Count(ctx, semconv.TokenOperationIssue, e)
			v.svc.Sessions().Count(ctx, semconv.SessionOperationCreate, e)
			v.svc.MFA(semconv.MFAFactorTOTP).Answered(ctx, e)
			v.svc.KeySet().Refreshed(ctx, e)
			v.svc.Credential(semconv.CredentialTypeCertificate).Rotated(ctx, semconv.RotationTriggerManual, e)
		}
		v.svc.RateLimitUsage(ctx, instrument.Usage{Type: c, Used: 1, Limit: 2})
		rec.Service(c).Register(ctx)
		v.svc.WatchHealth(ctx, time.Hour, func(context.Context) semconv.ServiceState { panic(c) })
	}

	w := httptest.NewRecorder()
	req := httptest.NewRequestWithContext(background, http.MethodGet, "/metrics", nil)
	req.Header.Set("Accept", "application/openmetrics-text;version=1.0.0") // which has exemplars
	scrape.Handler().ServeHTTP(w, req)
	if err := pipe.ForceFlush(background); err != nil {
		t.Fatal(err)
	}
	var pushed strings.Builder
	for _, r := range collector.WaitRequests(t, 1) {
		for _, m := range r.Metrics {
			pushed.WriteString(protojson.Format(m))
		}
	}
	if !strings.Contains(w.Body.String(), "trace_id") || !strings.Contains(pushed.String(), "exemplars") {
		t.Error("there are no exemplars, in which most would leave")
	}
	for where, text := range map[string]string{"the scrape": w.Body.String(), "the push": pushed.String(), "the log": out.String()} {
		if len(text) == 0 {
			t.Errorf("%s is empty", where)
		}
		for _, what := range leaks(text) {
			t.Errorf("%s is in %s", what, where)
		}
	}
}

// TestCanaryInTheConfiguration gives secrets where they do not belong, and has a
// collector send them back: no error and no log line repeats them.
func TestCanaryInTheConfiguration(t *testing.T) {
	out := output(t)
	echo := otlptest.GRPC(t)
	echo.Answer(func(_ context.Context, r otlptest.Request) (*colpb.ExportMetricsServiceResponse, error) {
		return nil, status.Error(codes.InvalidArgument, "who are you, "+r.Headers.Get("Authorization"))
	})
	web := filepath.Join(t.TempDir(), "web.yml")
	for what, c := range canaries {
		t.Run(what, func(t *testing.T) {
			if err := os.WriteFile(web, []byte("basic_auth_users:\n  \""+c+"\": \""+c+"\"\n"+strings.ReplaceAll(c, ":", "")+": x\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := exporter.Start(t.Context(),
				exporter.WithPrometheus(prom.WithAddress("127.0.0.1:0"), prom.WithBearerToken(c+" "+c), prom.WithWebConfigFile(web)),
				exporter.WithOTLP(otlp.WithEndpoint("https://user:"+url.QueryEscape(c)+"@collector:4317"),
					otlp.WithHeaders(map[string]string{"authorization": c + "\n"})))
			if err == nil {
				t.Fatal("all of it is taken")
			}
			for _, leak := range leaks(err.Error()) {
				t.Errorf("%s is in the error %q", leak, err)
			}

			pipe, err := exporter.Start(t.Context(), exporter.WithOTLP(
				otlp.WithEndpoint(echo.URL()), otlp.WithHeaders(map[string]string{"authorization": "Bearer " + c}), otlp.WithInterval(time.Hour)))
			if err != nil {
				t.Fatal(err)
			}
			n, err := pipe.MeterProvider().Meter("m").Int64Counter("c")
			if err != nil {
				t.Fatal(err)
			}
			n.Add(background, 1)
			for _, err := range []error{pipe.ForceFlush(background), pipe.Shutdown(background)} {
				if err == nil {
					t.Error("a push that is refused is no error")
					continue
				}
				for _, leak := range leaks(err.Error()) {
					t.Errorf("%s is in the error %q", leak, err)
				}
			}
			for _, leak := range leaks(pipe.String()) {
				t.Errorf("%s is in %q", leak, pipe)
			}
		})
	}
	for _, leak := range leaks(out.String()) {
		t.Errorf("%s is in the log:\n%s", leak, out)
	}
}
