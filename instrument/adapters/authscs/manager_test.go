// SPDX-License-Identifier: Apache-2.0

package authscs_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"

	"github.com/datapunk/otelauth/instrument/adapters/authscs"
	"github.com/datapunk/otelauth/instrument/instrumenttest"
)

func TestLife(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		c := r.client(t)
		c.do(nothing) // no session is begun by reading
		r.want(t, 0, nil)
		c.do(r.put)
		r.want(t, 1, ops{create: 1})
		c.do(r.put) // saved again
		c.do(nothing)
		r.want(t, 1, ops{create: 1})
		c.do(r.signIn)
		r.want(t, 1, ops{create: 1, renew: 1})
		c.do(r.put)
		c.do(r.signOut)
		r.want(t, 0, ops{create: 1, renew: 1, end: 1})
		c.do(r.signOut) // nobody is signed in
		c.do(r.put)
		r.want(t, 1, ops{create: 2, renew: 1, end: 1})
	})
}

// A login without a session before it begins one, whatever RenewToken is called
// for.
func TestSignInAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.client(t).do(r.signIn)
		r.want(t, 1, ops{create: 1})
	})
}

func TestSeveralThingsInOneRequest(t *testing.T) {
	for name, tt := range map[string]struct {
		handler func(r *rig, ctx context.Context)
		active  float64
		want    ops // beside the create before
	}{
		"renewed twice":         {func(r *rig, ctx context.Context) { r.signIn(ctx); r.signIn(ctx) }, 1, ops{renew: 1}},
		"renewed and ended":     {func(r *rig, ctx context.Context) { r.signIn(ctx); r.signOut(ctx) }, 0, ops{end: 1}},
		"ended twice":           {func(r *rig, ctx context.Context) { r.signOut(ctx); r.signOut(ctx) }, 0, ops{end: 1}},
		"ended and begun":       {func(r *rig, ctx context.Context) { r.signOut(ctx); r.put(ctx) }, 1, ops{end: 1, create: 1}},
		"ended and signed in":   {func(r *rig, ctx context.Context) { r.signOut(ctx); r.signIn(ctx) }, 1, ops{end: 1, create: 1}},
		"saved and ended":       {func(r *rig, ctx context.Context) { r.save(ctx); r.signOut(ctx) }, 0, ops{end: 1}},
		"renewed, saved, ended": {func(r *rig, ctx context.Context) { r.signIn(ctx); r.save(ctx); r.signOut(ctx) }, 0, ops{renew: 1, end: 1}},
		"renewed, saved, ended twice": {func(r *rig, ctx context.Context) {
			r.signIn(ctx)
			r.save(ctx)
			r.signOut(ctx)
			r.signOut(ctx)
		}, 0, ops{renew: 1, end: 1}},
		"renewed, saved, ended, begun": {func(r *rig, ctx context.Context) {
			r.signIn(ctx)
			r.save(ctx)
			r.signOut(ctx)
			r.put(ctx)
		}, 1, ops{renew: 1, end: 1, create: 1}},
		"deleted twice": {func(r *rig, ctx context.Context) {
			_ = r.Store.(scs.CtxStore).DeleteCtx(ctx, r.Token(ctx))
			_ = r.Store.(scs.CtxStore).DeleteCtx(ctx, r.Token(ctx))
		}, 0, ops{end: 1}},
		"ended, begun and ended": {func(r *rig, ctx context.Context) { r.signOut(ctx); r.save(ctx); r.signOut(ctx) }, 0, ops{end: 2, create: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, r *rig) {
				c := r.client(t)
				c.do(r.put)
				c.do(func(ctx context.Context) { tt.handler(r, ctx) })
				want := ops{create: 1}
				for op, n := range tt.want {
					want[op] += n
				}
				r.want(t, tt.active, want)
			})
		})
	}
}

// save saves within a handler.
func (r *rig) save(ctx context.Context) {
	r.put(ctx)
	_, _, _ = r.Commit(ctx)
}

func TestMergeSession(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		a, b := r.client(t), r.client(t)
		a.do(r.put)
		b.do(r.put)
		other := b.cookie.Value
		a.do(func(ctx context.Context) { _ = r.MergeSession(ctx, other) })
		r.want(t, 1, ops{create: 2, end: 1})
		a.do(func(ctx context.Context) { _ = r.MergeSession(ctx, other) }) // is gone
		r.want(t, 1, ops{create: 2, end: 1})
		b.do(nothing)
		a.do(r.signOut)
		r.want(t, 0, ops{create: 2, end: 2})
	})
}

// A program without HTTP, or with a middleware of its own.
func TestLoad(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		ctx, err := r.Load(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		if again, err := r.Load(ctx, ""); err != nil || again != ctx {
			t.Error("a context with a session is not kept as it is")
		}
		r.put(ctx)
		token, _, err := r.Commit(ctx)
		if err != nil {
			t.Fatal(err)
		}
		ctx, err = r.Load(t.Context(), token)
		if err != nil || r.GetString(ctx, "user") != "alice" {
			t.Error("the session is not there:", err)
		}
		r.signOut(ctx)
		r.want(t, 0, ops{create: 1, end: 1})
	})
}

// Signing out everywhere, by an administrator or from another device.
func TestRevoke(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		a, b, c, d := r.client(t), r.client(t), r.client(t), r.client(t)
		for _, c := range []*client{a, b, c, d} {
			c.do(r.put)
		}
		ofA := a.cookie.Value
		d.do(func(ctx context.Context) { // who is not signed out by it
			_ = r.Iterate(ctx, func(ctx context.Context) error {
				if r.Token(ctx) == ofA {
					return r.Destroy(ctx)
				}
				return nil
			})
		})
		r.want(t, 3, ops{create: 4, revoke: 1})
		if err := r.Store.Delete(b.cookie.Value); err != nil {
			t.Error(err)
		}
		d.do(func(ctx context.Context) {
			if err := r.Store.(scs.CtxStore).DeleteCtx(ctx, c.cookie.Value); err != nil {
				t.Error(err)
			}
		})
		r.want(t, 1, ops{create: 4, revoke: 3})
		for _, token := range []string{ofA, "", "unknown"} {
			if err := r.Store.Delete(token); err != nil { // is not there
				t.Error(err)
			}
		}
		d.do(r.signOut)
		r.want(t, 0, ops{create: 4, revoke: 3, end: 1})
	})
}

func TestRenewFromOutside(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.client(t).do(r.put)
		err := r.Iterate(t.Context(), func(ctx context.Context) error {
			r.signIn(ctx)
			r.save(ctx)
			r.want(t, 1, ops{create: 1, renew: 1})
			return r.Destroy(ctx)
		})
		if err != nil {
			t.Error(err)
		}
		r.want(t, 0, ops{create: 1, renew: 1, revoke: 1})
	})
}

// What the manager itself loads is followed as well as can be: what is active is
// right all the same.
func TestByTheManagerItself(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		c := r.client(t)
		plain := r.SessionManager.SessionManager.LoadAndSave
		c.via(plain, r.put)
		c.via(plain, r.put)
		r.want(t, 1, ops{create: 1})
		c.via(plain, r.signIn)
		r.want(t, 1, ops{create: 2, revoke: 1})
		c.via(plain, r.signOut)
		r.want(t, 0, ops{create: 2, revoke: 2})
		c.via(plain, r.signOut)
		r.want(t, 0, ops{create: 2, revoke: 2})
	})
}

func TestHashedTokens(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.HashTokenInStore = true
		c := r.client(t)
		c.do(r.put)
		c.do(r.signIn)
		c.do(r.put)
		c.do(r.signOut)
		r.want(t, 0, ops{create: 1, renew: 1, end: 1})
	})
}

func TestNil(t *testing.T) {
	mem := memstore.NewWithCleanupInterval(0)
	manager := *users
	manager.Store = mem
	r := &rig{SessionManager: authscs.New(&manager, nil, nil), mem: mem}
	if manager.Store != scs.Store(mem) {
		t.Error("the store is wrapped although nothing is recorded")
	}
	c := r.client(t)
	c.do(r.put)
	c.do(r.signIn)
	if err := r.Iterate(t.Context(), func(context.Context) error { return nil }); err != nil {
		t.Error(err)
	}
	if _, err := r.Load(t.Context(), c.cookie.Value); err != nil {
		t.Error(err)
	}
	c.do(func(ctx context.Context) {
		if r.GetString(ctx, "user") != "alice" {
			t.Error("the session does not work")
		}
	})
	c.do(r.signOut)
}

func TestNoManager(t *testing.T) {
	rec, got := instrumenttest.New(t)
	r := &rig{SessionManager: authscs.New(nil, rec.Service("api").Sessions()), got: got}
	r.client(t).do(r.put)
	r.want(t, 1, ops{create: 1})
}

// Two managers in one program do not take each other's sessions for their own.
func TestTwoManagers(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		rec, got := instrumenttest.New(t)
		manager := *admins
		manager.Store = memstore.NewWithCleanupInterval(0)
		manager.Lifetime = lifetime
		manager.Cookie.Name = "admin"
		second := &rig{SessionManager: authscs.New(&manager, rec.Service("api").Sessions()), got: got}

		both := func(next http.Handler) http.Handler { return r.LoadAndSave(second.LoadAndSave(next)) }
		r.client(t).via(both, func(ctx context.Context) { r.put(ctx); second.signIn(ctx) })
		r.client(t).via(both, r.put)
		r.want(t, 2, ops{create: 2})
		second.want(t, 1, ops{create: 1})
		time.Sleep(2 * lifetime)
		r.want(t, 0, ops{create: 2, expire: 2})
		second.want(t, 0, ops{create: 1, expire: 1})
	})
}
