// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestMain fails the whole run if anything of the package is left running after
// the last test.
func TestMain(m *testing.M) {
	code := m.Run()
	http.DefaultClient.CloseIdleConnections()
	if left := leftRunning(); code == 0 && left != "" {
		fmt.Fprintf(os.Stderr, "left running:\n%s\n", left)
		code = 1
	}
	os.Exit(code)
}

// leftRunning returns the stacks that are still in this package or in a server
// of net/http after some time to end.
func leftRunning() string {
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		buf := make([]byte, 1<<20)
		var left []string
		for stack := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
			ours := strings.Contains(stack, "otelauth/exporter/prom.") || strings.Contains(stack, "net/http.(*conn).serve")
			if ours && !strings.Contains(stack, "prom.TestMain") {
				left = append(left, stack)
			}
		}
		if len(left) == 0 || time.Now().After(deadline) {
			return strings.Join(left, "\n\n")
		}
	}
}
