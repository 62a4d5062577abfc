// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/datapunk/otelauth/internal/otlptest"
)

type variables map[string]string

func (v variables) get(name string) string { return v[name] }

// settled returns the settings that the variables and options come to.
func settled(t *testing.T, v variables, opts ...Option) (settings, error) {
	t.Helper()
	c := newConfig(opts)
	c.fill(v.get)
	_ = c.preferences(v.get)
	report, _ := catchingReporter()
	return c.settle(report)
}

func TestEnvironment(t *testing.T) {
	defaults := settings{
		target:        target{protocol: ProtocolGRPC, plaintext: true, host: "localhost:4317"},
		gzip:          true,
		timeout:       10 * time.Second,
		interval:      time.Minute,
		exportTimeout: 30 * time.Second,
		batchSize:     2000,
	}
	const e, m = "OTEL_EXPORTER_OTLP_", "OTEL_EXPORTER_OTLP_METRICS_"
	over := func(host, path string) func(*settings) {
		return func(s *settings) {
			s.target = target{protocol: ProtocolHTTP, plaintext: true, host: host, path: path}
		}
	}
	tests := []struct {
		name string
		vars variables
		opts []Option
		want func(*settings)
	}{
		{"nothing", nil, nil, func(*settings) {}},
		{"blank is nothing", variables{e + "PROTOCOL": " ", e + "TIMEOUT": "", e + "ENDPOINT": "\t"}, nil, func(*settings) {}},
		{"protocol", variables{e + "PROTOCOL": "http/protobuf"}, nil, over("localhost:4318", "/v1/metrics")},
		{"metrics go first", variables{e + "PROTOCOL": "http/json", m + "PROTOCOL": "http/protobuf"}, nil, over("localhost:4318", "/v1/metrics")},
		{"an overridden variable may be wrong", variables{e + "PROTOCOL": "http/json", e + "TIMEOUT": "soon"},
			[]Option{WithProtocol(ProtocolHTTP), WithTimeout(10 * time.Second)}, over("localhost:4318", "/v1/metrics")},
		{"base path", variables{e + "PROTOCOL": "http/protobuf", e + "ENDPOINT": "http://h:1/base/"}, nil, over("h:1", "/base/v1/metrics")},
		{"base without path", variables{e + "PROTOCOL": "http/protobuf", e + "ENDPOINT": "http://h:1"}, nil, over("h:1", "/v1/metrics")},
		{"path as it is", variables{e + "PROTOCOL": "http/protobuf", m + "ENDPOINT": "http://h:1/own"}, nil, over("h:1", "/own")},
		{"root as it is", variables{e + "PROTOCOL": "http/protobuf", m + "ENDPOINT": "http://h:1"}, nil, over("h:1", "/")},
		{"scheme decides, not the variable", variables{e + "ENDPOINT": "http://h:1", e + "INSECURE": "false"}, nil, func(s *settings) { s.target.host = "h:1" }},
		{"insecure host and port", variables{e + "ENDPOINT": "h:1", e + "INSECURE": "TRUE"}, nil, func(s *settings) { s.target.host = "h:1" }},
		{"secure host and port", variables{e + "ENDPOINT": "h:1", e + "INSECURE": "true", m + "INSECURE": "False"}, nil, func(s *settings) {
			s.target.host, s.target.plaintext = "h:1", false
		}},
		{"https stays https", variables{e + "ENDPOINT": "HTTPS://h:1", e + "INSECURE": "true"}, nil, func(s *settings) {
			s.target.host, s.target.plaintext = "h:1", false
		}},
		{"the program's endpoint stays secure", variables{e + "INSECURE": "true"}, []Option{WithEndpoint("h:1")}, func(s *settings) {
			s.target.host, s.target.plaintext = "h:1", false
		}},
		{"the program's plaintext endpoint needs no certificate", variables{e + "CERTIFICATE": "none.pem"},
			[]Option{WithEndpoint("http://h:1")}, func(s *settings) { s.target.host = "h:1" }},
		{"headers", variables{e + "HEADERS": "api-key = a%20b ,X-Tenant=1=2,"}, nil, func(s *settings) {
			s.headers = map[string]string{"api-key": "a b", "x-tenant": "1=2"}
		}},
		{"headers of metrics go first", variables{e + "HEADERS": "a=1", m + "HEADERS": "b=2"}, nil, func(s *settings) {
			s.headers = map[string]string{"b": "2"}
		}},
		{"headers of the program replace them", variables{e + "HEADERS": "a=1"}, []Option{WithHeaders(map[string]string{"C": "3"})}, func(s *settings) {
			s.headers = map[string]string{"c": "3"}
		}},
		{"compression", variables{e + "COMPRESSION": "none"}, nil, func(s *settings) { s.gzip = false }},
		{"times", variables{
			e + "TIMEOUT": "900", m + "TIMEOUT": "1500",
			"OTEL_METRIC_EXPORT_INTERVAL": "250", "OTEL_METRIC_EXPORT_TIMEOUT": "2000",
		}, nil, func(s *settings) {
			s.timeout, s.interval, s.exportTimeout = 1500*time.Millisecond, 250*time.Millisecond, 2*time.Second
		}},
		{"the program's times", variables{
			e + "TIMEOUT": "900", "OTEL_METRIC_EXPORT_INTERVAL": "250", "OTEL_METRIC_EXPORT_TIMEOUT": "2000",
		}, []Option{WithTimeout(MinDuration), WithInterval(MinDuration + 1), WithExportTimeout(MinDuration + 2), WithBatchSize(4)}, func(s *settings) {
			s.timeout, s.interval, s.exportTimeout, s.batchSize = MinDuration, MinDuration+1, MinDuration+2, 4
		}},
		{"temporality is the program's", variables{m + "TEMPORALITY_PREFERENCE": "delta"}, nil, func(*settings) {}},
		{"delta when the program says so", variables{m + "TEMPORALITY_PREFERENCE": "nonsense"},
			[]Option{WithTemporality(metricdata.DeltaTemporality)}, func(s *settings) { s.delta = true }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := settled(t, test.vars, test.opts...)
			if err != nil {
				t.Fatal(err)
			}
			want := defaults
			test.want(&want)
			if (got.tls == nil) != want.target.plaintext {
				t.Errorf("TLS %v to %s", got.tls != nil, want.target)
			}
			if !maps.Equal(got.headers, want.headers) {
				t.Errorf("headers = %v, want %v", got.headers, want.headers)
			}
			got.tls, got.headers, want.headers = nil, nil, nil
			if got.target != want.target || got.gzip != want.gzip || got.timeout != want.timeout ||
				got.interval != want.interval || got.exportTimeout != want.exportTimeout ||
				got.batchSize != want.batchSize || got.delta != want.delta {
				t.Errorf("settings = %+v, want %+v", got, want)
			}
		})
	}
}

func TestEnvironmentErrors(t *testing.T) {
	const e, m = "OTEL_EXPORTER_OTLP_", "OTEL_EXPORTER_OTLP_METRICS_"
	const canary = "s3cr3t-canary"
	dir := t.TempDir()
	cert, key := otlptest.NewCA(t).Client(t, "client")
	certPath, keyPath := write(t, filepath.Join(dir, "cert.pem"), cert), write(t, filepath.Join(dir, "key.pem"), key)
	broken := write(t, filepath.Join(dir, "broken.pem"), []byte(canary))
	missing := filepath.Join(dir, "missing.pem")
	const tls = "https://h:1"
	tests := []struct {
		name string
		vars variables
		want []string // one for each line of the error
	}{
		{"json", variables{e + "PROTOCOL": "http/json"}, []string{`OTEL_EXPORTER_OTLP_PROTOCOL="http/json": want grpc or http/protobuf`}},
		{"protocol of metrics", variables{m + "PROTOCOL": "GRPC"}, []string{`OTEL_EXPORTER_OTLP_METRICS_PROTOCOL="GRPC": want`}},
		{"no URL", variables{e + "ENDPOINT": "collector"}, []string{`OTEL_EXPORTER_OTLP_ENDPOINT="collector": want http://host:port, https://host:port or host:port`}},
		{"scheme", variables{m + "ENDPOINT": "ftp://h:1"}, []string{`OTEL_EXPORTER_OTLP_METRICS_ENDPOINT="ftp://h:1": want`}},
		{"port", variables{e + "ENDPOINT": "http://h:70000"}, []string{`ENDPOINT="http://h:70000": want`}},
		{"port zero", variables{e + "ENDPOINT": "h:0"}, []string{`ENDPOINT="h:0": want`}},
		{"host and port not ASCII", variables{e + "ENDPOINT": "h\u00e9:1"}, []string{"ENDPOINT=\"h\u00e9:1\": want"}},
		{"host not ASCII", variables{e + "ENDPOINT": "http://h%C3%A9:1"}, []string{`ENDPOINT="http://h%C3%A9:1": want`}},
		{"no host", variables{e + "ENDPOINT": "http://:1"}, []string{`ENDPOINT="http://:1": want`}},
		{"user in the URL", variables{e + "ENDPOINT": "https://u:" + canary + "@h:1"}, []string{`ENDPOINT="(hidden)": credentials, query and fragment have no place`}},
		{"query in the URL", variables{e + "ENDPOINT": "https://h:1?key=" + canary}, []string{`ENDPOINT="(hidden)": credentials`}},
		{"unreadable URL with a user", variables{e + "ENDPOINT": "https://u:" + canary + "%zz@h:1"}, []string{`ENDPOINT="(hidden)": want`}},
		{"path with grpc", variables{e + "ENDPOINT": "http://h:1/v1/metrics"}, []string{
			`OTEL_EXPORTER_OTLP_ENDPOINT: the path "/v1/metrics" has no meaning with grpc; is the protocol to be http/protobuf?`}},
		{"insecure", variables{e + "INSECURE": "yes"}, []string{`OTEL_EXPORTER_OTLP_INSECURE="yes": want true or false`}},
		{"compression", variables{e + "COMPRESSION": "zstd"}, []string{`OTEL_EXPORTER_OTLP_COMPRESSION="zstd": want gzip or none`}},
		{"duration", variables{e + "TIMEOUT": "10s"}, []string{`OTEL_EXPORTER_OTLP_TIMEOUT="10s": want a whole number of milliseconds`}},
		{"zero", variables{"OTEL_METRIC_EXPORT_INTERVAL": "0"}, []string{`OTEL_METRIC_EXPORT_INTERVAL="0": want`}},
		{"seconds for milliseconds", variables{"OTEL_METRIC_EXPORT_INTERVAL": "60"}, []string{`OTEL_METRIC_EXPORT_INTERVAL="60": want a whole number of milliseconds, at least 100`}},
		{"too long", variables{"OTEL_METRIC_EXPORT_TIMEOUT": "9223372036855"}, []string{`OTEL_METRIC_EXPORT_TIMEOUT="9223372036855": want`}},
		{"header without =", variables{e + "HEADERS": "a=1," + canary}, []string{`OTEL_EXPORTER_OTLP_HEADERS: entry 2 is not name=value`}},
		{"header name", variables{e + "HEADERS": "a " + canary + "=1"}, []string{`HEADERS: entry 1 is not name=value`}},
		{"header value", variables{m + "HEADERS": "a=" + canary + "%0d%0a,b=%zz" + canary}, []string{
			`OTEL_EXPORTER_OTLP_METRICS_HEADERS: the value of header "b" is not percent-encoded`,
			`OTEL_EXPORTER_OTLP_METRICS_HEADERS: the value of header "a" is not printable ASCII`}},
		{"header of the protocol", variables{e + "HEADERS": "content-type=x,grpc-timeout=1"}, []string{
			`HEADERS: header "content-type" is set by the protocol itself`, `header "grpc-timeout" is set`}},
		{"authority", variables{e + "ENDPOINT": tls, e + "CERTIFICATE": missing}, []string{`OTEL_EXPORTER_OTLP_CERTIFICATE="` + missing + `": no such file`}},
		{"a device as authority", variables{e + "ENDPOINT": tls, e + "CERTIFICATE": os.DevNull}, []string{`CERTIFICATE="` + os.DevNull + `": want a regular file`}},
		{"broken authority", variables{e + "ENDPOINT": tls, m + "CERTIFICATE": broken}, []string{`METRICS_CERTIFICATE="` + broken + `": no certificate in PEM`}},
		{"certificate alone", variables{e + "ENDPOINT": tls, e + "CLIENT_CERTIFICATE": certPath}, []string{`CLIENT_CERTIFICATE="` + certPath + `": a client certificate needs its key`}},
		{"key alone", variables{e + "ENDPOINT": tls, e + "CLIENT_KEY": keyPath}, []string{`OTEL_EXPORTER_OTLP_CLIENT_KEY="` + keyPath + `": a client key needs its certificate`}},
		{"broken key", variables{e + "ENDPOINT": tls, e + "CLIENT_CERTIFICATE": certPath, e + "CLIENT_KEY": broken}, []string{`CLIENT_CERTIFICATE="` + certPath + `": tls: `}},
		{"two missing files", variables{e + "ENDPOINT": tls, e + "CLIENT_CERTIFICATE": missing, e + "CLIENT_KEY": missing}, []string{
			`CLIENT_CERTIFICATE="` + missing, `CLIENT_KEY="` + missing}},
		{"certificate for plaintext", variables{e + "ENDPOINT": "http://h:1", e + "CERTIFICATE": certPath}, []string{
			`OTEL_EXPORTER_OTLP_CERTIFICATE: the endpoint http://h:1 is plaintext`}},
		{"temporality", variables{m + "TEMPORALITY_PREFERENCE": "sometimes"}, []string{`TEMPORALITY_PREFERENCE="sometimes": want cumulative, delta or lowmemory`}},
		{"aggregation", variables{m + "DEFAULT_HISTOGRAM_AGGREGATION": "none"}, []string{`DEFAULT_HISTOGRAM_AGGREGATION="none": want`}},
		{"all at once", variables{e + "PROTOCOL": "x", e + "ENDPOINT": "y", e + "COMPRESSION": "z", e + "TIMEOUT": "w"}, []string{
			`PROTOCOL="x"`, `ENDPOINT="y"`, `COMPRESSION="z"`, `TIMEOUT="w"`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e, err := FromEnv(t.Context(), test.vars.get)
			if err == nil {
				t.Fatalf("FromEnv made %v", e)
			}
			lines := strings.Split(err.Error(), "\n")
			if len(lines) != len(test.want) {
				t.Fatalf("%d errors, want %d:\n%v", len(lines), len(test.want), err)
			}
			for i, want := range test.want {
				if !strings.HasPrefix(lines[i], "otlp: ") || !strings.Contains(lines[i], want) {
					t.Errorf("error %q, want %q", lines[i], want)
				}
			}
			if strings.Contains(err.Error(), canary) {
				t.Errorf("error %q shows a credential", err)
			}
		})
	}
}

func TestFromEnv(t *testing.T) {
	protocols(t, func(t *testing.T, protocol string, collector newCollector) {
		c := collector(t)
		e, err := FromEnv(t.Context(), variables{
			"OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
			"OTEL_EXPORTER_OTLP_ENDPOINT": c.URL(),
			"OTEL_EXPORTER_OTLP_HEADERS":  "api-key=canary-token",
		}.get, WithInterval(never))
		if err != nil {
			t.Fatal(err)
		}
		p := startWith(t, e, newCaught())
		p.counter(t, "requests").Add(t.Context(), 3)
		p.mustFlush(t)
		got := c.Requests()[0]
		if got.Headers.Get("Api-Key") != "canary-token" {
			t.Errorf("headers = %v, want the key", got.Headers)
		}
		if s := p.String(); strings.Contains(s, "canary") {
			t.Errorf("String() = %q shows a credential", s)
		}
	})
}

func TestNotObeyed(t *testing.T) {
	vars := variables{
		"OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE":        "LowMemory",
		"OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION": "base2_exponential_bucket_histogram",
	}
	c := newConfig(nil)
	err := c.preferences(vars.get)
	if err == nil || len(c.errs) > 0 {
		t.Fatalf("not obeyed: %v; errors: %v; want the former alone", err, c.errs)
	}
	for _, want := range []string{`TEMPORALITY_PREFERENCE="LowMemory": not obeyed`, "HISTOGRAM_AGGREGATION=", "otlp.WithTemporality", "views.Exponential"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want it to contain %q", err, want)
		}
	}
}

func TestContextIsOver(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := New(ctx); err == nil {
		t.Error("New succeeded")
	}
	if _, err := FromEnv(ctx, nil); err == nil {
		t.Error("FromEnv succeeded")
	}
	e, err := FromEnv(t.Context(), nil)
	if err != nil {
		t.Fatalf("FromEnv without an environment: %v", err)
	}
	if err := e.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

// No text of an error shows what follows the @ or the ? of an endpoint, or the
// value of a header.
func FuzzNoCredentialInErrors(f *testing.F) {
	const canary = "cAnArY"
	for _, seed := range []string{"https://u:%s@h:1", "h:1?%s", "%s", "name=%s", "https://%s@", "http://h/#%s", "a=1,%s=\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, form string) {
		value := strings.ReplaceAll(form, "%s", canary)
		for name, secret := range map[string]bool{
			"OTEL_EXPORTER_OTLP_ENDPOINT": strings.ContainsAny(value, "@?#"),
			"OTEL_EXPORTER_OTLP_HEADERS":  !strings.Contains(value, canary+"="),
		} {
			err := Check(variables{name: value}.get)
			if err != nil && secret && strings.Contains(err.Error(), canary) && !namesHeader(value, canary) {
				t.Errorf("%s=%q: %v", name, value, err)
			}
		}
	})
}

// Whatever the environment holds, it is settings or an error, which has a line
// for each fault that begins with the variable, and a file's content or a name
// fit for a log.
func FuzzEnvironment(f *testing.F) {
	f.Add("grpc", "http://h:1", "a=b,c=%20", "gzip", "1000", "true", "", "delta")
	f.Add("http/protobuf", "https://h/%0a\x85?x", "a=%0d%0a", "zip", "-1", "y", "/dev/null", "x")
	f.Add("\n", "h:1\n", "=,=;\x00", "\xff", "1e3", "\t", "-----BEGIN", "\u2028")
	f.Add("http/protobuf", "http://\u2028:1/%zz", "host=x", "none", "9223372036855", "FALSE", "a\nb", "lowmemory")
	f.Fuzz(func(t *testing.T, protocol, endpoint, headers, compression, number, flag, file, preference string) {
		env := variables{
			"OTEL_EXPORTER_OTLP_PROTOCOL":                              protocol,
			"OTEL_EXPORTER_OTLP_ENDPOINT":                              endpoint,
			"OTEL_EXPORTER_OTLP_HEADERS":                               headers,
			"OTEL_EXPORTER_OTLP_COMPRESSION":                           compression,
			"OTEL_EXPORTER_OTLP_TIMEOUT":                               number,
			"OTEL_METRIC_EXPORT_INTERVAL":                              number,
			"OTEL_EXPORTER_OTLP_INSECURE":                              flag,
			"OTEL_EXPORTER_OTLP_CERTIFICATE":                           file,
			"OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE":        preference,
			"OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION": preference,
		}
		err := Check(env.get)
		if err == nil {
			c := newConfig(nil)
			c.fill(env.get)
			report, _ := catchingReporter()
			s, err := c.settle(report)
			if err != nil || s.interval < MinDuration || s.timeout < MinDuration || !fitForLog(s.target.String()) {
				t.Errorf("settings %+v, error %v", s, err)
			}
			return
		}
		for line := range strings.SplitSeq(err.Error(), "\n") {
			if !strings.HasPrefix(line, "otlp: OTEL_") || !fitForLog(line) {
				t.Errorf("line %q of an error, want the variable first", line)
			}
		}
	})
}

func fitForLog(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// namesHeader tells whether the canary is part of what reads as a header name.
func namesHeader(value, canary string) bool {
	for entry := range strings.SplitSeq(value, ",") {
		if name, _, found := strings.Cut(entry, "="); found && strings.Contains(name, canary) {
			return true
		}
	}
	return false
}
