// SPDX-License-Identifier: Apache-2.0

package anomaly

import (
	"time"
	"unsafe"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// engine is the analysis. It belongs to one goroutine at a time, reads no clock and
// draws no random number: the same events give the same findings.
type engine struct {
	rules Rules
	off   [semconv.NumAnomalyKind]bool
	emit  func(Finding)

	now      int64 // the latest time of an event
	sources  *table[source, *source]
	subjects *table[subject, *subject]
	pairs    *table[pair, *pair] // of source and subject
	sessions *table[session, *session]
	trust    *filter // pairs that were let in
	services map[string]*service
	byName   []*service // in order of appearance
	patterns int        // how many services have patterns
	ticked   int64
}

// maxServices bounds the services that are analysed; the recorder bounds them too.
const maxServices = 4096

// newEngine divides the memory: two fifths for sources, with their sets of
// subjects, a fifth each for subjects and for pairs, the rest for friends, sessions and
// patterns.
func newEngine(rules Rules, memory int, emit func(Finding)) *engine {
	const unit = 40
	part := func(n int) int { return memory / unit * n }
	return &engine{
		rules:    rules,
		emit:     emit,
		sources:  newTable[source](part(16), int(unsafe.Sizeof(source{}))),
		subjects: newTable[subject](part(8), int(unsafe.Sizeof(subject{}))),
		pairs:    newTable[pair](part(7), int(unsafe.Sizeof(pair{}))),
		sessions: newTable[session](part(2), int(unsafe.Sizeof(session{}))),
		trust:    newFilter(part(4)),
		services: make(map[string]*service),
		patterns: max(part(3)/int(2*unsafe.Sizeof(pattern{})+4*unsafe.Sizeof(block{})), 4),
	}
}

// observe analyses one event.
func (e *engine) observe(ev *event) {
	e.now = max(e.now, ev.at)
	e.tick(e.now)
	svc := e.service(ev.service)
	if svc == nil {
		return
	}
	// The same name at another service is another key.
	id := ident{svc: svc, source: join(ev.source, svc.key), subject: join(ev.subject, svc.key)}
	id.pair = mix(id.source, id.subject)

	switch ev.operation {
	case instrument.OperationRateLimit:
		e.limited(ev, &id)
		return
	case instrument.OperationMFAChallenge, instrument.OperationMFAAnswer:
		e.secondFactor(ev, &id)
		return
	case instrument.OperationToken, instrument.OperationSession:
		e.token(ev, &id)
		return
	default:
	}
	e.serviceAttempt(&id, ev)
	e.token(ev, &id)
	switch {
	case ev.result == semconv.ResultSuccess:
		e.success(ev, &id)
	case ev.result != semconv.ResultFailure:
	case ev.reason == semconv.ReasonMFAFailed:
		e.secondFactor(ev, &id)
	case ev.reason == semconv.ReasonRateLimited:
		e.limited(ev, &id)
	default:
		e.failure(ev, &id)
	}
}

// ident is who an event is about, within its service; 0 is nobody.
type ident struct {
	svc                   *service
	source, subject, pair Key
}

func join(k, service Key) Key {
	if k == 0 {
		return 0
	}
	return mix(k, service)
}

// about says what a finding is about.
type about struct {
	kind     semconv.AnomalyKind
	severity semconv.AnomalySeverity
	source   Key
	subject  Key
}

// raise raises a finding, unless it was raised in this episode already and no less.
func (e *engine) raise(p *episode, ev *event, a about) {
	before := p.raised[a.kind]
	if e.off[a.kind] || before >= a.severity {
		return
	}
	p.raised[a.kind] = a.severity
	e.emit(Finding{
		Time:      time.Unix(0, ev.at).UTC(),
		Kind:      a.kind,
		Severity:  a.severity,
		Service:   ev.service,
		Source:    a.source,
		Subject:   a.subject,
		Count:     int(p.count),
		First:     time.Unix(0, p.first).UTC(),
		Last:      time.Unix(0, p.last).UTC(),
		Escalated: before != 0,
	})
}

// failure looks at an attempt that failed for its credential.
func (e *engine) failure(ev *event, id *ident) {
	w := weights[ev.reason]
	if w == 0 {
		return
	}
	if ev.reason == semconv.ReasonUnknownPrincipal {
		id.svc.tellsUnknown = true
	}
	f := failing{event: ev, ident: id, weight: w, trusted: w}
	f.known = id.subject != 0 && e.trust.has(id.pair)
	if f.known || id.source != 0 && e.shared(id.source) {
		f.trusted = w / 2
		id.svc.friends.add(ev.at, brokenWithin, 1)
		if f.known && id.source != id.svc.rowSource {
			id.svc.row++
			id.svc.rowSource = id.source
		}
		if id.svc.broken(ev.at) {
			return // it fails for all, and so says nothing about this one
		}
	}
	burst := e.pairFails(&f)
	var raised bool
	if id.source != 0 {
		raised = e.sourceFails(&f)
	}
	if burst != nil && !raised {
		e.raise(&burst.episode, ev, about{semconv.AnomalyKindBruteForce, semconv.AnomalySeverityMedium, ev.source, ev.subject})
		burst.hold = true
	}
	if id.subject != 0 {
		e.subjectFails(&f)
	}
}

// failing is a failure and how much it counts.
type failing struct {
	*event
	*ident
	weight  float32 // by its reason
	trusted float32 // and by where it comes from
	known   bool    // the subject was let in from there before
}

// success looks at an attempt that succeeded: either the end of an attack that came
// through, or the proof that the failures before it were a friend's.
func (e *engine) success(ev *event, id *ident) {
	id.svc.successes.add(ev.at, brokenWithin, 1)
	id.svc.row = 0
	known := id.subject != 0 && e.trust.has(id.pair)
	s, p, sub := e.sources.get(id.source), e.pairs.get(id.pair), e.subjects.get(id.subject)
	if severity := e.takeover(ev, id, known, s, p, sub); severity != 0 {
		if p = e.pairs.use(id.pair, ev.at); p != nil {
			p.touch(ev.at, e.rules.Quiet)
			e.raise(&p.episode, ev, about{semconv.AnomalyKindAccountTakeover, severity, ev.source, ev.subject})
			p.forget()
		}
		return
	}
	if p != nil {
		if s != nil {
			s.forgive(p, ev.at)
		}
		p.forget()
	}
	if s != nil && id.subject != 0 {
		s.good.add(id.subject, &e.sources.blocks)
	}
	if sub != nil {
		sub.inRow = 0
		sub.tried.reset(&e.subjects.blocks)
		sub.failures = window{}
	}
	if id.subject != 0 && !known {
		e.trust.add(id.pair)
		if id.source != 0 {
			e.share(id.source)
		}
	}
	if ev.located && id.subject != 0 && !e.off[semconv.AnomalyKindImpossibleTravel] {
		if sub = e.subjects.use(id.subject, ev.at); sub != nil {
			e.travel(ev, sub)
		}
	}
}

// crowd is how many subjects must have been let in from a source before it counts as
// one that people share.
const crowd = 3

// shared reports whether people share the source, as an office or a carrier does.
func (e *engine) shared(source Key) bool { return e.trust.has(mix(source, crowd)) }

// share remembers that one more subject was let in from a source.
func (e *engine) share(source Key) {
	for n := Key(1); n <= crowd; n++ {
		if k := mix(source, n); !e.trust.has(k) || n == crowd {
			e.trust.add(k)
			return
		}
	}
}

// takeover says how grave a success is, 0 if it is nothing.
func (e *engine) takeover(ev *event, id *ident, known bool, s *source, p *pair, sub *subject) semconv.AnomalySeverity {
	b := &e.rules.BruteForce
	switch {
	case p != nil && p.fast.sum(ev.at, b.FastWithin) >= float32(b.Fast):
		return semconv.AnomalySeverityHigh // no fingers are that fast
	case p != nil && p.main.sum(ev.at, b.Within) >= 2*float32(b.Failures):
		return semconv.AnomalySeverityHigh
	case p != nil && p.main.sum(ev.at, b.Within) >= float32(b.Failures):
		return semconv.AnomalySeverityMedium
	case known:
		return 0
	case s != nil && s.attacking(ev.at, e.rules.Quiet, sourceAttacks...) && !e.shared(id.source):
		return semconv.AnomalySeverityHigh
	case sub != nil && sub.attacking(ev.at, e.rules.Quiet, semconv.AnomalyKindDistributedBruteForce):
		return semconv.AnomalySeverityHigh
	}
	return 0
}

// sourceAttacks are the kinds after which a success from a stranger is suspicious.
var sourceAttacks = []semconv.AnomalyKind{
	semconv.AnomalyKindBruteForce, semconv.AnomalyKindUserEnumeration,
	semconv.AnomalyKindPasswordSpray, semconv.AnomalyKindCredentialStuffing,
}
