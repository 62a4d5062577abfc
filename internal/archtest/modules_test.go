// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// goMod is what `go mod edit -json` prints of a go.mod.
type goMod struct {
	Module    struct{ Path string }
	Toolchain string
	Require   []struct {
		Path     string
		Indirect bool
	}
	Exclude, Replace, Tool []any
}

// direct lists the publishers whose modules we import.
var direct = []string{
	"github.com/golang-jwt/jwt/v5", // which the exporter-toolkit brings anyway; instrument/adapters/authjwt reads its errors
	"github.com/google/uuid",       // the identity of a process, which the OpenTelemetry SDK makes in the same way
	"github.com/prometheus/...",
	"go.opentelemetry.io/...",
	"go.uber.org/goleak",  // tests alone
	"go.yaml.in/yaml/...", // the generator of semconv reads the registry
	"golang.org/x/...",
	"google.golang.org/genproto/googleapis/rpc", // the error details of gRPC
	"google.golang.org/grpc",
	"google.golang.org/protobuf",
}

// indirect lists what those bring along, one by one: each is code that our users trust without having
// chosen it, so a new one is let in by hand.
var indirect = []string{
	// OpenTelemetry
	"github.com/cespare/xxhash/v2",
	"github.com/go-logr/logr",
	"github.com/go-logr/stdr",
	// its OTLP exporters
	"github.com/cenkalti/backoff/v5",
	"github.com/grpc-ecosystem/grpc-gateway/v2",
	"google.golang.org/genproto/googleapis/api",
	// Prometheus' client
	"github.com/beorn7/perks",
	"github.com/munnerz/goautoneg",
	// its exporter-toolkit: TLS and users on the scrape endpoint
	"github.com/coreos/go-systemd/v22",
	"github.com/jpillora/backoff",
	"github.com/mdlayher/socket",
	"github.com/mdlayher/vsock",
	"github.com/mwitkow/go-conntrack",
}

func TestRootModuleRequires(t *testing.T) {
	for _, broken := range checkModule(readGoMod(t, repository(t)), direct, indirect) {
		t.Error(broken)
	}
}

func TestCheckModule(t *testing.T) {
	var m goMod
	text := `{
		"Module": {"Path": "m.x/m"}, "Toolchain": "go1.99", "Replace": [{}], "Exclude": [{}], "Tool": [{}],
		"Require": [{"Path": "d.x/good"}, {"Path": "d.x/good/sub", "Indirect": true}, {"Path": "i.x/known", "Indirect": true},
			{"Path": "i.x/known2", "Indirect": true}, {"Path": "i.x/known"}]}`
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	got := checkModule(m, []string{"d.x/good/..."}, []string{"i.x/known"})
	want := []string{
		"directive", "directive", "directive", "directive",
		"indirect dependency i.x/known2", "dependency i.x/known",
	}
	if len(got) != len(want) {
		t.Fatalf("got %q, want %d findings", got, len(want))
	}
	for i := range want {
		if !strings.Contains(got[i], want[i]) {
			t.Errorf("finding %d is %q, want one about %q", i, got[i], want[i])
		}
	}
}

// checkModule returns a line for each requirement that is not listed and each directive that would
// not work, or not be seen, in the go.mod of those who require ours.
func checkModule(m goMod, direct, indirect []string) []string {
	var broken []string
	for what, there := range map[string]bool{
		"exclude": len(m.Exclude) > 0, "replace": len(m.Replace) > 0, "tool": len(m.Tool) > 0, "toolchain": m.Toolchain != "",
	} {
		if there {
			broken = append(broken, m.Module.Path+" has a directive "+what)
		}
	}
	slices.Sort(broken)
	for _, r := range m.Require {
		switch {
		case matchAny(direct, r.Path), r.Indirect && slices.Contains(indirect, r.Path):
		case r.Indirect:
			broken = append(broken, m.Module.Path+" has the unlisted indirect dependency "+r.Path)
		default:
			broken = append(broken, m.Module.Path+" has the unlisted dependency "+r.Path)
		}
	}
	return broken
}

func readGoMod(t *testing.T, dir string) goMod {
	t.Helper()
	out, err := goCommand(t.Context(), dir, "mod", "edit", "-json")
	if err != nil {
		t.Fatal(err)
	}
	var m goMod
	if err := json.Unmarshal(out, &m); err != nil {
		t.Fatalf("output of go mod edit: %v", err)
	}
	if m.Module.Path != self {
		t.Fatalf("%s is the module %q, want %q", dir, m.Module.Path, self)
	}
	return m
}
