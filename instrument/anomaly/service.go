// SPDX-License-Identifier: Apache-2.0

package anomaly

import (
	"math"
	"time"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// service is what is kept of one service.
type service struct {
	name         string
	key          Key
	tellsUnknown bool // it has said once that a subject is unknown

	// While friends fail and hardly anybody gets in, the service is broken.
	friends, successes window
	row                int32 // friends at one source after another that failed since the last success
	rowSource          Key

	attempts         int64
	first, last, gap int64 // gap is the longest silence so far
	lively           int32 // windows with attempts
	dormant          bool
	episode          episode
	ratio            cusum
	volume           volume
	slowWindows      int
	learnedLatency   int
	baseline         latencies
	window, life     *pattern // nil where there is no memory for them
}

const brokenWithin = 5 * time.Minute

// broken reports whether those who were let in before, and those at addresses that
// people share, fail more often than anybody succeeds.
func (s *service) broken(now int64) bool {
	if s.row >= 10 {
		return true
	}
	friends := s.friends.sum(now, brokenWithin)
	return friends >= 20 && friends > 2*s.successes.sum(now, brokenWithin)
}

// serviceKeys makes keys of services, whose names are no secret.
var serviceKeys = newKeyer(make([]byte, KeySize))

// service returns what is kept of a service, nil if there are too many.
func (e *engine) service(name string) *service {
	if s := e.services[name]; s != nil {
		return s
	}
	if len(e.services) >= maxServices {
		return nil
	}
	s := &service{name: name, key: serviceKeys.text(domainService, name)}
	if len(e.byName) < e.patterns {
		s.window, s.life = new(pattern), new(pattern)
	}
	e.services[name] = s
	e.byName = append(e.byName, s)
	return s
}

// serviceAttempt counts an attempt for the service as a whole.
func (e *engine) serviceAttempt(id *ident, ev *event) {
	s := id.svc
	if s.attempts == 0 {
		s.first = ev.at
	} else if gap := ev.at - s.last; gap > s.gap && !s.dormant {
		s.gap = gap
	}
	s.attempts++
	s.last = max(s.last, ev.at)
	if s.dormant {
		s.dormant = false
		e.raiseService(s, ev, semconv.AnomalyKindServiceWoke, semconv.AnomalySeverityLow)
	}
	e.turn(s, ev)
	if s.window != nil {
		s.window.add(ev)
		s.life.add(ev)
	}
	s.volume.count++
	failed := ev.result != semconv.ResultSuccess
	if ev.result == semconv.ResultNone || ev.result == semconv.ResultBypassed {
		return
	}
	if failed && e.failedBefore(id, ev) {
		return
	}
	if s.ratio.add(failed, &e.rules.FailureRatioShift) {
		e.raiseService(s, ev, semconv.AnomalyKindFailureRatioShift, semconv.AnomalySeverityMedium)
	}
}

// failedBefore reports whether a failure depends on those before it, which a CUSUM
// cannot bear: somebody who tries again, or a source that fails on and on, which is
// found as that and here would only say how few others there are at night.
func (e *engine) failedBefore(id *ident, ev *event) bool {
	if s := e.sources.get(id.source); s != nil && s.count > 5 {
		return true
	}
	p := e.pairs.get(id.pair)
	return p != nil && p.slow.sum(ev.at, e.rules.BruteForce.SlowWithin) > 0
}

func (e *engine) raiseService(s *service, ev *event, kind semconv.AnomalyKind, severity semconv.AnomalySeverity) {
	s.episode.touch(ev.at, e.rules.Quiet)
	e.raise(&s.episode, ev, about{kind: kind, severity: severity})
}

// turn closes the service's window if it is over, and looks at it.
func (e *engine) turn(s *service, ev *event) {
	span := int64(e.rules.VolumeShift.Window)
	start := ev.at - ev.at%span
	if s.volume.start >= start {
		return
	}
	if s.volume.start != 0 && s.volume.start+span == start {
		if s.volume.shifted(&e.rules.VolumeShift) {
			e.raiseService(s, ev, semconv.AnomalyKindVolumeShift, semconv.AnomalySeverityLow)
		}
	}
	s.volume.start, s.volume.count = start, 0
	s.lively++
	if s.window == nil {
		return
	}
	if e.slower(s) {
		e.raiseService(s, ev, semconv.AnomalyKindLatencyShift, semconv.AnomalySeverityLow)
	}
	s.window.begin(start)
}

// slower reports whether the window that ends was the second that was slow.
func (e *engine) slower(s *service) bool {
	r := &e.rules.LatencyShift
	l := &s.window.latencies
	if l.n < float32(r.Samples) {
		return false
	}
	now, usual := l.quantile(0.95), s.baseline.quantile(0.95)
	if s.learnedLatency >= 3 && now >= time.Duration(r.Factor*float64(usual)) && now-usual >= r.Least {
		s.slowWindows++
		s.baseline.blend(l, 0.02) // it may stay so
		return s.slowWindows >= 2
	}
	s.slowWindows = 0
	part := float32(0.1)
	if s.learnedLatency < 10 {
		s.learnedLatency++
		part = 1 / float32(s.learnedLatency)
	}
	s.baseline.blend(l, part)
	return false
}

// livelyWindows is in how many windows of ten minutes a service must have been heard
// before its silence says anything.
const livelyWindows = 100

// tick looks for services that fell silent, once a minute of the events' clock.
func (e *engine) tick(now int64) {
	if now-e.ticked < int64(time.Minute) {
		return
	}
	e.ticked = now
	r := &e.rules.Dormancy
	for _, s := range e.byName {
		if s.dormant || s.attempts < int64(r.Least) || s.lively < livelyWindows || s.last-s.first < int64(24*time.Hour) {
			continue
		}
		silence := max(float64(r.Silence), r.Factor*float64(s.gap))
		if float64(now-s.last) > silence {
			s.dormant = true
			s.gap = now - s.last
			ev := event{at: now, service: s.name}
			e.raiseService(s, &ev, semconv.AnomalyKindServiceDormant, semconv.AnomalySeverityLow)
		}
	}
}

// volume compares the attempts of a window with those of the same hour of other days,
// working days and weekends apart.
type volume struct {
	start  int64
	count  int32
	odd    int
	usual  [48]float32
	spread [48]float32 // mean absolute deviation
	visits [48]uint16
}

// learnVisits is how many windows of an hour are seen before it is judged: two days'.
const learnVisits = 12

func (v *volume) shifted(r *VolumeShift) bool {
	at := time.Unix(0, v.start).UTC()
	slot := at.Hour()
	if d := at.Weekday(); d == time.Saturday || d == time.Sunday {
		slot += 24
	}
	x, usual := float64(v.count), float64(v.usual[slot])
	off := math.Abs(x - usual)
	spread := max(float64(v.spread[slot]), math.Sqrt(usual))
	odd := v.visits[slot] >= learnVisits && off > r.Deviations*spread &&
		(x > r.Factor*usual || r.Factor*x < usual) && max(x, usual) >= float64(r.Least)
	part := float32(0.1)
	if v.visits[slot] < learnVisits {
		v.visits[slot]++
		part = 1 / float32(v.visits[slot])
	}
	if odd {
		v.odd++
		part = 0.02
	} else {
		v.odd = 0
	}
	v.spread[slot] += part * (float32(off) - v.spread[slot])
	v.usual[slot] += part * (float32(x) - v.usual[slot])
	return v.odd >= 2
}

// pattern is what a service's attempts are made of.
type pattern struct {
	start     int64
	attempts  int64
	successes int64
	failures  int64
	errors    int64
	reasons   [semconv.NumReason]int64
	methods   [semconv.NumMethod]int64
	tokens    [semconv.NumTokenType]int64
	sources   distinct
	subjects  distinct
	latencies latencies
}

func (p *pattern) begin(at int64) { *p = pattern{start: at} }

func (p *pattern) add(ev *event) {
	if p.start == 0 {
		p.start = ev.at
	}
	p.attempts++
	switch ev.result {
	case semconv.ResultSuccess:
		p.successes++
	case semconv.ResultFailure:
		p.failures++
		p.reasons[ev.reason]++
	case semconv.ResultError:
		p.errors++
	default:
	}
	if ev.operation == instrument.OperationAuthentication {
		p.methods[ev.label]++
	} else {
		p.tokens[ev.label]++
	}
	room := budget{1} // both sets may be large: there are few patterns
	if ev.source != 0 {
		p.sources.add(ev.source, &room)
	}
	room = budget{1}
	if ev.subject != 0 {
		p.subjects.add(ev.subject, &room)
	}
	if ev.duration >= 0 {
		p.latencies.add(latencyBucket(ev.duration))
	}
}
