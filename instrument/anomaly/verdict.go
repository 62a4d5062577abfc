// SPDX-License-Identifier: Apache-2.0

package anomaly

import (
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/datapunk/otelauth/semconv"
)

// Verdict is what the detector holds against a source or a subject at the moment.
// The zero Verdict is nothing.
type Verdict struct {
	Severity semconv.AnomalySeverity // _OTHER, the zero value, for nothing
	Source   semconv.AnomalyKind     // of the last finding about the source, _OTHER for none
	Subject  semconv.AnomalyKind     // and about the subject, whatever the source
}

// verdictFor is how long a finding counts, on the events' clock.
const verdictFor = 30 * time.Minute

// suspects is a small set of those that findings are about, read without a lock.
type suspects struct {
	now   atomic.Int64 // the time of the latest event
	slots [suspectSlots]suspect
}

const (
	suspectSlots = 1 << 12
	suspectWays  = 4
	suspectBytes = suspectSlots * 16
)

// suspect holds a key and, in one word, until when and what: seconds, kind, severity.
type suspect struct{ key, what atomic.Uint64 }

// add is called by one goroutine at a time.
func (s *suspects) add(f Finding) {
	until := uint64(max(f.Time.Add(verdictFor).Unix(), 0))
	what := until<<16 | uint64(f.Kind)<<8 | uint64(f.Severity)
	switch {
	case f.Source != 0 && f.Kind != semconv.AnomalyKindAccountTakeover && f.Kind != semconv.AnomalyKindTokenReplay:
		s.put(f.Source, what)
	case f.Subject != 0:
		s.put(f.Subject, what)
	}
}

func (s *suspects) put(k Key, what uint64) {
	set := s.set(k)
	at := &set[0]
	for i := range set {
		if set[i].key.Load() == uint64(k) {
			at = &set[i]
			break
		}
		if set[i].what.Load() < at.what.Load() {
			at = &set[i] // the one that ends first
		}
	}
	at.what.Store(0) // nobody reads the old verdict with the new key
	at.key.Store(uint64(k))
	at.what.Store(what)
}

func (s *suspects) set(k Key) []suspect {
	i := int(uint64(k)>>20) & (suspectSlots/suspectWays - 1) * suspectWays
	return s.slots[i : i+suspectWays]
}

func (s *suspects) get(k Key) (semconv.AnomalyKind, semconv.AnomalySeverity) {
	if k == 0 {
		return 0, 0
	}
	set := s.set(k)
	for i := range set {
		if set[i].key.Load() != uint64(k) {
			continue
		}
		what := set[i].what.Load()
		if set[i].key.Load() != uint64(k) || int64(what>>16) < s.now.Load()/int64(time.Second) {
			return 0, 0
		}
		return semconv.AnomalyKind(what >> 8), semconv.AnomalySeverity(what)
	}
	return 0, 0
}

// Verdict returns what is held against a source and a subject now, for a caller that
// asks before a login is tried: to ask for a second factor, to slow down, to refuse.
// It takes no lock and allocates nothing. An attacker can bring a subject's name into
// disrepute, so refuse by the source and only ask more of the subject.
func (d *Detector) Verdict(source netip.Addr, subject string) Verdict {
	var v Verdict
	if d == nil {
		return v
	}
	if source.IsValid() {
		v.Source, v.Severity = d.suspects.get(d.sourceKey(source, ""))
	}
	if subject != "" {
		kind, severity := d.suspects.get(d.hash.text(domainSubject, subject))
		v.Subject, v.Severity = kind, max(v.Severity, severity)
	}
	return v
}
