// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"runtime"
	"testing"
	"time"
)

// What an exporter started is over when its shutdown is.
func TestNothingKeepsRunning(t *testing.T) {
	protocols(t, func(t *testing.T, protocol string, collector newCollector) {
		c := collector(t)
		round := func() {
			p := start(t, WithProtocol(protocol), WithEndpoint(c.URL()), every(time.Millisecond))
			p.counter(t, "requests").Add(t.Context(), 1)
			p.mustFlush(t)
			if err := p.provider.Shutdown(t.Context()); err != nil {
				t.Errorf("Shutdown: %v", err)
			}
			c.DropConnections()
		}
		round()
		before := runtime.NumGoroutine()
		const rounds = 20
		for range rounds {
			round()
		}
		// Connections end a moment after they are closed.
		deadline := time.Now().Add(long)
		for runtime.NumGoroutine() > before+rounds/2 {
			if time.Now().After(deadline) {
				t.Fatalf("%d goroutines after %d rounds, %d before", runtime.NumGoroutine(), rounds, before)
			}
			time.Sleep(time.Millisecond)
		}
	})
}
