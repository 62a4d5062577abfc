// SPDX-License-Identifier: Apache-2.0

// Package judge scores findings against streams in which every attack is labelled, by
// rules that know nothing of how the findings came about:
//
//   - An episode is the events of one attack_id. A finding matches it if its kind is of
//     the episode's family, its service is the episode's, its time lies between the
//     first event and a quarter of an hour after the last, and its source and subject,
//     where it has them, are among the episode's. With a subject alone, half of the
//     events must be on that subject. A finding with neither matches nothing.
//   - A finding is false if it matches no episode, and of the events of the hour before
//     with its source and subject (all of the service's, if it has neither) one is
//     benign and none is hostile.
package judge

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Event is one line of a stream.
type Event struct {
	Time    time.Time `json:"ts"`
	Service string    `json:"service"`
	Source  string    `json:"src"`
	Subject string    `json:"subject"`
	Label   string    `json:"label"`
	Attack  string    `json:"attack_id"`
}

// Finding is one line of findings, with names in plain.
type Finding struct {
	Time    time.Time `json:"ts"`
	Kind    string    `json:"kind"`
	Service string    `json:"service"`
	Source  string    `json:"src"`
	Subject string    `json:"subject"`
}

// Score is how findings on one stream fared.
type Score struct {
	Episodes, Detected, Exact int
	Events                    []int     // of each detected episode, up to the first finding
	Seconds                   []float64 // likewise
	Findings                  int       // all
	Matching                  int       // that match an episode
	False                     int
	Benign                    int      // events
	Missed                    []string // episodes
	Inexact                   []string // episodes found as another kind
}

// family are the kinds that stand for each other.
var family = []string{
	"brute_force", "distributed_brute_force", "user_enumeration", "password_spray", "credential_stuffing", "account_takeover",
}

func plainKind(kind string) string { return strings.TrimPrefix(kind, "slow_") }

func related(a, b string) bool {
	a, b = plainKind(a), plainKind(b)
	return a == b || slices.Contains(family, a) && slices.Contains(family, b)
}

type episode struct {
	id, kind, service string
	events            []Event
	sources, subjects map[string]int
	last              time.Time
}

func episodes(events []Event) []*episode {
	byID := map[string]*episode{}
	var all []*episode
	for _, e := range events {
		if e.Attack == "" {
			continue
		}
		ep := byID[e.Attack]
		if ep == nil {
			ep = &episode{id: e.Attack, kind: e.Label, service: e.Service, sources: map[string]int{}, subjects: map[string]int{}}
			byID[e.Attack] = ep
			all = append(all, ep)
		}
		ep.events = append(ep.events, e)
		ep.sources[e.Source]++
		ep.subjects[e.Subject]++
		if e.Time.After(ep.last) {
			ep.last = e.Time
		}
	}
	return all
}

func (ep *episode) matches(f *Finding) bool {
	if !related(f.Kind, ep.kind) || f.Service != ep.service ||
		f.Time.Before(ep.events[0].Time) || f.Time.After(ep.last.Add(15*time.Minute)) {
		return false
	}
	switch {
	case f.Source == "" && f.Subject == "":
		return false
	case f.Source == "":
		return 2*ep.subjects[f.Subject] >= len(ep.events)
	case f.Subject != "" && ep.subjects[f.Subject] == 0:
		return false
	}
	return ep.sources[f.Source] > 0
}

// Judge scores findings. Both must be in the order of time.
func Judge(events []Event, findings []Finding) Score {
	s := Score{Findings: len(findings)}
	matched := make([]bool, len(findings))
	for _, ep := range episodes(events) {
		s.episode(ep, findings, matched)
	}
	for i := range findings {
		switch {
		case matched[i]:
			s.Matching++
		case isFalse(events, &findings[i]):
			s.False++
		}
	}
	for _, e := range events {
		if e.Label == "benign" {
			s.Benign++
		}
	}
	return s
}

func (s *Score) episode(ep *episode, findings []Finding, matched []bool) {
	s.Episodes++
	first, exact := -1, false
	for i := range findings {
		if !ep.matches(&findings[i]) {
			continue
		}
		matched[i] = true
		exact = exact || plainKind(findings[i].Kind) == plainKind(ep.kind)
		if first < 0 {
			first = i
		}
	}
	if first < 0 {
		s.Missed = append(s.Missed, ep.id)
		return
	}
	s.Detected++
	if exact {
		s.Exact++
	} else {
		s.Inexact = append(s.Inexact, ep.id)
	}
	at, n := findings[first].Time, 0
	for _, e := range ep.events {
		if !e.Time.After(at) {
			n++
		}
	}
	s.Events = append(s.Events, n)
	s.Seconds = append(s.Seconds, at.Sub(ep.events[0].Time).Seconds())
}

// isFalse looks at the hour before a finding that matches no episode.
func isFalse(events []Event, f *Finding) bool {
	benign := false
	from := f.Time.Add(-time.Hour)
	start, _ := slices.BinarySearchFunc(events, from, func(e Event, t time.Time) int { return e.Time.Compare(t) })
	for _, e := range events[start:] {
		if e.Time.After(f.Time) {
			break
		}
		if e.Service != f.Service || f.Source != "" && e.Source != f.Source || f.Subject != "" && e.Subject != f.Subject {
			continue
		}
		switch e.Label {
		case "benign":
			benign = true
		case "":
		default:
			return false // hostile, or a probe, which is neither recalled nor false
		}
	}
	return benign
}

// Recall is the part of the episodes that was detected; 1 of none.
func (s *Score) Recall() float64 { return part(s.Detected, s.Episodes) }

// ExactKind is the part of the detected episodes with a finding of the very kind.
func (s *Score) ExactKind() float64 { return part(s.Exact, s.Detected) }

// Noise is how many findings match an episode, for each that was detected.
func (s *Score) Noise() float64 { return float64(s.Matching) / float64(max(s.Detected, 1)) }

func part(n, of int) float64 {
	if of == 0 {
		return 1
	}
	return float64(n) / float64(of)
}

// Quantile returns the value that a part q is not above, the zero value of none.
func Quantile[T cmp.Ordered](values []T, q float64) T {
	var zero T
	if len(values) == 0 {
		return zero
	}
	v := slices.Sorted(slices.Values(values))
	return v[min(int(q*float64(len(v))), len(v)-1)]
}
