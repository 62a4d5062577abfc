// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"context"
	"time"

	"github.com/datapunk/otelauth/semconv"
)

// Authorization records access decisions: auth.authorization.decisions and
// auth.authorization.duration. Safe for concurrent use; nil does nothing.
type Authorization struct {
	svc       *Service
	counts    [semconv.NumDecision]*cell
	durations [semconv.NumDecision]series[float64]
}

// Authorization returns the handle for access decisions that are enforced in
// one way: [semconv.EnforcementEnforced] where the decision binds,
// [semconv.EnforcementShadow] where it is only observed, and
// [semconv.EnforcementFailOpen] or [semconv.EnforcementFailClosed] where none
// could be made. The one label is [Policy]. An enforcement outside the enum is
// [semconv.EnforcementOther].
func (s *Service) Authorization(e semconv.Enforcement, lbs ...Label) *Authorization {
	if s == nil {
		return nil
	}
	e = enum(context.Background(), s.rec, e, semconv.NumEnforcement, semconv.SDKAttributeEnforcement)
	l := s.rec.resolvePolicy(lbs)
	return handle(s, handleKey{thing: thingAuthorization, value: uint8(e), labels: l}, func() *Authorization {
		h := &Authorization{svc: s}
		in := &s.rec.inst
		attrs := with(l.attrs(), s.name, e.Attr())
		for d := range h.counts {
			h.counts[d] = s.rec.bind(in.authorizationDecisions.Inst(), with(attrs, semconv.Decision(d).Attr())...)
			h.durations[d] = bindSeries(s.rec, in.authorizationDuration.Inst(), s.name, e.Attr(), semconv.Decision(d).Attr())
		}
		zero(h.counts[semconv.DecisionAllow], h.counts[semconv.DecisionDeny], h.counts[semconv.DecisionError])
		return h
	})
}

// Start begins a decision: it reads the monotonic clock and nothing else.
func (h *Authorization) Start() Decision {
	if h == nil {
		return Decision{}
	}
	return Decision{h, h.svc.rec.now()}
}

// Record records a decision that took d. A decision outside the enum is
// [semconv.DecisionOther]. A negative d is refused and counted in
// auth.sdk.rejected_measurements; the decision itself is counted all the same.
func (h *Authorization) Record(ctx context.Context, d time.Duration, decision semconv.Decision) {
	if h == nil || !h.svc.record(ctx) {
		return
	}
	decision = h.count(ctx, decision)
	if d < 0 {
		h.svc.rec.reject(ctx, semconv.SDKRejectionNegative)
		return
	}
	h.durations[decision].record(ctx, seconds(d))
}

// Count records a decision of which nobody knows how long it took.
func (h *Authorization) Count(ctx context.Context, decision semconv.Decision) {
	if h == nil || !h.svc.record(ctx) {
		return
	}
	h.count(ctx, decision)
}

func (h *Authorization) count(ctx context.Context, decision semconv.Decision) semconv.Decision {
	decision = enum(ctx, h.svc.rec, decision, semconv.NumDecision, semconv.SDKAttributeDecision)
	h.counts[decision].add(ctx, 1)
	return decision
}

func (h *Authorization) recordRequest(ctx context.Context, d time.Duration, err error) {
	if h != nil {
		h.Record(ctx, d, h.svc.rec.classify(err).decision())
	}
}

// decision is what a request that came to this says of the decision about it.
func (o Outcome) decision() semconv.Decision {
	switch o.Result {
	case semconv.ResultSuccess, semconv.ResultBypassed:
		return semconv.DecisionAllow
	case semconv.ResultFailure:
		if o.Reason == semconv.ReasonPolicyDenied {
			return semconv.DecisionDeny
		}
	case semconv.ResultError:
		if o.ErrorType != semconv.ErrorTypeCanceled {
			return semconv.DecisionError
		}
	}
	return semconv.DecisionAbstain
}

// Decision is an access decision under way, made by [Authorization.Start]. It
// is a value and may be copied; end it once. The zero Decision does nothing.
type Decision struct {
	authorization *Authorization
	start         time.Duration
}

// End records the decision, with the time since [Authorization.Start].
func (t Decision) End(ctx context.Context, decision semconv.Decision) {
	if t.authorization != nil {
		t.authorization.Record(ctx, t.authorization.svc.rec.now()-t.start, decision)
	}
}
