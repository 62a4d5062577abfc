// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// binDir holds what the tests build.
var binDir string

func TestMain(m *testing.M) {
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "otelauth-integration-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binDir = dir
	return m.Run()
}

// quickstart builds the program as a user would, in the SDK's own module, and returns its path.
var quickstart = sync.OnceValues(func() (string, error) {
	path := filepath.Join(binDir, "quickstart.exe") // a name that every system runs
	build := exec.Command("go", "build", "-o", path, "./examples/quickstart")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%v: %w\n%s", build, err, out)
	}
	return path, nil
})

// startQuickstart runs it, with its own traffic and with the given variables, until the test ends. It must then end by
// itself and without an error.
func startQuickstart(t *testing.T, env ...string) {
	t.Helper()
	binary, err := quickstart()
	if err != nil {
		t.Fatal(err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	// -for is the net under a test that dies without its cleanup.
	run := exec.CommandContext(ctx, binary, "-addr", "127.0.0.1:0", "-for", "60s")
	run.Env = append(withoutTelemetry(os.Environ()), env...)
	run.Stdout, run.Stderr = t.Output(), t.Output()
	if runtime.GOOS != "windows" {
		run.Cancel = func() error { return run.Process.Signal(os.Interrupt) }
	}
	run.WaitDelay = 15 * time.Second // then it is killed
	if err := run.Start(); err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		// An interrupt is a way to end it that is no error, so the context's own error must not be the outcome either.
		if err := run.Wait(); err != nil && run.ProcessState.ExitCode() != 0 {
			t.Errorf("quickstart: %v", err)
		}
	})
}

// withoutTelemetry leaves out what would configure the pipeline from outside of the test.
func withoutTelemetry(environ []string) []string {
	var kept []string
	for _, v := range environ {
		if !strings.HasPrefix(v, "OTEL_") {
			kept = append(kept, v)
		}
	}
	return kept
}
