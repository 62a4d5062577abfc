// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/http"
	"slices"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// The policies, as they are called in metrics.
const (
	scopePolicy    = "scope"          // a caller needs the scope that is called like the service
	readOnlyPolicy = "keys-read-only" // an API key may read and not write
)

// authorize lets pass who has the scope. That decision binds, and the middleware outside records it by
// the status. The second policy is on trial: its decisions are recorded, and nobody is refused by it. Once
// the metrics show whom it would hit, it can be enforced.
func (b *backend) authorize(next http.Handler) http.Handler {
	trial := b.svc.Authorization(semconv.EnforcementShadow, instrument.Policy(readOnlyPolicy))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := callerIn(r.Context())
		decision := trial.Start()
		would := semconv.DecisionAllow
		if c.byKey && r.Method != http.MethodGet && r.Method != http.MethodHead {
			would = semconv.DecisionDeny
		}
		decision.End(r.Context(), would)

		if !slices.Contains(c.scopes, b.name) {
			http.Error(w, "not for you", http.StatusForbidden)
			return
		}
		instrument.Authorized(r.Context(), semconv.DecisionAllow) // now: what the service answers is no decision
		next.ServeHTTP(w, r)
	})
}
