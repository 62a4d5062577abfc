// SPDX-License-Identifier: Apache-2.0

package authscs_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"

	"github.com/datapunk/otelauth/semconv"
)

// failing runs a test on a store that can be made to fail.
func failing(t *testing.T, test func(t *testing.T, r *rig, b *broken)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &broken{MemStore: memstore.NewWithCleanupInterval(0)}
		r := newRig(t, b.MemStore, b)
		r.ErrorFunc = func(w http.ResponseWriter, _ *http.Request, err error) {
			if !errors.Is(err, errBroken) {
				t.Errorf("the error of the store is not passed on: %v", err)
			}
			w.WriteHeader(http.StatusInternalServerError)
		}
		test(t, r, b)
		r.got.WantNothingElse()
		r.got.WantNowhere("db.internal.example", "gone away")
		time.Sleep(10 * lifetime)
		r.got.Want("auth.session.active", 0)
	})
}

func TestCreateFails(t *testing.T) {
	failing(t, func(t *testing.T, r *rig, b *broken) {
		b.commit = true
		c := r.client(t)
		if status := c.do(r.put); status != http.StatusInternalServerError {
			t.Errorf("status %d", status)
		}
		r.want(t, 0, nil)
		r.got.WantSessionOperations(1, create, errStore)
		b.commit = false
		c.do(r.put)
		r.want(t, 1, ops{create: 1})
	})
}

func TestSaveFails(t *testing.T) {
	failing(t, func(t *testing.T, r *rig, b *broken) {
		c := r.client(t)
		c.do(r.put)
		b.commit = true
		if status := c.do(r.put); status != http.StatusInternalServerError {
			t.Errorf("status %d", status)
		}
		r.want(t, 1, ops{create: 1})
	})
}

func TestRenewFails(t *testing.T) {
	failing(t, func(t *testing.T, r *rig, b *broken) {
		c := r.client(t)
		c.do(r.put)
		b.delete = true
		c.do(func(ctx context.Context) {
			if err := r.RenewToken(ctx); !errors.Is(err, errBroken) {
				t.Errorf("got %v", err)
			}
		})
		r.want(t, 1, ops{create: 1})
		r.got.WantSessionOperations(1, renew, errStore)

		b.delete, b.commit = false, true // deleted under the old token, and not saved under the new one
		c.do(r.signIn)
		r.got.WantSessionOperations(2, renew, errStore)
		b.commit = false
		c.do(nothing) // comes back with the old one
		r.want(t, 0, ops{create: 1})
	})
}

func TestEndFails(t *testing.T) {
	failing(t, func(t *testing.T, r *rig, b *broken) {
		c := r.client(t)
		c.do(r.put)
		b.delete = true
		c.do(r.signOut)
		if err := r.Store.Delete(c.cookie.Value); !errors.Is(err, errBroken) {
			t.Errorf("got %v", err)
		}
		r.want(t, 1, ops{create: 1})
		r.got.WantSessionOperations(1, end, errStore)
		r.got.WantSessionOperations(1, revoke, errStore)
		b.delete = false
		c.do(r.signOut)
		r.want(t, 0, ops{create: 1, end: 1})
	})
}

func TestLoadFails(t *testing.T) {
	failing(t, func(t *testing.T, r *rig, b *broken) {
		c := r.client(t)
		c.do(r.put)
		b.find = true
		if status := c.do(r.put); status != http.StatusInternalServerError {
			t.Errorf("status %d", status)
		}
		r.want(t, 1, ops{create: 1})
	})
}

// withContext is a store that takes a context, and wants to see it.
type withContext struct {
	scs.Store
	seen map[string]int
}

type traceKey struct{}

func (w *withContext) note(ctx context.Context, method string) {
	if ctx.Value(traceKey{}) != nil {
		w.seen[method]++
	}
}

func (w *withContext) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	w.note(ctx, "find")
	return w.Find(token)
}

func (w *withContext) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	w.note(ctx, "commit")
	return w.Commit(token, b, expiry)
}

func (w *withContext) DeleteCtx(ctx context.Context, token string) error {
	w.note(ctx, "delete")
	return w.Delete(token)
}

func (w *withContext) AllCtx(ctx context.Context) (map[string][]byte, error) {
	w.note(ctx, "all")
	return w.Store.(scs.IterableStore).All()
}

func TestContextReachesTheStore(t *testing.T) {
	mem := memstore.NewWithCleanupInterval(0)
	w := &withContext{mem, map[string]int{}}
	r := newRig(t, mem, w)
	ctx := context.WithValue(t.Context(), traceKey{}, true)
	begun, err := r.Load(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	r.save(begun)
	loaded, err := r.Load(ctx, r.Token(begun))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	if err := r.Iterate(loaded, func(context.Context) error { n++; return nil }); err != nil || n != 1 {
		t.Errorf("iterated over %d sessions: %v", n, err)
	}
	r.signOut(loaded)
	r.signOut(loaded) // of nobody
	for method, n := range map[string]int{"find": 1, "commit": 1, "delete": 2, "all": 1} {
		if w.seen[method] != n { // and no call more than without recording
			t.Errorf("%s was called %d times, want %d", method, w.seen[method], n)
		}
	}
	r.want(t, 0, ops{create: 1, end: 1})
}

// bare can do no more than a store must.
type bare struct{ scs.Store }

// A store that cannot list its sessions does not seem to be able to.
func TestNoIteration(t *testing.T) {
	mem := memstore.NewWithCleanupInterval(0)
	r := newRig(t, mem, bare{mem})
	if _, ok := r.Store.(scs.IterableStore); ok {
		t.Error("the store claims to be able to iterate")
	}
	c := r.client(t)
	c.do(r.put)
	c.do(r.signIn)
	c.do(r.signOut)
	r.want(t, 0, ops{create: 1, renew: 1, end: 1})

	r = newRig(t, mem, mem)
	if all, err := r.Store.(scs.IterableStore).All(); err != nil || len(all) != 0 {
		t.Errorf("got %d sessions, %v", len(all), err)
	}
}

func TestConcurrent(t *testing.T) {
	const workers, each = 8, 25
	mem := memstore.NewWithCleanupInterval(0)
	r := newRig(t, mem, mem)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range each {
				ctx, _ := r.Load(t.Context(), "")
				r.save(ctx)
				kept := r.Token(ctx)
				ctx, _ = r.Load(t.Context(), kept)
				r.signIn(ctx)
				r.save(ctx)
				ctx, _ = r.Load(t.Context(), r.Token(ctx))
				// One request with several goroutines.
				var inner sync.WaitGroup
				inner.Go(func() { r.signOut(ctx) })
				inner.Go(func() { r.put(ctx) })
				inner.Wait()
			}
		})
	}
	wg.Wait()
	r.want(t, 0, ops{create: workers * each, renew: workers * each, end: workers * each})
	if all, err := mem.All(); err != nil || len(all) != 0 {
		t.Errorf("%d sessions left: %v", len(all), err)
	}
	r.got.Want("auth.session.operations", 3*workers*each, semconv.ResultSuccess.Attr())
}
