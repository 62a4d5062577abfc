// SPDX-License-Identifier: Apache-2.0

package prom

import (
	"errors"
	"sync"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
)

var (
	// What a scraper reads in the body of an answer 503 or 500.
	errBusy    = errors.New("too many scrapes at a time, try again later")
	errCollect = errors.New("the metrics could not be collected")
	errTimeout = errors.New("collecting the metrics takes too long")
)

// snapshots lets scrapes share a collection. A scrape joins the one that is
// running, or one from which others still make their bodies if it is young
// enough. So many scrapes at once need one collection and its memory once, and
// one after the other always sees what was recorded before it. A client has no
// part in how long a collection is held: it is let go before anything is sent.
//
// promhttp's own CoalesceGather is not used: it serves a collection for as long
// as anybody still reads it, so that slow readers could hold it at will and keep
// metrics from ever changing.
type snapshots struct {
	gather  func() ([]*dto.MetricFamily, error)
	timeout time.Duration
	share   time.Duration
	report  *reporter

	mu      sync.Mutex
	current *snapshot
}

type snapshot struct {
	started  time.Time
	done     chan struct{} // closed when families and err are set
	families []*dto.MetricFamily
	err      error
	users    int // guarded by snapshots.mu

	making sync.Mutex // one at a time: each needs a processor
	bodies map[expfmt.Format]*body
}

// body returns the metrics that are wanted, all if only is empty, as of now.
func (s *snapshots) body(format expfmt.Format, only []string) (*body, error) {
	snap := s.join()
	defer s.leave(snap)
	timer := time.NewTimer(s.timeout)
	defer timer.Stop()
	select {
	case <-snap.done:
		if snap.err != nil {
			return nil, snap.err
		}
		return snap.body(format, only, s.report)
	case <-timer.C:
		s.report.errorf("timeout", "a scrape was given up: collecting the metrics takes longer than %v", s.timeout)
		return nil, errTimeout
	}
}

// body makes one, or returns that of another scrape.
func (snap *snapshot) body(format expfmt.Format, only []string, report *reporter) (*body, error) {
	snap.making.Lock()
	defer snap.making.Unlock()
	if b := snap.bodies[format]; b != nil && len(only) == 0 {
		return b, nil
	}
	b, err := render(snap.families, format, only, func(err error) {
		report.errorf("encode", "a metric is left out of a scrape: %s", describe(err))
	})
	if err != nil {
		return nil, errCollect
	}
	if len(only) == 0 {
		snap.bodies[format] = b
	}
	return b, nil
}

func (s *snapshots) join() *snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	if cur := s.current; cur != nil && (cur.running() || cur.users > 0 && time.Since(cur.started) < s.share) {
		cur.users++
		return cur
	}
	snap := &snapshot{started: time.Now(), done: make(chan struct{}), users: 1, bodies: map[expfmt.Format]*body{}}
	s.current = snap
	// In a goroutine of its own, for it outlives a scrape that does not wait.
	go s.collect(snap)
	return snap
}

func (s *snapshots) leave(snap *snapshot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	snap.users--
	// Nobody needs it any more: do not hold its memory until the next scrape.
	if snap.users == 0 && s.current == snap && !snap.running() {
		s.current = nil
	}
}

func (snap *snapshot) running() bool {
	select {
	case <-snap.done:
		return false
	default:
		return true
	}
}

// collect fills the snapshot. Errors go to the error handler, not to the
// scraper: they can contain values of labels and stack traces.
func (s *snapshots) collect(snap *snapshot) {
	defer func() {
		if p := recover(); p != nil {
			s.report.errorf("collect", "collecting the metrics panicked: %T", p)
			snap.families, snap.err = nil, errCollect
		}
		close(snap.done)
		s.abandon(snap)
	}()
	families, err := s.gather()
	if err != nil {
		s.report.errorf("collect", "some metrics are left out of a scrape: %s", describe(err))
		if len(families) == 0 {
			snap.err = errCollect
			return
		}
	}
	snap.families = families
}

// abandon drops a snapshot that everybody stopped waiting for.
func (s *snapshots) abandon(snap *snapshot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if snap.users == 0 && s.current == snap {
		s.current = nil
	}
}
