// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
)

// newSnapshots gathers one family, and counts how often.
func newSnapshots(share time.Duration) (*snapshots, *atomic.Int64) {
	var n atomic.Int64
	return &snapshots{
		gather: func() ([]*dto.MetricFamily, error) {
			n.Add(1)
			return []*dto.MetricFamily{family("shop_events", 1)}, nil
		},
		timeout: 10 * time.Second,
		share:   share,
		report:  newReporter(time.Hour),
	}, &n
}

// take joins a collection and waits for it, and leaves only when told to.
func take(t *testing.T, s *snapshots) (leave func()) {
	t.Helper()
	snap := s.join()
	<-snap.done
	if snap.err != nil || len(snap.families) != 1 {
		t.Fatalf("got %v, %v", snap.families, snap.err)
	}
	return sync.OnceFunc(func() { s.leave(snap) })
}

func TestSnapshotIsSharedWhileInUse(t *testing.T) {
	s, n := newSnapshots(time.Hour)
	first, second := take(t, s), take(t, s)
	if n.Load() != 1 {
		t.Errorf("collections: got %d, want 1", n.Load())
	}
	first()
	third := take(t, s)
	if n.Load() != 1 {
		t.Errorf("collections: got %d, want 1 while one scrape still uses it", n.Load())
	}
	second()
	third()
	if s.current != nil {
		t.Error("memory is held though nobody needs it")
	}
	take(t, s)()
	if n.Load() != 2 {
		t.Errorf("collections: got %d, want 2", n.Load())
	}
}

// A scrape that never ends must not keep the others from fresh metrics.
func TestOldSnapshotIsNotShared(t *testing.T) {
	s, n := newSnapshots(0)
	slow := take(t, s)
	take(t, s)()
	take(t, s)()
	if n.Load() != 3 {
		t.Errorf("collections: got %d, want 3", n.Load())
	}
	slow()
}

// Whoever asks for the same of the same collection gets the same bytes, and
// nothing is left of the collection when they have it.
func TestBodiesAreShared(t *testing.T) {
	s, n := newSnapshots(time.Hour)
	hold := take(t, s)
	text, proto := formats[len(formats)-1], formats[0]
	body := func(format expfmt.Format, only ...string) *body {
		b, err := s.body(format, only)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	first := body(text)
	if body(text) != first {
		t.Error("made twice")
	}
	if body(proto) == first {
		t.Error("two formats have one body")
	}
	if some := body(text, "nothing"); some == first || some.size != 0 {
		t.Errorf("a part: got %d bytes", some.size)
	}
	if body(text) != first {
		t.Error("a part took the place of the whole")
	}
	hold()
	if n.Load() != 1 || s.current != nil {
		t.Errorf("got %d collections, want 1; still held: %v", n.Load(), s.current != nil)
	}
}

func TestAbandonedSnapshotIsLetGo(t *testing.T) {
	s, _ := newSnapshots(time.Hour)
	gate := make(chan struct{})
	s.gather = func() ([]*dto.MetricFamily, error) { <-gate; return nil, nil }
	s.timeout = time.Millisecond
	s.report.handle = func(error) {}
	if _, err := s.body(formats[0], nil); !errors.Is(err, errTimeout) {
		t.Fatalf("got %v", err)
	}
	close(gate)
	eventually(t, "the snapshot to go", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.current == nil
	})
}

func TestPanickingGatherer(t *testing.T) {
	s, _ := newSnapshots(time.Hour)
	var got reports
	s.report.handle = got.handle
	s.gather = func() ([]*dto.MetricFamily, error) { panic("canary") }
	_, err := s.body(formats[0], nil)
	if !errors.Is(err, errCollect) {
		t.Errorf("got %v", err)
	}
	if all := got.all(); len(all) != 1 || all[0] != "prom: collecting the metrics panicked: string" {
		t.Errorf("reports: got %q", all)
	}
}
