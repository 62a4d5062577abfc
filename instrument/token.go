// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"context"
	"time"

	"github.com/datapunk/otelauth/semconv"
)

// TokenVerification returns the handle for checks of one type of token:
// auth.token.verifications and auth.token.verification.duration. Labels are
// [Provider] and [Tenant]. A type outside the enum is [semconv.TokenTypeOther].
func (s *Service) TokenVerification(t semconv.TokenType, lbs ...Label) *Attempts {
	if s == nil {
		return nil
	}
	t = enum(context.Background(), s.rec, t, semconv.NumTokenType, semconv.SDKAttributeTokenType)
	if len(lbs) > 0 {
		l := s.rec.resolveAttemptLabels(lbs)
		return handle(s, handleKey{thing: thingVerification, value: uint8(t), labels: l},
			func() *Attempts { return s.bindVerification(t, l) })
	}
	if a := s.verifications[t].Load(); a != nil {
		return a
	}
	return slot(s, &s.verifications[t], func() *Attempts { return s.bindVerification(t, labels{}) })
}

func (s *Service) bindVerification(t semconv.TokenType, l labels) *Attempts {
	in := &s.rec.inst
	a := newAttempts(s, in.tokenVerifications.Inst(), in.tokenVerificationDuration.Inst(),
		t.Reasons(), with(l.attrs(), s.name, t.Attr())...)
	a.what = Event{Operation: OperationTokenVerification, TokenType: t}
	return a
}

// TokenOperations records what is done with one type of token beside checking
// it: auth.token.operations. Safe for concurrent use; nil does nothing.
type TokenOperations struct {
	svc    *Service
	kind   semconv.TokenType
	counts [semconv.NumTokenOperation]results
}

// TokenOperations returns the handle for operations on one type of token. A
// type outside the enum is [semconv.TokenTypeOther].
func (s *Service) TokenOperations(t semconv.TokenType) *TokenOperations {
	if s == nil {
		return nil
	}
	t = enum(context.Background(), s.rec, t, semconv.NumTokenType, semconv.SDKAttributeTokenType)
	return handle(s, handleKey{thing: thingTokenOperations, value: uint8(t)}, func() *TokenOperations {
		h := &TokenOperations{svc: s, kind: t}
		for op := range h.counts {
			h.counts[op] = bindResults(s, s.rec.inst.tokenOperations.Inst(), op > 0,
				s.name, semconv.TokenOperation(op).Attr(), t.Attr())
		}
		return h
	})
}

// Count records one operation and what it came to, as in [Attempts]. An
// operation outside the enum is [semconv.TokenOperationOther].
func (h *TokenOperations) Count(ctx context.Context, op semconv.TokenOperation, err error) {
	if h == nil || !h.svc.record(ctx) {
		return
	}
	op = enum(ctx, h.svc.rec, op, semconv.NumTokenOperation, semconv.SDKAttributeTokenOperation)
	o := h.svc.rec.classify(err)
	h.counts[op].count(ctx, o)
	if h.svc.rec.observed() {
		h.svc.rec.observe(ctx, h.svc, Event{Operation: OperationToken, TokenType: h.kind, TokenOperation: op, Outcome: o})
	}
}

// Operation returns the handle for one of the operations, for a middleware or an
// interceptor that records requests. On nil it is nil.
func (h *TokenOperations) Operation(op semconv.TokenOperation) Handle {
	if h == nil {
		return nil
	}
	return tokenOperation{h, op}
}

// tokenOperation is comparable, so that every Handle for an operation is the same.
type tokenOperation struct {
	on *TokenOperations
	op semconv.TokenOperation
}

func (t tokenOperation) recordRequest(ctx context.Context, _ time.Duration, err error) {
	t.on.Count(ctx, t.op, err)
}
