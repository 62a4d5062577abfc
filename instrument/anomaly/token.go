// SPDX-License-Identifier: Apache-2.0

package anomaly

import (
	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// session is what is kept of one session or token id.
type session struct {
	head
	episode
	here, before Key // networks
	beforeSince  int64
}

func (s *session) drop(*budget) {}

func (ev *event) challenge() bool { return ev.operation == instrument.OperationMFAChallenge }

// token looks at tokens and sessions: one that was used up and comes back, and one
// that two networks use at once.
func (e *engine) token(ev *event, id *ident) {
	switch {
	case ev.result == semconv.ResultFailure && ev.reason == semconv.ReasonReplayed:
		if p := e.tokenEpisode(ev, id); p != nil {
			e.raise(p, ev, about{semconv.AnomalyKindTokenReplay, semconv.AnomalySeverityHigh, ev.source, ev.subject})
		}
	case ev.result == semconv.ResultFailure && ev.reason == semconv.ReasonRevoked && ev.operation != instrument.OperationToken:
		r := &e.rules.TokenReplay
		if p := e.pairs.use(id.pair, ev.at); p != nil && id.pair != 0 {
			if p.revoked.add(ev.at, r.Within, 1) >= float32(r.Revoked) {
				p.touch(ev.at, e.rules.Quiet)
				e.raise(&p.episode, ev, about{semconv.AnomalyKindTokenReplay, semconv.AnomalySeverityLow, ev.source, ev.subject})
			}
		}
	case ev.result == semconv.ResultSuccess && ev.session != 0 && ev.network != 0:
		e.sessionSeen(ev, id)
	}
}

// tokenEpisode returns where it is kept what was raised about the token, or else
// about whoever presented it.
func (e *engine) tokenEpisode(ev *event, id *ident) *episode {
	if ev.session != 0 {
		if s := e.sessions.use(join(ev.session, id.svc.key), ev.at); s != nil {
			s.touch(ev.at, e.rules.Quiet)
			return &s.episode
		}
		return nil
	}
	if p := e.pairs.use(id.pair, ev.at); p != nil {
		p.touch(ev.at, e.rules.Quiet)
		return &p.episode
	}
	return nil
}

// sessionSeen looks for a session that goes to another network and back: who travels
// does not come back within minutes.
func (e *engine) sessionSeen(ev *event, id *ident) {
	s := e.sessions.use(join(ev.session, id.svc.key), ev.at)
	if s == nil || s.here == ev.network {
		return
	}
	back := s.before == ev.network && ev.at-s.beforeSince <= int64(e.rules.TokenReplay.Within)
	s.before, s.here, s.beforeSince = s.here, ev.network, ev.at
	if back {
		s.touch(ev.at, e.rules.Quiet)
		e.raise(&s.episode, ev, about{semconv.AnomalyKindTokenReplay, semconv.AnomalySeverityMedium, ev.source, ev.subject})
	}
}

// limited looks at a limit that was hit.
func (e *engine) limited(ev *event, id *ident) {
	if ev.reason != semconv.ReasonRateLimited || ev.result != semconv.ResultFailure {
		return
	}
	key := id.source
	if key == 0 {
		key = id.subject
	}
	if key == 0 {
		return
	}
	s := e.sources.use(key, ev.at)
	if s == nil {
		return
	}
	s.touch(ev.at, e.rules.Quiet)
	r := &e.rules.RateLimitAbuse
	n := s.limits.add(ev.at, r.Within, 1)
	if n < float32(r.Limited) {
		return
	}
	severity := semconv.AnomalySeverityLow
	if n >= 10*float32(r.Limited) {
		severity = semconv.AnomalySeverityMedium
	}
	a := about{kind: semconv.AnomalyKindRateLimitAbuse, severity: severity, source: ev.source}
	if ev.source == 0 {
		a.subject = ev.subject
	}
	e.raise(&s.episode, ev, a)
	s.hold = true
}
