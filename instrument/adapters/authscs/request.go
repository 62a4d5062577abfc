// SPDX-License-Identifier: Apache-2.0

package authscs

import (
	"context"
	"slices"
	"sync"
)

// request is what is known of the sessions of one request. It lives in the
// request's context, by which the store hears of it. Nil knows nothing.
type request struct {
	visiting bool // the session is not the request's own

	mu       sync.Mutex
	known    []key // sessions that are in the store
	renewing bool  // one was deleted, to be saved under a new token
	renewed  key   // which
}

// key stands for a session's token.
type key uint64

// requestKey is where the context has the request, for each store its own.
type requestKey struct{ store *store }

// renewKey marks the context of a call of RenewToken.
type renewKey struct{}

// follow returns a context in which the store knows the request.
func (s *store) follow(ctx context.Context) context.Context {
	if s.request(ctx) != nil {
		return ctx // the manager, too, keeps to the session that is there
	}
	return context.WithValue(ctx, requestKey{s}, &request{})
}

// visit returns a context for a session that is not the request's own.
func (s *store) visit(ctx context.Context) context.Context {
	return context.WithValue(ctx, requestKey{s}, &request{visiting: true})
}

func (s *store) request(ctx context.Context) *request {
	r, _ := ctx.Value(requestKey{s}).(*request)
	return r
}

// owner reports whether the sessions of the request are all that r knows.
func (r *request) owner() bool { return r != nil && !r.visiting }

func (r *request) knows(k key) bool {
	if r == nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Contains(r.known, k)
}

// learn takes note that the session is in the store.
func (r *request) learn(k key) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Contains(r.known, k) {
		r.known = append(r.known, k)
	}
}

// forget takes note that it no longer is.
func (r *request) forget(k key) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.known = slices.DeleteFunc(r.known, func(other key) bool { return other == k })
}

// renew takes note that the session goes on under a token that is not known yet.
func (r *request) renew(k key) {
	r.forget(k)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.renewing, r.renewed = true, k
}

// underRenewal returns which session is between two tokens, if one is.
func (r *request) underRenewal() (key, bool) {
	if r == nil {
		return 0, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.renewed, r.renewing
}

// settled takes note that none is any more.
func (r *request) settled() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.renewing = false
}
