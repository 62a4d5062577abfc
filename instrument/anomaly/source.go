// SPDX-License-Identifier: Apache-2.0

package anomaly

import (
	"time"

	"github.com/datapunk/otelauth/semconv"
)

// source is what is kept of one source at one service, from its first failure on.
type source struct {
	head
	episode
	fast, main, slow window
	limits           window

	// The breadth of what it tried, over at most a breadthSpan.
	since    int64
	tried    distinct // subjects that failed
	tries    float32  // failures of a named subject
	unknown  float32  // of them, of an unknown one
	nameless float32  // failures without a subject
	gaps     int32    // between failures
	longGaps int32    // of them, the slow ones
	lastFail int64

	good distinct // subjects that were let in: an office, a carrier's NAT
}

const breadthSpan = 12 * time.Hour

func (s *source) drop(blocks *budget) {
	s.tried.reset(blocks)
	s.good.reset(blocks)
}

// sourceFails counts a failure of a source and raises what it amounts to. It reports
// whether a finding about the source lasts.
func (e *engine) sourceFails(f *failing) bool {
	s := e.sources.use(f.source(), f.at)
	if s == nil {
		return false
	}
	s.touch(f.at, e.rules.Quiet)
	b := &e.rules.BruteForce
	fast := s.fast.add(f.at, b.FastWithin, f.weight)
	main := s.main.add(f.at, b.Within, f.trusted)
	slow := s.slow.add(f.at, b.SlowWithin, f.trusted)
	s.breadth(f, b.DripGap, &e.sources.blocks)

	// Behind an office's address, some always mistype.
	room := float32(s.good.count()) / 8
	burst := fast >= float32(b.Fast)+room || main >= float32(b.Failures)+room
	lasting := slow >= float32(b.Slow)+room
	drip := s.drips(b.Drips)
	if burst || lasting || drip {
		severity := semconv.AnomalySeverityMedium
		switch {
		case main >= 10*float32(b.Failures)+room:
			severity = semconv.AnomalySeverityHigh
		case !burst:
			severity = semconv.AnomalySeverityLow
		}
		switch {
		case drip && !burst && !lasting:
			s.quiet = slowQuiet
			s.count = max(s.count, s.gaps+1)
		case lasting:
			s.quiet = max(s.quiet, b.SlowWithin)
		}
		e.judge(s, f, severity, main, drip && !burst)
		s.hold = true
	}
	return s.attacking(f.at, e.rules.Quiet, sourceAttacks...)
}

// source returns the key in the table, not the one that leaves.
func (f *failing) source() Key { return f.ident.source }

// judge says what kind of attack it is: by how many subjects share the failures, and
// whether they exist.
func (e *engine) judge(s *source, f *failing, severity semconv.AnomalySeverity, main float32, drip bool) {
	subjects := float32(s.tried.count())
	few := func(least, tries int) bool {
		return subjects >= float32(least) && s.tries <= float32(tries)*subjects
	}
	raise := func(kind semconv.AnomalyKind, severity semconv.AnomalySeverity) {
		if severity == semconv.AnomalySeverityHigh && s.grave(sourceAttacks) {
			severity = semconv.AnomalySeverityMedium // it was said once how grave it is
		}
		e.raise(&s.episode, f.event, about{kind: kind, severity: severity, source: f.event.source})
	}
	r := &e.rules
	names := r.UserEnumeration.Subjects
	if drip {
		names = 3 // it takes hours to come to more
	}
	broad := false
	if few(names, r.UserEnumeration.Tries) &&
		(2*s.unknown >= s.tries || !f.svc.tellsUnknown) {
		broad = true
		raise(semconv.AnomalyKindUserEnumeration, severity)
	}
	least := r.PasswordSpray.Subjects
	if !f.svc.tellsUnknown {
		least += 3
	}
	known := subjects * (s.tries - s.unknown) / max(s.tries, 1)
	if few(r.PasswordSpray.Subjects, r.PasswordSpray.Tries) && known >= float32(least) {
		broad = true
		raise(semconv.AnomalyKindPasswordSpray, severity)
	}
	if c := r.CredentialStuffing; few(c.Subjects, c.Tries) && main >= float32(c.Subjects) {
		broad = true
		raise(semconv.AnomalyKindCredentialStuffing, semconv.AnomalySeverityHigh)
	}
	if !broad && 2*s.tries <= 3*subjects && subjects >= 4 {
		return // one more subject will tell which
	}
	if !broad || s.nameless >= float32(r.BruteForce.Failures) {
		raise(semconv.AnomalyKindBruteForce, severity)
	}
}

// breadth keeps account of what the source tries.
func (s *source) breadth(f *failing, long time.Duration, blocks *budget) {
	if f.at-s.since > int64(breadthSpan) {
		s.tried.reset(blocks)
		s.since, s.tries, s.unknown, s.nameless, s.gaps, s.longGaps, s.lastFail = f.at, 0, 0, 0, 0, 0, 0
	}
	if s.lastFail != 0 {
		s.gaps++
		if f.at-s.lastFail >= int64(long) {
			s.longGaps++
		}
	}
	s.lastFail = f.at
	if f.ident.subject == 0 {
		s.nameless++
		return
	}
	s.tries++
	if f.reason == semconv.ReasonUnknownPrincipal {
		s.unknown++
	}
	s.tried.add(f.ident.subject, blocks)
}

// drips reports whether failures come at long intervals and will not end. On one or
// two subjects that is a client with an old password as often as not, and needs twice
// as many.
func (s *source) drips(least int) bool {
	if s.tried.count() < 3 {
		least *= 2
	}
	return int(s.gaps)+1 >= least && 2*s.longGaps >= s.gaps
}

// forgive takes back the failures of a subject that was let in after all.
func (s *source) forgive(p *pair, now int64) {
	n := p.main.cur + p.main.prev
	s.fast = window{}
	s.main.take(n)
	s.slow.take(p.slow.cur + p.slow.prev)
	if now-s.lastFail <= int64(breadthSpan) {
		s.gaps, s.longGaps = 0, 0
	}
	if p.named {
		s.tries = max(s.tries-float32(p.fails), 0)
		s.unknown = min(s.unknown, s.tries)
	} else {
		s.nameless = max(s.nameless-float32(p.fails), 0)
	}
}
