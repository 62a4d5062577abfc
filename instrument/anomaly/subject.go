// SPDX-License-Identifier: Apache-2.0

package anomaly

import (
	"math"
	"time"

	"github.com/datapunk/otelauth/semconv"
)

// subject is what is kept of one subject at one service.
type subject struct {
	head
	episode
	tried    distinct // sources that failed
	since    int64
	failures window
	inRow    int32
	lastFail int64

	asked, denied window // second factors
	prompts       episode

	latitude, longitude float32
	seen                int64 // when it was last let in, if the place is known
	travels             episode
}

func (s *subject) drop(blocks *budget) { s.tried.reset(blocks) }

const rowSpan = 24 * time.Hour

// subjectFails counts a failure of a subject by its sources.
func (e *engine) subjectFails(f *failing) {
	if f.known || f.ident.source == 0 {
		return // its own devices, or nobody knows from where
	}
	s := e.subjects.use(f.ident.subject, f.at)
	if s == nil {
		return
	}
	s.touch(f.at, e.rules.Quiet)
	r := &e.rules.DistributedBruteForce
	if f.at-s.since > 2*int64(r.Within) && f.at-s.lastFail > int64(r.Within) || f.at-s.since > int64(rowSpan) {
		s.tried.reset(&e.subjects.blocks)
		s.since, s.inRow = f.at, 0
	}
	s.lastFail = f.at
	s.tried.add(f.ident.source, &e.subjects.blocks)
	s.inRow++
	failures := s.failures.add(f.at, r.Within, f.weight)
	sources := s.tried.count()
	many := sources >= r.Sources && failures >= float32(r.Failures)
	row := sources >= 3 && int(s.inRow) >= r.InRow
	if !many && !row {
		return
	}
	s.quiet, s.count = slowQuiet, max(s.count, s.inRow)
	severity := semconv.AnomalySeverityMedium
	if sources >= 4*r.Sources {
		severity = semconv.AnomalySeverityHigh
	}
	e.raise(&s.episode, f.event, about{kind: semconv.AnomalyKindDistributedBruteForce, severity: severity, subject: f.event.subject})
	s.hold = true
}

// secondFactor looks at a second factor: asked for, denied, answered.
func (e *engine) secondFactor(ev *event, id *ident) {
	key, who := id.subject, ev.subject
	if key == 0 {
		return
	}
	r := &e.rules.MFAFatigue
	failed := ev.result == semconv.ResultFailure
	answered := ev.result == semconv.ResultSuccess && !ev.challenge()
	s := e.subjects.get(key)
	if s == nil && (failed || ev.challenge()) {
		s = e.subjects.use(key, ev.at)
	}
	if s == nil {
		return
	}
	s.used = max(s.used, ev.at)
	if answered {
		if s.prompts.attacking(ev.at, e.rules.Quiet, semconv.AnomalyKindMFAFatigue) {
			s.prompts.touch(ev.at, e.rules.Quiet)
			e.raise(&s.prompts, ev, about{semconv.AnomalyKindMFAFatigue, semconv.AnomalySeverityHigh, 0, who})
		}
		s.asked, s.denied = window{}, window{}
		return
	}
	var n float32
	switch {
	case ev.challenge():
		n = s.asked.add(ev.at, r.Within, 1)
	case failed:
		n = s.denied.add(ev.at, r.Within, 1)
	default:
		return // an error of ours
	}
	s.prompts.touch(ev.at, e.rules.Quiet)
	if n >= float32(r.Prompts) {
		e.raise(&s.prompts, ev, about{semconv.AnomalyKindMFAFatigue, semconv.AnomalySeverityMedium, 0, who})
	}
}

// travel compares the places of two successes.
func (e *engine) travel(ev *event, s *subject) {
	r := &e.rules.ImpossibleTravel
	if s.seen != 0 {
		km := distance(float64(s.latitude), float64(s.longitude), float64(ev.latitude), float64(ev.longitude))
		hours := math.Abs(float64(ev.at-s.seen)) / float64(time.Hour)
		if km >= r.Distance && km > r.Speed*hours {
			s.travels.touch(ev.at, e.rules.Quiet)
			e.raise(&s.travels, ev, about{semconv.AnomalyKindImpossibleTravel, semconv.AnomalySeverityMedium, ev.source, ev.subject})
		}
	}
	s.latitude, s.longitude, s.seen = ev.latitude, ev.longitude, ev.at
}

// distance is the great circle between two places, in kilometres.
func distance(lat1, lon1, lat2, lon2 float64) float64 {
	const rad, earth = math.Pi / 180, 6371
	sin := func(d float64) float64 { s := math.Sin(d * rad / 2); return s * s }
	a := sin(lat2-lat1) + math.Cos(lat1*rad)*math.Cos(lat2*rad)*sin(lon2-lon1)
	return 2 * earth * math.Asin(math.Sqrt(min(a, 1)))
}
