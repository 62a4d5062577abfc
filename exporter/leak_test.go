// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/datapunk/otelauth/exporter/prom"
)

func TestNothingKeepsRunning(t *testing.T) {
	setenv(t, nil)
	for range 3 {
		p, err := Start(t.Context(), onFreePort(), WithConsole(&safeBuffer{}))
		if err != nil {
			t.Fatal(err)
		}
		scrape(t, p)
		if err := p.Shutdown(context.Background()); err != nil {
			t.Fatal(err)
		}
		if p, err := Start(t.Context(), onFreePort(), WithConsole(&safeBuffer{}), WithPrometheus(prom.WithMaxRequests(0))); err == nil {
			t.Fatal(p)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	var stacks string
	eventually(t, "every goroutine of the pipelines to end", func() bool {
		buf := make([]byte, 1<<20)
		stacks = string(buf[:runtime.Stack(buf, true)])
		return !strings.Contains(stacks, "otelauth/exporter/prom.") &&
			!strings.Contains(stacks, "PeriodicReader") && !strings.Contains(stacks, "exporter.each")
	})
}
