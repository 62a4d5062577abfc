// SPDX-License-Identifier: Apache-2.0

package anomaly

import (
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/datapunk/otelauth/semconv"
)

// long reports whether tests may take minutes: OTELAUTH_FAULTS=long.
func long() bool { return os.Getenv("OTELAUTH_FAULTS") == "long" }

// flood makes events that fail, each from a source and on a subject of its own, and an
// attack of 20 failures spread evenly among them.
func flood(d *Detector, keys int, attacker, victim Key) (found bool) {
	d.engine.emit = func(f Finding) {
		found = found || f.Kind == semconv.AnomalyKindBruteForce && f.Source == attacker
	}
	at := monday.UnixNano()
	every := keys / 20
	for i := range keys {
		at += 10_000 // a hundred thousand a second
		ev := event{
			at: at, service: "api", duration: -1,
			source: mix(Key(i+1), 1), subject: mix(Key(i+1), 2),
			result: semconv.ResultFailure, reason: semconv.ReasonUnknownPrincipal,
		}
		if i%every == every/2 {
			ev.source, ev.subject = attacker, victim
		}
		d.engine.observe(&ev)
	}
	return found
}

func TestFloodOfKeysEvictsNoise(t *testing.T) {
	keys := 1_000_000
	if long() {
		keys = 10_000_000
	}
	for run := range 2 {
		before := heap()
		d, err := New(Inline(), WithKey(make([]byte, KeySize)))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if !flood(d, keys, 77, 78) {
			t.Errorf("run %d: an attack of 20 failures among %d keys was not found", run, keys)
		}
		took := time.Since(start)
		used := heap() - before
		t.Logf("%d keys: %.1f million events a second, %.1f MiB held, %d sources, %d let go",
			keys, float64(keys)/took.Seconds()/1e6, float64(used)/(1<<20), len(d.engine.sources.rows), d.engine.sources.evicted)
		if used > DefaultMemory {
			t.Errorf("holds %d bytes, want at most %d", used, DefaultMemory)
		}
		runtime.KeepAlive(d)
	}
}

// heap returns what is alive.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func BenchmarkAnalysis(b *testing.B) {
	d, err := New(Inline(), WithKey(make([]byte, KeySize)))
	if err != nil {
		b.Fatal(err)
	}
	ev := event{at: monday.UnixNano(), service: "api", duration: 1e6}
	for i := 0; b.Loop(); i++ {
		ev.at += 1e6
		ev.source, ev.subject = mix(Key(i%50_000), 1), mix(Key(i%50_000), 2)
		ev.result, ev.reason = semconv.ResultSuccess, 0
		if i%10 == 0 {
			ev.result, ev.reason = semconv.ResultFailure, semconv.ReasonInvalidCredentials
		}
		d.engine.observe(&ev)
	}
}
