// SPDX-License-Identifier: Apache-2.0

package authscs

import (
	"context"
	"net/http"

	"github.com/alexedwards/scs/v2"

	"github.com/datapunk/otelauth/instrument"
)

// DefaultMaxTracked is how many sessions are tracked unless [WithMaxTracked] says
// otherwise.
const DefaultMaxTracked = 100_000

// Option configures a [SessionManager].
type Option interface{ apply(*store) }

type optionFunc func(*store)

func (f optionFunc) apply(s *store) { f(s) }

// WithMaxTracked bounds how many sessions are tracked at once, which takes some
// 60 bytes each. Those beyond it are not counted in auth.session.active. A
// negative n is 0. Default: [DefaultMaxTracked].
func WithMaxTracked(n int) Option { return optionFunc(func(s *store) { s.table.limit = n }) }

// WithSoleProcess says that no other process uses the store. Then a session from
// before this process started counts as active as soon as it is used again.
// Default: it does not, since of several processes each would count it.
func WithSoleProcess() Option { return optionFunc(func(s *store) { s.sole = true }) }

// SessionManager is a session manager whose sessions are recorded. It is as safe
// for concurrent use as the manager inside.
type SessionManager struct {
	*scs.SessionManager
	store *store // nil where nothing is recorded
}

// New records the manager's sessions on the handle. It puts a store of its own
// around the manager's, so set that before; every other setting may be changed
// afterwards. Without a manager it makes one by [scs.New]. Without a handle
// nothing is recorded and the store stays as it is.
//
// A session that is loaded by the manager itself and not by what New returns is
// recorded too. That costs one more call of the store where a session is saved
// or deleted, and its end counts as revoke, its renewal as revoke and create.
func New(manager *scs.SessionManager, handle *instrument.Sessions, opts ...Option) *SessionManager {
	if manager == nil {
		manager = scs.New()
	}
	m := &SessionManager{SessionManager: manager}
	if handle == nil {
		return m
	}
	m.store = newStore(manager, handle)
	for _, o := range opts {
		if o != nil {
			o.apply(m.store)
		}
	}
	manager.Store = m.store.asStore()
	return m
}

// LoadAndSave is the middleware that loads the session of each request and saves
// it.
func (m *SessionManager) LoadAndSave(next http.Handler) http.Handler {
	inner := m.SessionManager.LoadAndSave(next)
	if m.store == nil {
		return inner
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner.ServeHTTP(w, r.WithContext(m.store.follow(r.Context())))
	})
}

// Load returns a context with the session of the token, or a new one if there is
// none.
func (m *SessionManager) Load(ctx context.Context, token string) (context.Context, error) {
	if m.store != nil {
		ctx = m.store.follow(ctx)
	}
	return m.SessionManager.Load(ctx, token)
}

// RenewToken gives the session a new token, and its full lifetime, when it is
// saved next.
func (m *SessionManager) RenewToken(ctx context.Context) error {
	return m.SessionManager.RenewToken(context.WithValue(ctx, renewKey{}, true))
}

// Iterate calls fn with each session that is live. The store must be able to list
// them, or it panics.
func (m *SessionManager) Iterate(ctx context.Context, fn func(context.Context) error) error {
	return m.SessionManager.Iterate(ctx, func(ctx context.Context) error {
		if m.store != nil {
			ctx = m.store.visit(ctx)
		}
		return fn(ctx)
	})
}
