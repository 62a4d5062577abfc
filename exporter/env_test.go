// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"strings"
	"testing"

	"github.com/datapunk/otelauth/exporter/prom"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric/noop"
)

const (
	exportersVar = "OTEL_METRICS_EXPORTER"
	promHost     = "OTEL_EXPORTER_PROMETHEUS_HOST"
	promPort     = "OTEL_EXPORTER_PROMETHEUS_PORT"
	otlpEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT"
	interval     = "OTEL_METRIC_EXPORT_INTERVAL"
	timeout      = "OTEL_METRIC_EXPORT_TIMEOUT"
	serviceName  = "OTEL_SERVICE_NAME"
	resourceVar  = "OTEL_RESOURCE_ATTRIBUTES"
	disabledVar  = "OTEL_SDK_DISABLED"
)

func TestFromEnv(t *testing.T) {
	const nobody = "http://127.0.0.1:1" // where nobody listens
	for _, c := range []struct {
		name string
		env  map[string]string
		opts []Option
		want string // the first words of each line of String
	}{
		{"default", map[string]string{promPort: "0"}, nil, "prometheus http://127.0.0.1:"},
		{"Prometheus", map[string]string{exportersVar: "prometheus", promPort: "0"}, nil, "prometheus http://127.0.0.1:"},
		{"host", map[string]string{promHost: "127.0.0.2", promPort: "0"}, nil, "prometheus http://127.0.0.2:"},
		{"OTLP", map[string]string{exportersVar: "otlp", otlpEndpoint: nobody}, nil, "otlp "},
		{"console", map[string]string{exportersVar: "console"}, nil, "console every 10s"},
		{"interval", map[string]string{exportersVar: "console", interval: "90000", timeout: "1000"}, nil, "console every 1m30s"},
		{"none", map[string]string{exportersVar: "none"}, nil, "none"},
		{"several", map[string]string{exportersVar: "console,prometheus", promPort: "0"}, nil, "console every\nprometheus http"},
		{"spaces and case", map[string]string{exportersVar: " Console , PROMETHEUS ", promPort: "0"}, nil, "console every\nprometheus http"},
		{"repeated", map[string]string{exportersVar: "console,console"}, nil, "console every"},
		{"option instead of the default", map[string]string{}, []Option{WithConsole(&safeBuffer{})}, "console every"},
		{"option beside the variable", map[string]string{exportersVar: "prometheus", promPort: "0"}, []Option{WithConsole(&safeBuffer{})}, "console every\nprometheus http"},
		{"option and variable name the same", map[string]string{exportersVar: "prometheus", promPort: "1"}, []Option{onFreePort()}, "prometheus http"},
		{"variable fills what the option leaves open", map[string]string{promHost: "127.0.0.2", promPort: "0"}, []Option{WithPrometheus(prom.WithScopeLabels())}, "prometheus http://127.0.0.2:"},
		{"own exporter in place of ours", map[string]string{exportersVar: "prometheus", promPort: "1"}, []Option{WithExporter("prometheus", newFake())}, "prometheus"},
		{"option beside none", map[string]string{exportersVar: "none"}, []Option{WithConsole(&safeBuffer{})}, "console every"},
		{"not disabled", map[string]string{disabledVar: "false", exportersVar: "none"}, nil, "none"},
		{"disabled", map[string]string{disabledVar: "true"}, nil, "disabled by OTEL_SDK_DISABLED"},
		{"disabled in capitals", map[string]string{disabledVar: " TRUE "}, nil, "disabled by"},
		{"disabled whatever else is wrong", map[string]string{disabledVar: "true", exportersVar: "x"}, []Option{onFreePort()}, "disabled by"},
		{"resource", map[string]string{exportersVar: "none", serviceName: "shop", resourceVar: "a=b%20c, d=e"}, nil, "none"},
		{"variables of exporters that are not used", map[string]string{exportersVar: "none", promPort: "x", interval: "x"}, nil, "none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			setenv(t, c.env)
			p := start(t, append(c.opts, FromEnv())...)
			got, want := strings.Split(p.String(), "\n"), strings.Split(c.want, "\n")
			if len(got) != len(want) {
				t.Fatalf("got %q, want %q", got, want)
			}
			for i := range want {
				if !strings.HasPrefix(got[i], want[i]) {
					t.Errorf("line %d: got %q, want %q", i, got[i], want[i])
				}
			}
		})
	}
}

func TestWrongEnvironment(t *testing.T) {
	for _, c := range []struct {
		name string
		env  map[string]string
		want []string
	}{
		{"unknown exporter", map[string]string{exportersVar: "zipkin"}, []string{exportersVar + `="zipkin"`, "console", "none", "otlp", "prometheus"}},
		{"one of two unknown", map[string]string{exportersVar: "console,jaeger"}, []string{exportersVar, `"jaeger"`}},
		{"empty name", map[string]string{exportersVar: "console,"}, []string{exportersVar + `="console,"`, "empty"}},
		{"none and another", map[string]string{exportersVar: "none,console"}, []string{exportersVar + `="none,console"`, "none"}},
		{"disabled", map[string]string{disabledVar: "yes", exportersVar: "none"}, []string{disabledVar + `="yes"`}},
		{"port", map[string]string{promPort: "http"}, []string{promPort + `="http"`}},
		{"host", map[string]string{promHost: "a b"}, []string{promHost + `="a b"`}},
		{"off loopback", map[string]string{promHost: "0.0.0.0", promPort: "0"}, []string{promHost, "0.0.0.0"}},
		{"console interval", map[string]string{exportersVar: "console", interval: "10s"}, []string{interval + `="10s"`}},
		{"console interval zero", map[string]string{exportersVar: "console", interval: "0"}, []string{interval + `="0"`}},
		{"console interval too large", map[string]string{exportersVar: "console", interval: "99999999999"}, []string{interval}},
		{"console timeout", map[string]string{exportersVar: "console", timeout: "-5"}, []string{timeout + `="-5"`}},
		{"OTLP interval", map[string]string{exportersVar: "otlp", interval: "soon"}, []string{interval, `"soon"`}},
		{"OTLP timeout", map[string]string{exportersVar: "otlp", timeout: "soon"}, []string{timeout, `"soon"`}},
		{"OTLP endpoint", map[string]string{exportersVar: "otlp", otlpEndpoint: "ftp://x"}, []string{otlpEndpoint, "ftp"}},
		{"OTLP protocol", map[string]string{exportersVar: "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "carrier"}, []string{"OTEL_EXPORTER_OTLP_PROTOCOL", "carrier"}},
		{"attribute without value", map[string]string{exportersVar: "none", resourceVar: "a=b,c"}, []string{resourceVar + `="a=b,c"`, `"c" is not key=value`}},
		{"attribute without key", map[string]string{exportersVar: "none", resourceVar: "=b"}, []string{resourceVar + `="=b"`}},
		{"attribute badly escaped", map[string]string{exportersVar: "none", resourceVar: "a=%zz"}, []string{resourceVar, "%zz"}},
		{"attribute not UTF-8", map[string]string{exportersVar: "none", resourceVar: "a=%ff"}, []string{resourceVar, "UTF-8"}},
		{"service name not UTF-8", map[string]string{exportersVar: "none", serviceName: "a\xff"}, []string{serviceName + `="a\xff"`}},
		{"everything", map[string]string{exportersVar: "prometheus,console,x", promPort: "y", interval: "z", resourceVar: "v", disabledVar: "w"},
			[]string{exportersVar, promPort, interval, resourceVar, disabledVar}},
	} {
		t.Run(c.name, func(t *testing.T) {
			setenv(t, c.env)
			p, err := Start(t.Context(), FromEnv())
			wantFaults(t, p, err, c.want...)
		})
	}
}

// Without FromEnv the environment has no say, but for the resource, where the
// SDK lets it have one.
func TestWithoutFromEnv(t *testing.T) {
	setenv(t, map[string]string{exportersVar: "x", promPort: "x", disabledVar: "true", interval: "90000"})
	p := start(t, WithConsole(&safeBuffer{}))
	if got := p.String(); got != "console every 10s" {
		t.Errorf("got %q", got)
	}
	t.Setenv(resourceVar, "broken")
	p, err := Start(t.Context(), onFreePort())
	wantFaults(t, p, err, resourceVar+`="broken"`)
}

func TestDisabledMeasuresNothing(t *testing.T) {
	setenv(t, map[string]string{disabledVar: "true"})
	own := newFake()
	p := start(t, FromEnv(), WithExporter("own", own))
	if _, ok := p.MeterProvider().(noop.MeterProvider); !ok {
		t.Errorf("MeterProvider: got %T", p.MeterProvider())
	}
	if own.stops.Load() != 1 {
		t.Errorf("an exporter that is not used: shut down %d times, want once", own.stops.Load())
	}
	for range 2 {
		if err := p.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	}
}

func TestResource(t *testing.T) {
	for _, c := range []struct {
		name    string
		env     map[string]string
		opts    []Option
		want    []string
		without []string
	}{
		{"default", nil, nil,
			[]string{`service_name="unknown_service:`, `service_instance_id="`, `telemetry_sdk_name="opentelemetry"`, `telemetry_sdk_language="go"`},
			[]string{"process_", "host_", "os_", "user"}},
		{"service name of the environment", map[string]string{serviceName: "shop"}, nil, []string{`service_name="shop"`}, nil},
		{"attributes", map[string]string{resourceVar: "service.name=shop,zone=a%2Cb"}, nil, []string{`service_name="shop"`, `zone="a,b"`}, nil},
		{"name goes over attributes", map[string]string{resourceVar: "service.name=x", serviceName: "shop"}, nil, []string{`service_name="shop"`}, nil},
		{"option goes over both", map[string]string{resourceVar: "service.name=x,zone=x", serviceName: "y"},
			[]Option{WithServiceName("shop"), WithResourceAttributes(attribute.String("zone", "a"))}, []string{`service_name="shop"`, `zone="a"`}, nil},
		{"instance id of one's own", nil, []Option{WithResourceAttributes(attribute.String("service.instance.id", "7"))}, []string{`service_instance_id="7"`}, nil},
	} {
		for _, fromEnv := range []bool{false, true} {
			name := c.name
			opts := append([]Option{onFreePort()}, c.opts...)
			if fromEnv {
				name, opts = name+" from the environment", append(opts, FromEnv())
			}
			t.Run(name, func(t *testing.T) {
				setenv(t, c.env)
				line := targetInfo(t, start(t, opts...))
				for _, want := range c.want {
					if !strings.Contains(line, want) {
						t.Errorf("%q is not in %s", want, line)
					}
				}
				for _, without := range c.without {
					if strings.Contains(line, without) {
						t.Errorf("%q is in %s", without, line)
					}
				}
			})
		}
	}
}

func TestReplicasDiffer(t *testing.T) {
	setenv(t, nil)
	first, second := targetInfo(t, start(t, onFreePort())), targetInfo(t, start(t, onFreePort()))
	if first == second {
		t.Errorf("two pipelines have the same resource: %s", first)
	}
}

func targetInfo(t *testing.T, p *Pipeline) string {
	t.Helper()
	for line := range strings.Lines(scrape(t, p)) {
		if strings.HasPrefix(line, "target_info{") {
			return line
		}
	}
	t.Fatal("no target_info")
	return ""
}
