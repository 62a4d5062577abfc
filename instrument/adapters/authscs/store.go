// SPDX-License-Identifier: Apache-2.0

package authscs

import (
	"context"
	"hash/maphash"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// store records what is done to the sessions of the store inside. The manager
// prefers the methods with a context, which it finds here whatever the store
// inside has.
type store struct {
	manager *scs.SessionManager
	inner   scs.Store
	handle  *instrument.Sessions
	table   table
	sole    bool
	seed    maphash.Seed
}

func newStore(manager *scs.SessionManager, handle *instrument.Sessions) *store {
	return &store{
		manager: manager,
		inner:   manager.Store,
		handle:  handle,
		table:   table{handle: handle, limit: DefaultMaxTracked, expiry: map[key]time.Time{}},
		seed:    maphash.MakeSeed(),
	}
}

func (s *store) key(token string) key { return key(maphash.String(s.seed, token)) }

// holds asks the store whether it has the session.
func (s *store) holds(ctx context.Context, token string) bool {
	if token == "" {
		return false // the manager's session that was never saved
	}
	_, found, err := s.find(ctx, token)
	return found && err == nil
}

// FindCtx finds a session.
func (s *store) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	b, found, err := s.find(ctx, token)
	switch k := s.key(token); {
	case err != nil:
	case !found:
		s.table.gone(ctx, k)
	default:
		s.request(ctx).learn(k)
		if s.sole {
			s.adopt(ctx, k, b)
		}
	}
	return b, found, err
}

// adopt tracks a session that this process did not begin.
func (s *store) adopt(ctx context.Context, k key, b []byte) {
	if s.table.has(k) { // without decoding it at each request
		return
	}
	// With an IdleTimeout it is about to be saved, and then expires earlier.
	expiry, _, err := s.manager.Codec.Decode(b)
	if err != nil {
		return // the manager is going to say so
	}
	if s.table.begin(k, expiry) {
		s.handle.Adjust(ctx, 1)
	}
}

// CommitCtx saves a session.
func (s *store) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	r, k := s.request(ctx), s.key(token)
	// In a request that is followed the manager has looked for the session already.
	existed := r.knows(k) || !r.owner() && s.holds(ctx, token)
	err := s.commit(ctx, token, b, expiry)
	old, renewing := r.underRenewal()
	switch {
	case existed:
		if err == nil {
			s.table.extend(k, expiry)
		}
	case renewing:
		s.handle.Count(ctx, semconv.SessionOperationRenew, outcome(err))
		if err == nil {
			s.table.move(old, k, expiry)
			r.settled()
		}
	default:
		s.handle.Count(ctx, semconv.SessionOperationCreate, outcome(err))
		if err == nil && !s.table.begin(k, expiry) {
			s.handle.Adjust(ctx, -1) // there is no room to see it end
		}
	}
	if err == nil {
		r.learn(k)
	}
	return err
}

// DeleteCtx deletes a session: for good, or because it gets a new token.
func (s *store) DeleteCtx(ctx context.Context, token string) error {
	r, k := s.request(ctx), s.key(token)
	renew := r != nil && ctx.Value(renewKey{}) != nil
	known := r.knows(k)
	existed := known || s.holds(ctx, token)
	err := s.delete(ctx, token)
	old, renewing := r.underRenewal()
	switch {
	case existed && renew && err == nil:
		r.renew(k)
	case existed && renew:
		s.handle.Count(ctx, semconv.SessionOperationRenew, outcome(err))
	case existed:
		s.end(ctx, k, known && r.owner(), err)
		if err == nil {
			r.forget(k)
		}
	case renewing && !renew: // ended before it was saved under its new token
		s.end(ctx, old, r.owner(), err)
		if err == nil {
			r.settled()
		}
	}
	return err
}

// end counts that a session was ended, in a request of its own or from outside.
func (s *store) end(ctx context.Context, k key, own bool, err error) {
	if err == nil && !s.table.end(k) {
		s.handle.Adjust(ctx, 1) // it did not count as active
	}
	op := semconv.SessionOperationRevoke
	if own {
		op = semconv.SessionOperationEnd
	}
	s.handle.Count(ctx, op, outcome(err))
}

// outcome is what an operation came to. Whatever a store says is trouble of ours,
// and never a user's failure.
func outcome(err error) error {
	if err == nil {
		return nil
	}
	return instrument.Error(semconv.ErrorTypeOther)
}
