// SPDX-License-Identifier: Apache-2.0

package authcasbin_test

import (
	"fmt"

	"github.com/casbin/casbin/v3"
	"github.com/casbin/casbin/v3/model"

	"github.com/datapunk/otelauth/instrument/adapters/authcasbin"
	"github.com/datapunk/otelauth/instrument/instrumenttest"
	"github.com/datapunk/otelauth/semconv"
)

// printT stands for the *testing.T of a test.
type printT struct{}

func (printT) Helper()                           {}
func (printT) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }

func Example() {
	m, _ := model.NewModelFromString(`
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.sub == p.sub && r.obj == p.obj && r.act == p.act
`)
	enforcer, err := casbin.NewSyncedEnforcer(m)
	if err != nil {
		fmt.Println(err)
	}
	rec, got := instrumenttest.New(printT{}) // in a service: instrument.New
	api := rec.Service("api")

	decisions := authcasbin.New(enforcer, api.Authorization(semconv.EnforcementEnforced))
	_, _ = decisions.AddPolicy("alice", "/orders", "GET")
	fmt.Println(decisions.Enforce("alice", "/orders", "GET"))
	fmt.Println(decisions.Enforce("alice", "/orders", "DELETE"))

	got.WantAuthorizations(1, semconv.EnforcementEnforced, semconv.DecisionAllow)
	got.WantAuthorizations(1, semconv.EnforcementEnforced, semconv.DecisionDeny)
	got.WantNothingElse()
	// Output:
	// true <nil>
	// false <nil>
}
