// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/datapunk/otelauth/exporter"
	"github.com/datapunk/otelauth/exporter/otlp"
	"github.com/datapunk/otelauth/exporter/prom"
	"github.com/datapunk/otelauth/internal/otlptest"
	"github.com/datapunk/otelauth/semconv"
)

// TestSoak lives through a day: 1,440 collections a minute apart, by a scrape and
// by a push, with events of every sort between them, most of them hostile. What
// is reachable afterwards must not grow from one hour to the next.
func TestSoak(t *testing.T) {
	const day = 1440 // collections
	collections, events := Size(day/20, day), Size(45_000_000/day/50, 45_000_000/day+1)

	collector := otlptest.GRPC(t)
	scrape, err := prom.New(prom.WithoutServer())
	if err != nil {
		t.Fatal(err)
	}
	pipe, err := exporter.Start(t.Context(), exporter.WithExporter("prometheus", scrape),
		exporter.WithOTLP(otlp.WithEndpoint(collector.URL()), otlp.WithInterval(time.Hour)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = pipe.Shutdown(background) }()
	v := newVictim(t, pipe.MeterProvider())
	minute := func(collection int) {
		var both sync.WaitGroup
		for half := range 2 {
			both.Go(func() {
				login := v.svc.Authentication(semconv.MethodPassword)
				unknown := errors.New("unknown")
				for i := range events / 2 {
					n := (collection*2+half)*events + i
					switch {
					case n%50 == 0: // the dearest two of a hundred
						fields[n/50%len(fields)].write(v, value(n))()
					case n%50 == 1:
						login.Record(background, time.Millisecond, unknown)
					default:
						login.Record(background, time.Millisecond, nil)
					}
				}
			})
		}
		both.Wait()
		w := httptest.NewRecorder()
		scrape.Handler().ServeHTTP(w, httptest.NewRequestWithContext(background, http.MethodGet, "/metrics", nil))
		if w.Code != http.StatusOK {
			t.Errorf("scrape %d: %d", collection, w.Code)
		}
		if err := pipe.ForceFlush(background); err != nil {
			t.Errorf("push %d: %v", collection, err)
		}
		collector.Forget()
	}

	for i := range collections / 10 { // pools, buffers and handles get their size
		minute(i)
	}
	var heaps []float64
	goroutines := settled()
	for i := range collections {
		minute(i)
		if (i+1)%(collections/24) == 0 {
			heaps = append(heaps, float64(Heap()))
		}
	}
	perDay := slope(heaps) * 24
	if now := settled(); now > goroutines {
		t.Errorf("%d goroutines at the end, %d at the start", now, goroutines)
	}
	// The short version has a twentieth of the events; what leaks by collection or
	// by event shows all the same, at 24 hours' worth of noise.
	if perDay > float64(Size(512, 64)*1024) {
		t.Errorf("the heap grows by %.0f KiB a day: %.0f", perDay/1024, heaps)
	}
	t.Logf("%d collections, %d events: heap %.2f to %.2f MiB, slope %+.1f KiB a day, %d goroutines",
		collections, collections*(events/2*2), heaps[0]/miB, heaps[len(heaps)-1]/miB, perDay/1024, goroutines)
}

// settled waits for goroutines that are about to end, and counts the rest.
func settled() int {
	n := runtime.NumGoroutine()
	for same := 0; same < 20; {
		time.Sleep(time.Millisecond)
		if now := runtime.NumGoroutine(); now != n {
			n, same = now, 0
			continue
		}
		same++
	}
	return n
}

// slope is that of the line through the values, a step apart, by least squares.
func slope(ys []float64) float64 {
	n := float64(len(ys))
	var sx, sy, sxx, sxy float64
	for i, y := range ys {
		x := float64(i)
		sx, sy, sxx, sxy = sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	return (n*sxy - sx*sy) / (n*sxx - sx*sx)
}
