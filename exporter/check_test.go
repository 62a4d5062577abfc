// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"runtime"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel"

	"github.com/datapunk/otelauth/exporter/otlp"
	"github.com/datapunk/otelauth/exporter/prom"
	"github.com/datapunk/otelauth/views"
)

// reported catches what goes to OpenTelemetry's error handler during a test.
func reported(t *testing.T) func() []string {
	t.Helper()
	var mu sync.Mutex
	var texts []string
	before := otel.GetErrorHandler()
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		mu.Lock()
		defer mu.Unlock()
		texts = append(texts, err.Error())
	}))
	t.Cleanup(func() { otel.SetErrorHandler(before) })
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string(nil), texts...)
	}
}

// Whatever Check finds, Start finds, in the same words and all at once.
func TestCheckIsWhatStartSays(t *testing.T) {
	wrong := map[string]string{
		exportersVar: "prometheus,otlp,console", promPort: "x", interval: "60", timeout: "soon", resourceVar: "v", disabledVar: "w",
		"OTEL_EXPORTER_OTLP_PROTOCOL": "carrier",
	}
	for _, c := range []struct {
		name  string
		env   map[string]string
		opts  []Option
		lines int
	}{
		{"nothing", map[string]string{promPort: "0"}, []Option{FromEnv()}, 0},
		{"disabled", map[string]string{disabledVar: "true", exportersVar: "x"}, []Option{FromEnv()}, 0},
		{"everything", wrong, []Option{FromEnv(), WithViews(views.Limit(0)), WithServiceName("")}, 10},
		{"options", nil, []Option{
			WithPrometheus(prom.WithMaxRequests(0)), WithOTLP(otlp.WithInterval(1), otlp.WithProtocol("x")), WithConsole(nil),
		}, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			setenv(t, c.env)
			want := Check(c.opts...)
			p, got := Start(t.Context(), c.opts...)
			defer func() { _ = p.Shutdown(context.Background()) }()
			if want == nil || got == nil {
				if want != nil || got != nil || c.lines > 0 {
					t.Fatalf("Check = %v, Start = %v, want %d faults of both", want, got, c.lines)
				}
				return
			}
			if want.Error() != got.Error() {
				t.Errorf("Check:\n%v\nStart:\n%v", want, got)
			}
			if n := strings.Count(got.Error(), "\n") + 1; n != c.lines {
				t.Errorf("%d faults, want %d:\n%v", n, c.lines, got)
			}
		})
	}
}

// A check listens nowhere, keeps nothing and leaves the caller's exporter alone.
func TestCheckStartsNothing(t *testing.T) {
	setenv(t, nil)
	first := start(t, onFreePort())
	address := strings.TrimSuffix(strings.TrimPrefix(first.String(), "prometheus http://"), "/metrics")
	own := newFake()
	before := runtime.NumGoroutine()
	for range 50 {
		if err := Check(WithPrometheus(prom.WithAddress(address)), WithOTLP(), WithConsole(&safeBuffer{}), WithExporter("own", own)); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "every goroutine of a check to end", func() bool { return runtime.NumGoroutine() < before+50 })
	if n := own.stops.Load(); n != 0 {
		t.Errorf("the caller's exporter was shut down %d times", n)
	}
}

// Variables of an exporter that is not in use may be meant for traces: what is
// wrong with them is told and stops nothing.
func TestWrongVariablesOfUnusedExporters(t *testing.T) {
	for _, c := range []struct {
		name string
		env  map[string]string
		want []string
	}{
		{"all well", map[string]string{promPort: "0", otlpEndpoint: "https://collector:4317"}, nil},
		{"OTLP", map[string]string{promPort: "0", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json", interval: "60"}, []string{
			`exporter: otlp is not in use, or else this would be wrong: otlp: OTEL_EXPORTER_OTLP_PROTOCOL="http/json": want grpc or http/protobuf`,
			`exporter: otlp is not in use, or else this would be wrong: otlp: OTEL_METRIC_EXPORT_INTERVAL="60": want`}},
		{"a credential", map[string]string{promPort: "0", otlpEndpoint: "https://u:s3cr3t@h:1"}, []string{
			`exporter: otlp is not in use, or else this would be wrong: otlp: OTEL_EXPORTER_OTLP_ENDPOINT="(hidden)": credentials`}},
		{"Prometheus", map[string]string{exportersVar: "console", promPort: "x"}, []string{
			`exporter: prometheus is not in use, or else this would be wrong: OTEL_EXPORTER_PROMETHEUS_PORT="x": not a port`}},
		{"disabled", map[string]string{disabledVar: "true", promPort: "x"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			setenv(t, c.env)
			texts := reported(t)
			start(t, FromEnv())
			got := texts()
			if len(got) != len(c.want) {
				t.Fatalf("reported %q, want %q", got, c.want)
			}
			for i, want := range c.want {
				if !strings.HasPrefix(got[i], want) || strings.Contains(got[i], "s3cr3t") {
					t.Errorf("reported %q, want %q", got[i], want)
				}
			}
		})
	}
	t.Run("without FromEnv", func(t *testing.T) {
		setenv(t, map[string]string{"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"})
		texts := reported(t)
		start(t, onFreePort())
		if got := texts(); len(got) > 0 {
			t.Errorf("reported %q, though the environment has no say", got)
		}
	})
}
