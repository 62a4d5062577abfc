// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"context"

	"github.com/datapunk/otelauth/semconv"
)

// MFA records one kind of second factor, as a funnel: how often it was asked
// for (auth.mfa.challenges) and how it was answered (auth.mfa.attempts). Safe
// for concurrent use; nil does nothing.
type MFA struct {
	svc        *Service
	factor     semconv.MFAFactor
	challenges *cell
	attempts   outcomes
}

// MFA returns the handle for one kind of second factor. A factor outside the
// enum is [semconv.MFAFactorOther].
func (s *Service) MFA(f semconv.MFAFactor) *MFA {
	if s == nil {
		return nil
	}
	f = enum(context.Background(), s.rec, f, semconv.NumMFAFactor, semconv.SDKAttributeMFAFactor)
	return handle(s, handleKey{thing: thingMFA, value: uint8(f)}, func() *MFA {
		h := &MFA{
			svc:        s,
			factor:     f,
			challenges: s.rec.bind(s.rec.inst.mfaChallenges.Inst(), s.name, f.Attr()),
			attempts:   bindOutcomes(s, s.rec.inst.mfaAttempts.Inst(), f.Reasons(), s.name, f.Attr()),
		}
		zero(h.challenges)
		return h
	})
}

// Challenged records that the factor was asked for.
func (h *MFA) Challenged(ctx context.Context) {
	if h == nil || !h.svc.record(ctx) {
		return
	}
	h.challenges.add(ctx, 1)
	if h.svc.rec.observed() {
		h.svc.rec.observe(ctx, h.svc, Event{Operation: OperationMFAChallenge, Factor: h.factor, Outcome: Outcome{Result: semconv.ResultSuccess}})
	}
}

// Answered records an answer and what it came to, as in [Attempts].
func (h *MFA) Answered(ctx context.Context, err error) {
	if h == nil || !h.svc.record(ctx) {
		return
	}
	o := h.attempts.count(ctx, h.svc.rec, err)
	if h.svc.rec.observed() {
		h.svc.rec.observe(ctx, h.svc, Event{Operation: OperationMFAAnswer, Factor: h.factor, Outcome: o})
	}
}
