// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

func TestOptionErrors(t *testing.T) {
	const canary = "s3cr3t-canary"
	tests := []struct {
		name string
		opts []Option
		want []string
	}{
		{"protocol", []Option{WithProtocol("http/json")}, []string{`WithProtocol("http/json"): want grpc or http/protobuf`}},
		{"endpoint", []Option{WithEndpoint("unix:///run/otlp")}, []string{`WithEndpoint("unix:///run/otlp"): want`}},
		{"empty endpoint", []Option{WithEndpoint("")}, []string{`WithEndpoint(""): want`}},
		{"credentials", []Option{WithEndpoint("https://u:" + canary + "@h:1")}, []string{`WithEndpoint("(hidden)"): credentials`}},
		{"insecure https", []Option{WithEndpoint("https://h:1"), WithInsecure()}, []string{
			"WithInsecure: the endpoint https://h:1 of WithEndpoint asks for TLS"}},
		{"compression", []Option{WithCompression("zip")}, []string{`WithCompression("zip"): want gzip or none`}},
		{"timeout", []Option{WithTimeout(0)}, []string{`WithTimeout("0s"): want at least 100ms`}},
		{"interval", []Option{WithInterval(-time.Second)}, []string{`WithInterval("-1s"): want at least 100ms`}},
		{"interval without a unit", []Option{WithInterval(60)}, []string{`WithInterval("60ns"): want at least 100ms`}},
		{"interval just too short", []Option{WithInterval(MinDuration - 1)}, []string{`WithInterval("99.999999ms"): want at least`}},
		{"export timeout", []Option{WithExportTimeout(-1)}, []string{`WithExportTimeout("-1ns"): want at least 100ms`}},
		{"batch size", []Option{WithBatchSize(0)}, []string{`WithBatchSize("0"): want more than zero`}},
		{"temporality", []Option{WithTemporality(metricdata.Temporality(9))}, []string{"WithTemporality("}},
		{"headers", []Option{WithHeaders(map[string]string{"a b": canary, "c": canary + "\n", "D": "1", "d": canary, "host": "x", "": canary})}, []string{
			`WithHeaders: a name of 0 bytes is not a header name`, `WithHeaders: a name of 3 bytes is not a header name`,
			`WithHeaders: the value of header "c" is not printable ASCII`,
			`WithHeaders: header "d" is given twice`, `WithHeaders: header "host" is set by the protocol itself`}},
		{"authority", []Option{WithEndpoint("h:1"), WithCACertificate("")}, []string{`WithCACertificate(""): no such file`}},
		{"authority for plaintext", []Option{WithEndpoint("http://h:1"), WithCACertificate("x")}, []string{
			"WithCACertificate: the endpoint http://h:1 is plaintext"}},
		{"certificate for the default", []Option{WithClientCertificate("x", "y")}, []string{
			"WithClientCertificate: the endpoint http://localhost:4317 is plaintext"}},
		{"several", []Option{WithProtocol("x"), nil, WithTimeout(-1)}, []string{`WithProtocol("x")`, `WithTimeout("-1ns")`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e, err := New(t.Context(), test.opts...)
			if err == nil {
				t.Fatalf("New made %v", e)
			}
			lines := strings.Split(err.Error(), "\n")
			if len(lines) != len(test.want) {
				t.Fatalf("%d errors, want %d:\n%v", len(lines), len(test.want), err)
			}
			for i, want := range test.want {
				if !strings.HasPrefix(lines[i], "otlp: "+want) {
					t.Errorf("error %q, want %q", lines[i], want)
				}
			}
			if strings.Contains(err.Error(), canary) {
				t.Errorf("error %q shows a credential", err)
			}
		})
	}
}

// An option is by value: it does not change with what it was made from.
func TestHeadersAreCopied(t *testing.T) {
	headers := map[string]string{"a": "1"}
	option := WithHeaders(headers)
	headers["a"] = "2"
	if got := newConfig([]Option{option}).headers.value["a"]; got != "1" {
		t.Errorf("header = %q, want what it was when the option was made", got)
	}
}
