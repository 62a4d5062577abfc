// SPDX-License-Identifier: Apache-2.0

package authscs_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/authscs"
	"github.com/datapunk/otelauth/instrument/instrumenttest"
	"github.com/datapunk/otelauth/semconv"
)

const lifetime = time.Hour

// rig is a service with sessions, recorded.
type rig struct {
	*authscs.SessionManager
	mem    *memstore.MemStore
	got    *instrumenttest.Got
	tokens []string // that a client was given
}

// bubble runs a test on a clock that stands still while anybody works. It ends
// only when no timer is left.
func bubble(t *testing.T, test func(t *testing.T, r *rig), opts ...authscs.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		mem := memstore.NewWithCleanupInterval(0)
		r := newRig(t, mem, mem, opts...)
		test(t, r)
		r.got.WantNothingElse()
		for _, token := range r.tokens {
			r.got.WantNowhere(token)
		}
		// Whatever happened, no session counts for ever.
		time.Sleep(10 * lifetime)
		r.got.Want("auth.session.active", 0)
	})
}

// users and admins are managers with a key of their own for the context. They are
// made once and copied, because each brings a store with a goroutine that cannot
// be stopped without a data race.
var users, admins = scs.New(), scs.New()

func newRig(t *testing.T, mem *memstore.MemStore, store scs.Store, opts ...authscs.Option) *rig {
	t.Helper()
	rec, got := instrumenttest.New(t)
	manager := *users
	manager.Store = store
	manager.Lifetime = lifetime
	return &rig{SessionManager: authscs.New(&manager, rec.Service("api").Sessions(), opts...), mem: mem, got: got}
}

// client is a browser, with its cookie.
type client struct {
	t      *testing.T
	r      *rig
	cookie *http.Cookie
}

func (r *rig) client(t *testing.T) *client { return &client{t: t, r: r} }

// do makes a request that the handler serves, and returns the status.
func (c *client) do(handler func(ctx context.Context)) int {
	c.t.Helper()
	return c.via(c.r.LoadAndSave, handler)
}

// via is do behind another middleware than the recorded one.
func (c *client) via(middleware func(http.Handler) http.Handler, handler func(ctx context.Context)) int {
	c.t.Helper()
	req := httptest.NewRequestWithContext(c.t.Context(), http.MethodGet, "/", nil)
	if c.cookie != nil {
		req.AddCookie(c.cookie)
	}
	w := httptest.NewRecorder()
	middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		handler(r.Context())
	})).ServeHTTP(w, req)
	for _, cookie := range w.Result().Cookies() {
		if c.cookie = cookie; cookie.MaxAge < 0 {
			c.cookie = nil
		} else {
			c.r.tokens = append(c.r.tokens, cookie.Value)
		}
	}
	return w.Code
}

// What handlers do.

func (r *rig) put(ctx context.Context) { r.Put(ctx, "user", "alice") }

func (r *rig) signIn(ctx context.Context) {
	_ = r.RenewToken(ctx)
	r.Put(ctx, "user", "alice")
}

func (r *rig) signOut(ctx context.Context) { _ = r.Destroy(ctx) }

func nothing(context.Context) {}

// ops is how many of each operation succeeded.
type ops map[semconv.SessionOperation]int64

const (
	create = semconv.SessionOperationCreate
	renew  = semconv.SessionOperationRenew
	end    = semconv.SessionOperationEnd
	expire = semconv.SessionOperationExpire
	revoke = semconv.SessionOperationRevoke
)

// want asserts the operations that succeeded, and the sessions that are active.
func (r *rig) want(t *testing.T, active float64, o ops) {
	t.Helper()
	for op := range semconv.NumSessionOperation {
		r.got.WantSessionOperations(o[op], op, nil)
	}
	r.got.Want("auth.session.active", active)
}

// broken is a store that can be made to fail.
type broken struct {
	*memstore.MemStore
	find, commit, delete bool
}

var errBroken = errors.New("the database at db.internal.example has gone away")

func (b *broken) Find(token string) ([]byte, bool, error) {
	if b.find {
		return nil, false, errBroken
	}
	return b.MemStore.Find(token)
}

func (b *broken) Commit(token string, data []byte, expiry time.Time) error {
	if b.commit {
		return errBroken
	}
	return b.MemStore.Commit(token, data, expiry)
}

func (b *broken) Delete(token string) error {
	if b.delete {
		return errBroken
	}
	return b.MemStore.Delete(token)
}

var errStore = instrument.Error(semconv.ErrorTypeOther)
