// SPDX-License-Identifier: Apache-2.0

package anomaly

import (
	"cmp"
	"slices"
	"time"

	"github.com/datapunk/otelauth/semconv"
)

// Snapshot is what the detector knows at a moment. It names nobody.
type Snapshot struct {
	Time       time.Time // of the latest event
	Services   []ServicePattern
	Dropped    int64 // events that did not fit the queue since the last report of the metrics
	Suppressed int64 // findings beyond the limit, which neither log nor callback got
	Sources    int   // tracked now
	Subjects   int
}

// ServicePattern is the pattern of one service's attempts.
type ServicePattern struct {
	Service  string
	Window   Pattern // the ten minutes that the latest attempt lies in
	Total    Pattern // since the first attempt
	Baseline float64 // the failure ratio that was learned, 0 before it is
	Learned  bool    // Baseline is
	Dormant  bool    // it fell silent
}

// Pattern is what attempts are made of. Counts of sources and subjects are exact up to
// 32 and estimates beyond, with a standard error of 6.5 %; latencies are right to an
// eighth, and 0 where no duration was recorded.
type Pattern struct {
	Start                                 time.Time
	Attempts, Successes, Failures, Errors int64
	FailureRatio                          float64 // failures over successes and failures
	Reasons                               []ReasonCount
	Methods                               []MethodCount
	Tokens                                []TokenCount
	Sources, Subjects                     int
	P50, P95, P99                         time.Duration
}

// ReasonCount is how many failures had a reason.
type ReasonCount struct {
	Reason semconv.Reason
	Count  int64
}

// MethodCount is how many authentications used a method.
type MethodCount struct {
	Method semconv.Method
	Count  int64
}

// TokenCount is how many tokens of a type were verified.
type TokenCount struct {
	Type  semconv.TokenType
	Count int64
}

// Snapshot returns the patterns of all services that there is memory for, in the order
// in which they appeared, each list with the most frequent first. It may be called at
// any time; the analysis waits meanwhile.
func (d *Detector) Snapshot() Snapshot {
	if d == nil {
		return Snapshot{}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.engine
	s := Snapshot{
		Dropped:    d.dropped.Load(),
		Suppressed: d.out.suppressed,
		Sources:    len(e.sources.rows),
		Subjects:   len(e.subjects.rows),
	}
	if e.now != 0 {
		s.Time = time.Unix(0, e.now).UTC()
	}
	for _, svc := range e.byName {
		if svc.window == nil {
			continue
		}
		p := ServicePattern{Service: svc.name, Window: svc.window.export(), Total: svc.life.export(), Dormant: svc.dormant}
		if svc.ratio.learned >= e.rules.FailureRatioShift.Learn {
			p.Learned, p.Baseline = true, svc.ratio.ratio
		}
		s.Services = append(s.Services, p)
	}
	return s
}

func (p *pattern) export() Pattern {
	out := Pattern{
		Attempts: p.attempts, Successes: p.successes, Failures: p.failures, Errors: p.errors,
		Sources: p.sources.count(), Subjects: p.subjects.count(),
		P50: p.latencies.quantile(0.5), P95: p.latencies.quantile(0.95), P99: p.latencies.quantile(0.99),
	}
	if p.start != 0 {
		out.Start = time.Unix(0, p.start).UTC()
	}
	if n := p.successes + p.failures; n > 0 {
		out.FailureRatio = float64(p.failures) / float64(n)
	}
	for r, n := range p.reasons {
		if n > 0 {
			out.Reasons = append(out.Reasons, ReasonCount{semconv.Reason(r), n})
		}
	}
	for m, n := range p.methods {
		if n > 0 {
			out.Methods = append(out.Methods, MethodCount{semconv.Method(m), n})
		}
	}
	for t, n := range p.tokens {
		if n > 0 {
			out.Tokens = append(out.Tokens, TokenCount{semconv.TokenType(t), n})
		}
	}
	slices.SortStableFunc(out.Reasons, func(a, b ReasonCount) int { return cmp.Compare(b.Count, a.Count) })
	slices.SortStableFunc(out.Methods, func(a, b MethodCount) int { return cmp.Compare(b.Count, a.Count) })
	slices.SortStableFunc(out.Tokens, func(a, b TokenCount) int { return cmp.Compare(b.Count, a.Count) })
	return out
}
