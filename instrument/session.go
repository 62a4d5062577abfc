// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"context"

	"github.com/datapunk/otelauth/semconv"
)

// Sessions records the life of sessions: auth.session.operations and
// auth.session.active. Safe for concurrent use; nil does nothing.
type Sessions struct {
	svc    *Service
	counts [semconv.NumSessionOperation]results
	active *cell
}

// Sessions returns the handle for the service's sessions.
func (s *Service) Sessions() *Sessions {
	if s == nil {
		return nil
	}
	return handle(s, handleKey{thing: thingSessions}, func() *Sessions {
		h := &Sessions{svc: s, active: s.rec.bind(s.rec.inst.sessionActive.Inst(), s.name)}
		for op := range h.counts {
			h.counts[op] = bindResults(s, s.rec.inst.sessionOperations.Inst(), op > 0,
				s.name, semconv.SessionOperation(op).Attr())
		}
		zero(h.active)
		return h
	})
}

// Count records one operation and what it came to, as in [Attempts], save that an
// error nobody knows counts as an error of ours: it is the store's. A session that
// was created counts as active from then on, one that was ended, expired or revoked
// no longer does. An operation outside the enum is [semconv.SessionOperationOther].
func (h *Sessions) Count(ctx context.Context, op semconv.SessionOperation, err error) {
	if h == nil || !h.svc.record(ctx) {
		return
	}
	op = enum(ctx, h.svc.rec, op, semconv.NumSessionOperation, semconv.SDKAttributeSessionOperation)
	o := h.svc.rec.classify(err).ownWork()
	h.counts[op].count(ctx, o)
	if h.svc.rec.observed() {
		h.svc.rec.observe(ctx, h.svc, Event{Operation: OperationSession, SessionOperation: op, Outcome: o})
	}
	if o.Result != semconv.ResultSuccess {
		return
	}
	switch op {
	case semconv.SessionOperationCreate:
		h.active.add(ctx, 1)
	case semconv.SessionOperationEnd, semconv.SessionOperationExpire, semconv.SessionOperationRevoke:
		h.active.add(ctx, -1)
	}
}

// Adjust changes the number of active sessions by delta without an operation:
// for sessions found in a store at start, or handed to another process.
func (h *Sessions) Adjust(ctx context.Context, delta int64) {
	if h == nil || !h.svc.record(ctx) {
		return
	}
	h.active.add(ctx, delta)
}
