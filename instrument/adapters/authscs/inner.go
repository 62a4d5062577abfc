// SPDX-License-Identifier: Apache-2.0

package authscs

import (
	"context"
	"time"

	"github.com/alexedwards/scs/v2"
)

// find, commit and delete call the store inside, with the context if it takes
// one.

func (s *store) find(ctx context.Context, token string) ([]byte, bool, error) {
	if c, ok := s.inner.(interface {
		FindCtx(context.Context, string) ([]byte, bool, error)
	}); ok {
		return c.FindCtx(ctx, token)
	}
	return s.inner.Find(token)
}

func (s *store) commit(ctx context.Context, token string, b []byte, expiry time.Time) error {
	if c, ok := s.inner.(interface {
		CommitCtx(context.Context, string, []byte, time.Time) error
	}); ok {
		return c.CommitCtx(ctx, token, b, expiry)
	}
	return s.inner.Commit(token, b, expiry)
}

func (s *store) delete(ctx context.Context, token string) error {
	if c, ok := s.inner.(interface {
		DeleteCtx(context.Context, string) error
	}); ok {
		return c.DeleteCtx(ctx, token)
	}
	return s.inner.Delete(token)
}

// The methods without a context are for a program that uses the manager's Store
// itself.

// Find finds a session.
func (s *store) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit saves a session.
func (s *store) Commit(token string, b []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, b, expiry)
}

// Delete deletes a session.
func (s *store) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// asStore returns the store, with the ability to list its sessions if the one
// inside has it: the manager asks whether it is there.
func (s *store) asStore() scs.Store {
	switch inner := s.inner.(type) {
	case scs.IterableCtxStore:
		return &iterable{s, inner.AllCtx}
	case scs.IterableStore:
		return &iterable{s, func(context.Context) (map[string][]byte, error) { return inner.All() }}
	}
	return s
}

type iterable struct {
	*store
	all func(context.Context) (map[string][]byte, error)
}

// AllCtx lists the sessions.
func (i *iterable) AllCtx(ctx context.Context) (map[string][]byte, error) { return i.all(ctx) }

// All lists the sessions.
func (i *iterable) All() (map[string][]byte, error) { return i.all(context.Background()) }
