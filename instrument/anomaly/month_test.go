// SPDX-License-Identifier: Apache-2.0

package anomaly

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/datapunk/otelauth/semconv"
)

// month makes the logins of people who mean no harm: a rhythm of days and weeks, an
// office behind one address, carriers that put many behind another, people who
// mistype, forget and reset, a client with an old password, a probe that always fails, and
// a deploy that lets nobody in for ten minutes.
type month struct {
	d      *Detector
	random *rand.Rand
	at     time.Time
	events int
}

const (
	people   = 6000
	office   = 1500 // of them work behind one address
	carriers = 20   // addresses that half the others come from, another each day
)

func (m *month) login(source, subject Key, at time.Time, result semconv.Result, reason semconv.Reason) {
	m.events++
	m.d.engine.observe(&event{
		at: at.UnixNano(), service: "api", source: mix(source, 11), subject: mix(subject, 12),
		result: result, reason: reason, duration: int64(40e6 * math.Exp(m.random.NormFloat64()/3)),
	})
}

// source is where somebody comes from today.
func (m *month) source(who int) Key {
	day := m.at.YearDay()
	switch {
	case who < office && m.at.Hour() >= 8 && m.at.Hour() < 18 && m.at.Weekday()%6 != 0:
		return 1
	case who%2 == 0:
		return Key(1000 + (who+day*7)%carriers)
	}
	return Key(10_000 + who)
}

// visit is one person's logging in, over some seconds.
func (m *month) visit(who int, broken bool) {
	source, subject, at := m.source(who), Key(who+1), m.at
	fail := func() {
		m.login(source, subject, at, semconv.ResultFailure, semconv.ReasonInvalidCredentials)
		at = at.Add(time.Duration(4+m.random.IntN(20)) * time.Second)
	}
	switch p := m.random.Float64(); {
	case broken:
		for range 1 + m.random.IntN(4) {
			fail()
		}
		return
	case p < 0.0005: // forgets, gives up, and comes back with a new password
		for range 3 + m.random.IntN(4) {
			fail()
		}
		at = at.Add(5 * time.Minute)
	case p < 0.0010: // the name of somebody else, or an old one
		m.login(source, Key(100_000+m.random.IntN(500)), at, semconv.ResultFailure, semconv.ReasonUnknownPrincipal)
	case p < 0.0040: // interrupts that are no failures of a credential
		m.login(source, subject, at, semconv.ResultFailure, semconv.ReasonMFARequired)
		m.login(source, subject, at, semconv.ResultFailure, semconv.ReasonExpired)
	case p < 0.0500:
		for fail(); m.random.Float64() < 0.25; {
			fail()
		}
	}
	m.login(source, subject, at, semconv.ResultSuccess, 0)
}

// live lets so many days pass, with so many visits an hour at noon of a working day.
func (m *month) live(days, noon int) {
	for hour := range days * 24 {
		hourly := float64(noon) * (0.08 + 0.92*math.Pow(math.Sin(math.Pi*float64(hour%24)/24), 2))
		start := m.at
		if d := m.at.Weekday(); d == time.Saturday || d == time.Sunday {
			hourly *= 0.4
		}
		n := int(hourly * (0.95 + 0.1*m.random.Float64()))
		for i := range n {
			m.at = start.Add(time.Duration(float64(time.Hour) * float64(i) / float64(n)))
			if i*60/n > (i-1)*60/n { // once a minute
				m.login(2, 200_000, m.at, semconv.ResultFailure, semconv.ReasonInvalidCredentials) // the probe
			}
			if i == n/2 {
				m.login(3, 200_001, m.at, semconv.ResultFailure, semconv.ReasonInvalidCredentials) // the old password
			}
			deploy := hour == 24*(days/2)+11 && i*6/n == 2
			m.visit(m.random.IntN(people), deploy)
		}
		m.at = start.Add(time.Hour)
	}
}

func TestBenignMonth(t *testing.T) {
	days, noon := 6, 2000
	if long() {
		days, noon = 30, 17_000
	}
	found := map[string]int{}
	high := 0
	d, err := New(Inline(), WithKey(make([]byte, KeySize)), WithFindingLimit(0), WithCallback(func(f Finding) {
		found[f.Kind.String()+" "+f.Severity.String()]++
		if f.Severity == semconv.AnomalySeverityHigh {
			high++
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	m := &month{d: d, random: rand.New(rand.NewPCG(7, 8)), at: monday.Truncate(24 * time.Hour)}
	m.live(days, noon)
	all := 0
	for kind, n := range found {
		if kind == "failure_ratio_shift medium" && n <= 2 {
			continue // the deploy, as it should be
		}
		all += n
	}
	t.Logf("%d events in %d days: %d findings, %v", m.events, days, all, found)
	if high > 0 {
		t.Errorf("%d findings are high", high)
	}
	// A few for each million events, and as many to begin with: the probe is one, and
	// so is the client with the old password.
	if limit := 5 + 5*m.events/1_000_000; all > limit {
		t.Errorf("%d findings, want at most %d", all, limit)
	}
}
