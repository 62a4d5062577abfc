// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// scopeOrders is what a token must be good for at the API.
const scopeOrders = "orders"

// api is a resource server: it serves whom an access token of the provider's gives the right to it.
type api struct {
	verify verifier
	tokens *instrument.Attempts
	access *instrument.Authorization
}

func newAPI(svc *instrument.Service, v verifier) *api {
	return &api{v, svc.TokenVerification(semconv.TokenTypeAccess), svc.Authorization(semconv.EnforcementEnforced)}
}

// ServeHTTP answers any request in the same way, so long as it bears a good token.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	scope, err := a.authenticate(r.Context(), r.Header.Get("Authorization"))
	if err != nil {
		refuse(w, a.tokens, err, "token refused")
		return
	}
	if !a.authorize(r.Context(), scope) {
		http.Error(w, "not with this token", http.StatusForbidden)
		return
	}
	fmt.Fprintln(w, "one teapot, on its way")
}

// authenticate is what is measured: is there a token, and what do we think of it?
func (a *api) authenticate(ctx context.Context, header string) (scope string, err error) {
	defer a.tokens.Start().Done(ctx, &err)

	raw, ok := strings.CutPrefix(header, "Bearer ")
	if !ok {
		return "", instrument.ErrNoCredential
	}
	return a.verify(ctx, raw)
}

// authorize demands the scope, which only access tokens have: an ID token says who somebody is, and gives no
// right to anything.
func (a *api) authorize(ctx context.Context, scope string) bool {
	decision := a.access.Start()
	if !slices.Contains(strings.Fields(scope), scopeOrders) {
		decision.End(ctx, semconv.DecisionDeny)
		return false
	}
	decision.End(ctx, semconv.DecisionAllow)
	return true
}
