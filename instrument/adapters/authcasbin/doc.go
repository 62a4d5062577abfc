// SPDX-License-Identifier: Apache-2.0

// Package authcasbin records the access decisions of an enforcer of
// github.com/casbin/casbin.
//
//	enforcer, err := casbin.NewSyncedEnforcer("model.conf", "policy.csv")
//	decisions := authcasbin.New(enforcer, api.Authorization(semconv.EnforcementEnforced))
//
//	ok, err := decisions.Enforce(user, path, method)
//
// # Decisions
//
// Every method that decides is recorded, each request once:
//
//   - allow and deny are what the enforcer said.
//   - error: it returned an error, such as a matcher that cannot be evaluated or a
//     request of the wrong size, or it panicked. Whatever else it returned is no
//     decision. The panic goes on.
//
// The time is that of the call, a wait for the enforcer's lock included. Of a
// batch nobody knows how long one decision took, so its decisions are counted and
// not timed.
//
// An enforcer that is switched off by EnableEnforce(false) allows everything, and
// so it is recorded.
//
// # Labels
//
// No subject, object, action, rule or error text is recorded. Where a service has
// several enforcers, [instrument.Policy] tells them apart.
package authcasbin
