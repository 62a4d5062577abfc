// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
)

// newSnapshots gathers one family, and counts how often.
func newSnapshots(share time.Duration) (*snapshots, *atomic.Int64) {
	var n atomic.Int64
	return &snapshots{
		gather: func() ([]*dto.MetricFamily, error) {
			n.Add(1)
			return []*dto.MetricFamily{{}}, nil
		},
		timeout: 10 * time.Second,
		share:   share,
		report:  newReporter(time.Hour),
	}, &n
}

func take(t *testing.T, s *snapshots) (leave func()) {
	t.Helper()
	families, leave, err := s.Gather()
	if err != nil || len(families) != 1 {
		t.Fatalf("got %v, %v", families, err)
	}
	return leave
}

func TestSnapshotIsSharedWhileInUse(t *testing.T) {
	s, n := newSnapshots(time.Hour)
	first, second := take(t, s), take(t, s)
	if n.Load() != 1 {
		t.Errorf("collections: got %d, want 1", n.Load())
	}
	first()
	first() // leaving twice must not count twice
	third := take(t, s)
	if n.Load() != 1 {
		t.Errorf("collections: got %d, want 1 while one scrape still reads", n.Load())
	}
	second()
	third()
	if s.current != nil {
		t.Error("memory is held though nobody reads")
	}
	take(t, s)()
	if n.Load() != 2 {
		t.Errorf("collections: got %d, want 2", n.Load())
	}
}

// A slow reader must not keep the others from fresh metrics.
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

func TestAbandonedSnapshotIsLetGo(t *testing.T) {
	s, _ := newSnapshots(time.Hour)
	gate := make(chan struct{})
	s.gather = func() ([]*dto.MetricFamily, error) { <-gate; return nil, nil }
	s.timeout = time.Millisecond
	s.report.handle = func(error) {}
	_, leave, err := s.Gather()
	if !errors.Is(err, errTimeout) {
		t.Fatalf("got %v", err)
	}
	leave()
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
	_, leave, err := s.Gather()
	leave()
	if !errors.Is(err, errCollect) {
		t.Errorf("got %v", err)
	}
	if all := got.all(); len(all) != 1 || all[0] != "prom: collecting the metrics panicked: string" {
		t.Errorf("reports: got %q", all)
	}
}
