// SPDX-License-Identifier: Apache-2.0

package authscs_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alexedwards/scs/v2/memstore"

	"github.com/datapunk/otelauth/instrument/adapters/authscs"
)

// soon is the longest until an expiry is seen.
const soon = 10 * time.Second

func TestExpire(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.client(t).do(r.put)
		time.Sleep(lifetime / 2)
		r.client(t).do(r.put)
		time.Sleep(lifetime/2 - time.Second)
		synctest.Wait()
		r.want(t, 2, ops{create: 2})
		time.Sleep(time.Second + soon)
		synctest.Wait()
		r.want(t, 1, ops{create: 2, expire: 1})
		time.Sleep(lifetime / 2)
		synctest.Wait()
		r.want(t, 0, ops{create: 2, expire: 2})
		r.client(t).do(r.put) // from rest
		time.Sleep(lifetime + soon)
		synctest.Wait()
		r.want(t, 0, ops{create: 3, expire: 3})
	})
}

// A session that is used does not expire by idling.
func TestIdleTimeout(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.IdleTimeout = 20 * time.Minute
		used, left := r.client(t), r.client(t)
		used.do(r.put)
		left.do(r.put)
		for range 3 {
			time.Sleep(15 * time.Minute)
			used.do(nothing)
		}
		r.want(t, 1, ops{create: 2, expire: 1})
		time.Sleep(15*time.Minute + soon) // its lifetime is over, whether it is used or not
		synctest.Wait()
		r.want(t, 0, ops{create: 2, expire: 2})
	})
}

// RenewToken begins the lifetime anew.
func TestRenewProlongs(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		c := r.client(t)
		c.do(r.put)
		time.Sleep(lifetime - time.Minute)
		c.do(r.signIn)
		time.Sleep(lifetime - time.Minute)
		synctest.Wait()
		r.want(t, 1, ops{create: 1, renew: 1})
		time.Sleep(time.Minute + soon)
		synctest.Wait()
		r.want(t, 0, ops{create: 1, renew: 1, expire: 1})
	})
}

func TestSetDeadline(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		c := r.client(t)
		c.do(r.put)
		c.do(func(ctx context.Context) { r.SetDeadline(ctx, time.Now().Add(time.Minute)) })
		time.Sleep(time.Minute + soon)
		synctest.Wait()
		r.want(t, 0, ops{create: 1, expire: 1})
	})
}

// A session whose cookie comes back before it was missed is counted as expired
// once.
func TestExpiredCookieComesBack(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		c := r.client(t)
		time.Sleep(time.Second) // so that no search falls on the expiry
		c.do(r.put)
		cookie := c.cookie
		time.Sleep(lifetime + time.Second)
		c.do(nothing)
		r.want(t, 0, ops{create: 1, expire: 1})
		c.cookie = cookie
		c.do(r.put) // a new session
		r.want(t, 1, ops{create: 2, expire: 1})
	})
}

// What another process ended is seen to be gone when its cookie comes back, and
// in time if it never does.
func TestEndedElsewhere(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		a, b := r.client(t), r.client(t)
		a.do(r.put)
		b.do(r.put)
		for _, c := range []*client{a, b} {
			if err := r.mem.Delete(c.cookie.Value); err != nil {
				t.Error(err)
			}
		}
		r.want(t, 2, ops{create: 2})
		a.do(nothing)
		r.want(t, 1, ops{create: 2})
		time.Sleep(lifetime + soon)
		synctest.Wait()
		r.want(t, 0, ops{create: 2, expire: 1})
	})
}

// restarted is a process that finds the sessions of an earlier one.
func restarted(t *testing.T, earlier *rig, opts ...authscs.Option) *rig {
	t.Helper()
	r := newRig(t, earlier.mem, earlier.mem, opts...)
	r.IdleTimeout = earlier.IdleTimeout
	return r
}

func TestSessionsFromBefore(t *testing.T) {
	bubble(t, func(t *testing.T, before *rig) {
		a, b := before.client(t), before.client(t)
		a.do(before.put)
		b.do(before.put)
		before.want(t, 2, ops{create: 2})

		r := restarted(t, before)
		a.r, b.r = r, r
		a.do(r.put)
		b.do(r.signIn)
		r.want(t, 0, ops{renew: 1})
		a.do(r.signOut) // who did not count does not count less
		r.want(t, 0, ops{renew: 1, end: 1})
	})
}

func TestSoleProcess(t *testing.T) {
	for name, idle := range map[string]time.Duration{"lifetime": 0, "idle timeout": 20 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, before *rig) {
				before.IdleTimeout = idle
				a, b, c := before.client(t), before.client(t), before.client(t)
				for _, c := range []*client{a, b, c} {
					c.do(before.put)
				}
				before.want(t, 3, ops{create: 3})
				r := restarted(t, before, authscs.WithSoleProcess())
				a.r, b.r = r, r
				for range 2 {
					a.do(nothing)
					b.do(nothing)
				}
				r.want(t, 2, nil)
				a.do(r.signOut)
				b.do(r.signIn)
				r.want(t, 1, ops{end: 1, renew: 1})
				time.Sleep(lifetime + soon)
				synctest.Wait()
				r.want(t, 0, ops{end: 1, renew: 1, expire: 1})
			})
		})
	}
}

// What the store holds may not be what the manager wrote.
func TestSoleProcessOnGarbage(t *testing.T) {
	mem := memstore.NewWithCleanupInterval(0)
	r := newRig(t, mem, mem, authscs.WithSoleProcess())
	if err := mem.Commit("token", []byte("garbage"), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Load(t.Context(), "token"); err == nil {
		t.Error("the manager's error is hidden")
	}
	r.want(t, 0, nil)
	r.got.WantNothingElse()
}

// Beyond the limit sessions are counted as operations alone, and do not count
// less when they end.
func TestMaxTracked(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		var cs []*client
		for range 5 {
			c := r.client(t)
			c.do(r.put)
			cs = append(cs, c)
		}
		r.want(t, 3, ops{create: 5})
		cs[4].do(r.signIn)
		cs[4].do(r.signOut)
		r.want(t, 3, ops{create: 5, renew: 1, end: 1})
		cs[0].do(r.signOut)
		r.want(t, 2, ops{create: 5, renew: 1, end: 2})
		r.client(t).do(r.put) // there is room again
		r.want(t, 3, ops{create: 6, renew: 1, end: 2})
		time.Sleep(lifetime + soon)
		synctest.Wait()
		r.want(t, 0, ops{create: 6, renew: 1, end: 2, expire: 3})
	}, authscs.WithMaxTracked(3), nil)
}

func TestNothingTracked(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		c := r.client(t)
		c.do(r.put)
		c.do(r.signOut)
		r.want(t, 0, ops{create: 1, end: 1})
	}, authscs.WithMaxTracked(-1))
}
