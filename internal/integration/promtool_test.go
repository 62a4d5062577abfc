// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/datapunk/otelauth/exporter"
	"github.com/datapunk/otelauth/exporter/otlp"
	"github.com/datapunk/otelauth/semconv"
)

const prometheusModule = "github.com/prometheus/prometheus"

// promtool returns the path of the promtool that go.mod pins. It is built when there is none yet of this version, and
// then kept, since that takes minutes.
func promtool(t *testing.T) string {
	t.Helper()
	version := goTool(t, "list", "-m", "-f", "{{.Version}}", prometheusModule)
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "otelauth-tools")
	path := filepath.Join(dir, "promtool-"+version+"-"+runtime.GOOS+"-"+runtime.GOARCH)
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	if _, err := os.Stat(path); err == nil {
		return path
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	// Moved into place whole, so that a build that was cut off, or another one at the same time, does no harm.
	fresh := filepath.Join(dir, fmt.Sprintf("fresh-%d-%s", os.Getpid(), filepath.Base(path)))
	t.Cleanup(func() { _ = os.Remove(fresh) })
	// Without the service discoveries it needs a fraction of the code.
	goTool(t, "build", "-trimpath", "-tags", "remove_all_sd", "-ldflags", "-s -w", "-o", fresh, prometheusModule+"/cmd/promtool")
	if err := os.Rename(fresh, path); err != nil {
		t.Fatal(err)
	}
	return path
}

func goTool(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, stderr.String())
	}
	return strings.TrimSpace(string(out))
}

// checkMetrics runs "promtool check metrics", as an operator would over curl's output, and wants it to say nothing.
func checkMetrics(t *testing.T, exposition string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), promtool(t), "check", "metrics")
	cmd.Stdin = strings.NewReader(exposition)
	out, err := cmd.CombinedOutput()
	if err != nil || len(out) != 0 {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
}

// TestPromtoolComplains makes sure that the tool is one that complains.
func TestPromtoolComplains(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), promtool(t), "check", "metrics")
	cmd.Stdin = strings.NewReader("# TYPE auth_attempts counter\nauth_attempts 1\n")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), `counter metrics should have "_total" suffix`) {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
}

// TestPromtoolCheckMetrics has promtool judge the endpoint of a pipeline that shows every metric of the registry.
func TestPromtoolCheckMetrics(t *testing.T) {
	// With a push, for the counters of what only that can lose.
	c := newCollector(t, "grpc")
	addr := startPipeline(t, pull(), exporter.WithOTLP(otlp.WithEndpoint("https://"+c.addr), otlp.WithCACertificate(c.cert)))
	var exposition string
	// The time of the last scrape is not shown before there was one.
	eventually(t, 30*time.Second, func() error {
		exposition = get(t, "http://"+addr+"/metrics")
		for _, m := range semconv.Metrics() {
			if help := "# HELP " + prometheusName(t, m) + " " + m.Description + "\n"; !strings.Contains(exposition, help) {
				return fmt.Errorf("the endpoint does not show %q", help)
			}
		}
		return nil
	})
	checkMetrics(t, exposition)
}

// get fetches as curl does: as text.
func get(t *testing.T, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s, %v\n%s", url, resp.Status, err, body)
	}
	return string(body)
}
