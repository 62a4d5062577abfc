// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"slices"
	"strings"
	"testing"
)

const (
	self = "github.com/datapunk/otelauth"
	otel = "go.opentelemetry.io/otel"
	sdk  = otel + "/sdk"
)

// apiClosure is the OpenTelemetry API and all that it brings along.
var apiClosure = []string{
	otel,
	otel + "/attribute/...",
	otel + "/baggage/...",
	otel + "/codes",
	otel + "/internal/...",
	otel + "/log/...",
	otel + "/metric/...",
	otel + "/propagation/...",
	otel + "/semconv/...",
	otel + "/trace/...",
	"go.opentelemetry.io/auto/sdk/...", // imported by otel/trace; it is an API for probes, no SDK
	"github.com/go-logr/logr/...",
	"github.com/go-logr/stdr",
	"github.com/cespare/xxhash/v2",
}

// exporting is everything that only a program which exports may compile.
var exporting = []string{
	sdk + "/...",
	otel + "/exporters/...",
	self + "/views/...",
	self + "/exporter/...",
	"github.com/prometheus/...",
	"google.golang.org/grpc/...",
	"google.golang.org/protobuf/...",
	"go.opentelemetry.io/proto/...",
}

var rules = []Rule{
	{
		Why:    "semconv is names, for anybody to import at no cost",
		Of:     []string{self + "/semconv"},
		Only:   []string{otel + "/attribute"},
		Direct: true,
	},
	{
		Why:    "typed instruments need the metric API and the names",
		Of:     []string{self + "/semconv/authconv"},
		Only:   []string{self + "/semconv", otel + "/attribute", otel + "/metric", otel + "/metric/noop"},
		Direct: true,
	},
	{
		Why:   "instrument imports the OpenTelemetry API and nothing else",
		Of:    []string{self + "/instrument"},
		Only:  append([]string{self + "/semconv/...", self + "/internal/..."}, apiClosure...),
		Never: exporting,
	},
	{
		Why: "what a service calls brings no SDK and no exporter",
		Of:  []string{self + "/instrument/..."},
		// Interceptors speak gRPC; assertions for tests read from an SDK.
		Except: []string{self + "/instrument/authgrpc/...", self + "/instrument/instrumenttest/...",
			self + "/instrument/adapters/internal/adaptertest"},
		Never: exporting,
	},
	{
		Why:   "what is above instrument knows no exporter",
		Of:    []string{self + "/instrument/..."},
		Never: []string{self + "/views/...", self + "/exporter/...", otel + "/exporters/...", "github.com/prometheus/..."},
	},
	{
		Why:    "views are options for the SDK, made from the names",
		Of:     []string{self + "/views/..."},
		Only:   []string{self + "/semconv", self + "/views/...", otel + "/attribute", otel + "/metric", sdk + "/..."},
		Direct: true,
	},
	{
		Why:   "views serve every exporter and know none",
		Of:    []string{self + "/views/..."},
		Never: []string{self + "/instrument/...", self + "/exporter/...", otel + "/exporters/...", "github.com/prometheus/...", "google.golang.org/grpc/..."},
	},
	{
		Why:   "an exporter carries any metrics, not only those of instrument",
		Of:    []string{self + "/exporter/..."},
		Never: []string{self + "/instrument/..."},
	},
	{
		Why:   "who scrapes compiles nothing of OTLP, and an exporter does not import the umbrella over it",
		Of:    []string{self + "/exporter/prom/..."},
		Never: []string{self + "/exporter", self + "/exporter/otlp/...", otel + "/exporters/otlp/...", "google.golang.org/grpc/..."},
	},
	{
		Why:   "who pushes compiles nothing of Prometheus, and an exporter does not import the umbrella over it",
		Of:    []string{self + "/exporter/otlp/..."},
		Never: []string{self + "/exporter", self + "/exporter/prom/...", otel + "/exporters/prometheus/...", "github.com/prometheus/..."},
	},
	{
		Why:    "nothing builds on an example, on the generator or on this test",
		Of:     []string{self + "/..."},
		Except: []string{self + "/examples/...", self + "/internal/..."},
		Never:  []string{self + "/examples/...", self + "/internal/semgen/...", self + "/internal/archtest/..."},
	},
}

func TestImports(t *testing.T) {
	g, err := Load(t.Context(), repository(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules {
		for _, broken := range r.Check(g) {
			t.Error(broken)
		}
	}
}

// TestImportsOfTests keeps assertion libraries out: a test here is read with no other manual than Go's.
func TestImportsOfTests(t *testing.T) {
	g, err := Load(t.Context(), repository(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range g.Matching(self + "/...") {
		for _, dep := range slices.Concat(g[path].TestImports, g[path].XTestImports) {
			if strings.HasPrefix(dep, "github.com/stretchr/") || strings.HasPrefix(dep, "github.com/google/go-cmp") {
				t.Errorf("a test of %s imports %s; use the standard library and metricdatatest", path, dep)
			}
		}
	}
}

// TestModulesBehindInstrument names all the modules that a program gets by importing instrument.
func TestModulesBehindInstrument(t *testing.T) {
	want := []string{
		self,
		otel, otel + "/log", otel + "/metric", otel + "/trace",
		"go.opentelemetry.io/auto/sdk",
		"github.com/cespare/xxhash/v2",
		"github.com/go-logr/logr", "github.com/go-logr/stdr",
	}
	g, err := Load(t.Context(), repository(t))
	if err != nil {
		t.Fatal(err)
	}
	for dep, chain := range g.Chains(self + "/instrument") {
		if m := g[dep].Module; m != nil && !slices.Contains(want, m.Path) {
			t.Errorf("instrument brings the module %s by %s", m.Path, strings.Join(chain, " → "))
		}
	}
}
