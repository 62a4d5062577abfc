// SPDX-License-Identifier: Apache-2.0

package authcasbin_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/casbin/casbin/v3"
	"github.com/casbin/casbin/v3/model"

	"github.com/datapunk/otelauth/instrument/adapters/authcasbin"
	"github.com/datapunk/otelauth/instrument/instrumenttest"
	"github.com/datapunk/otelauth/semconv"
)

// conf is the model of casbin's own tutorial, with a function of ours in it.
const conf = `
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = trouble(r.sub) || r.sub == p.sub && r.obj == p.obj && r.act == p.act
`

// Subjects at whom the matcher fails. One of them is what a client might send.
const (
	failing   = "mallory@example.org"
	panicking = "trudy@example.org"
)

// byObject is a matcher other than the model's.
const byObject = "r.obj == p.obj"

func fill(t testing.TB, e casbin.IEnforcer) casbin.IEnforcer {
	t.Helper()
	m, err := model.NewModelFromString(conf)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.InitWithModelAndAdapter(m, nil); err != nil {
		t.Fatal(err)
	}
	e.AddFunction("trouble", func(args ...any) (any, error) {
		switch args[0] {
		case failing:
			return nil, errors.New("the directory has no answer for " + failing)
		case panicking:
			panic(panicking)
		}
		return false, nil
	})
	if _, err := e.AddPolicy("alice", "/orders", "GET"); err != nil {
		t.Fatal(err)
	}
	return e
}

// onEach runs the test on each kind of enforcer.
func onEach(t *testing.T, test func(*testing.T, *authcasbin.Enforcer, *instrumenttest.Got)) {
	plain, err := casbin.NewEnforcer()
	synced, err2 := casbin.NewSyncedEnforcer()
	cached, err3 := casbin.NewCachedEnforcer()
	if err := errors.Join(err, err2, err3); err != nil {
		t.Fatal(err)
	}
	for name, e := range map[string]casbin.IEnforcer{"plain": plain, "synced": synced, "cached": cached} {
		t.Run(name, func(t *testing.T) {
			rec, got := instrumenttest.New(t)
			test(t, authcasbin.New(fill(t, e), rec.Service("api").Authorization(semconv.EnforcementEnforced)), got)
			got.WantNothingElse()
			got.WantNowhere("alice", "/orders", failing, panicking, "directory")
		})
	}
}

// want asserts the decisions, and how many of them were timed.
func want(t *testing.T, got *instrumenttest.Got, allow, deny, failed, timed int64) {
	t.Helper()
	got.WantAuthorizations(allow, semconv.EnforcementEnforced, semconv.DecisionAllow)
	got.WantAuthorizations(deny, semconv.EnforcementEnforced, semconv.DecisionDeny)
	got.WantAuthorizations(failed, semconv.EnforcementEnforced, semconv.DecisionError)
	got.Want("auth.authorization.duration", float64(timed))
}

func TestEnforce(t *testing.T) {
	onEach(t, func(t *testing.T, e *authcasbin.Enforcer, got *instrumenttest.Got) {
		for range 2 { // the second time a cache has it
			if ok, err := e.Enforce("alice", "/orders", "GET"); !ok || err != nil {
				t.Errorf("alice may not get orders: %v, %v", ok, err)
			}
			if ok, err := e.Enforce("alice", "/orders", "DELETE"); ok || err != nil {
				t.Errorf("alice may delete orders: %v, %v", ok, err)
			}
		}
		want(t, got, 2, 2, 0, 4)
	})
}

func TestEnforceInOtherWays(t *testing.T) {
	onEach(t, func(t *testing.T, e *authcasbin.Enforcer, got *instrumenttest.Got) {
		rule := []string{"alice", "/orders", "GET"}
		if ok, err := e.EnforceWithMatcher(byObject, "bob", "/orders", "GET"); !ok || err != nil {
			t.Errorf("EnforceWithMatcher: %v, %v", ok, err)
		}
		if ok, by, err := e.EnforceEx("alice", "/orders", "GET"); !ok || !slices.Equal(by, rule) || err != nil {
			t.Errorf("EnforceEx: %v, %v, %v", ok, by, err)
		}
		if ok, by, err := e.EnforceExWithMatcher(byObject, "bob", "/orders", "GET"); !ok || !slices.Equal(by, rule) || err != nil {
			t.Errorf("EnforceExWithMatcher: %v, %v, %v", ok, by, err)
		}
		if ok, _, err := e.EnforceEx("bob", "/orders", "GET"); ok || err != nil {
			t.Errorf("EnforceEx of bob: %v, %v", ok, err)
		}
		want(t, got, 3, 1, 0, 4)
	})
}

func TestErrors(t *testing.T) {
	onEach(t, func(t *testing.T, e *authcasbin.Enforcer, got *instrumenttest.Got) {
		for name, decide := range map[string]func() (bool, error){
			"an error of the matcher": func() (bool, error) { return e.Enforce(failing, "/orders", "GET") },
			"a panic that casbin catches": func() (bool, error) {
				ok, _, err := e.EnforceEx(panicking, "/orders", "GET")
				return ok, err
			},
			"too few values":     func() (bool, error) { return e.Enforce("alice") },
			"a matcher of chaff": func() (bool, error) { return e.EnforceWithMatcher("(((", "alice", "/orders", "GET") },
			"no boolean": func() (bool, error) {
				ok, _, err := e.EnforceExWithMatcher("r.sub + p.obj", "alice", "/orders", "GET")
				return ok, err
			},
		} {
			if ok, err := decide(); ok || err == nil {
				t.Errorf("%s: got %v, %v, want an error", name, ok, err)
			}
		}
		want(t, got, 0, 0, 5, 5)
	})
}

func TestBatch(t *testing.T) {
	onEach(t, func(t *testing.T, e *authcasbin.Enforcer, got *instrumenttest.Got) {
		good, bad := []any{"alice", "/orders", "GET"}, []any{"bob", "/orders", "GET"}
		oks, err := e.BatchEnforce([][]any{good, bad, good})
		if !slices.Equal(oks, []bool{true, false, true}) || err != nil {
			t.Errorf("BatchEnforce: %v, %v", oks, err)
		}
		oks, err = e.BatchEnforceWithMatcher(byObject, [][]any{bad})
		if !slices.Equal(oks, []bool{true}) || err != nil {
			t.Errorf("BatchEnforceWithMatcher: %v, %v", oks, err)
		}
		// What comes after an error is not decided.
		oks, err = e.BatchEnforce([][]any{bad, {failing, "/orders", "GET"}, good})
		if !slices.Equal(oks, []bool{false}) || err == nil {
			t.Errorf("a batch with an error: %v, %v", oks, err)
		}
		want(t, got, 3, 2, 1, 0)
	})
}

// What does not decide is the enforcer's own.
func TestPassedOn(t *testing.T) {
	onEach(t, func(t *testing.T, e *authcasbin.Enforcer, got *instrumenttest.Got) {
		if _, err := e.AddPolicy("bob", "/orders", "GET"); err != nil {
			t.Error(err)
		}
		if ok, err := e.Enforce("bob", "/orders", "GET"); !ok || err != nil {
			t.Errorf("the policy that was added does not hold: %v, %v", ok, err)
		}
		want(t, got, 1, 0, 0, 1)
	})
}

// everything calls each method that decides and returns the errors.
func everything(e *authcasbin.Enforcer) []error {
	_, err1 := e.Enforce("alice", "/orders", "GET")
	_, err2 := e.EnforceWithMatcher(byObject, "alice", "/orders", "GET")
	_, _, err3 := e.EnforceEx("alice", "/orders", "GET")
	_, _, err4 := e.EnforceExWithMatcher(byObject, "alice", "/orders", "GET")
	_, err5 := e.BatchEnforce([][]any{{"alice", "/orders", "GET"}})
	_, err6 := e.BatchEnforceWithMatcher(byObject, [][]any{{"alice", "/orders", "GET"}})
	return []error{err1, err2, err3, err4, err5, err6}
}

func TestNoEnforcer(t *testing.T) {
	rec, got := instrumenttest.New(t)
	handle := rec.Service("api").Authorization(semconv.EnforcementEnforced)
	for _, e := range []*authcasbin.Enforcer{authcasbin.New(nil, handle), authcasbin.New(nil, nil), nil} {
		for i, err := range everything(e) {
			if err == nil {
				t.Errorf("call %d: something is allowed without an enforcer", i)
			}
		}
	}
	want(t, got, 0, 0, 6, 4)
	got.WantNothingElse()
}

func TestNoHandle(t *testing.T) {
	inner, err := casbin.NewEnforcer()
	if err != nil {
		t.Fatal(err)
	}
	for i, err := range everything(authcasbin.New(fill(t, inner), nil)) {
		if err != nil {
			t.Errorf("call %d: %v", i, err)
		}
	}
}

// A panic that casbin lets through goes on, and is recorded as no decision.
func TestPanic(t *testing.T) {
	rec, got := instrumenttest.New(t)
	e := authcasbin.New((*casbin.Enforcer)(nil), rec.Service("api").Authorization(semconv.EnforcementEnforced))
	for name, decide := range map[string]func(){
		"Enforce":                 func() { _, _ = e.Enforce() },
		"EnforceWithMatcher":      func() { _, _ = e.EnforceWithMatcher("") },
		"EnforceEx":               func() { _, _, _ = e.EnforceEx() },
		"EnforceExWithMatcher":    func() { _, _, _ = e.EnforceExWithMatcher("") },
		"BatchEnforce":            func() { _, _ = e.BatchEnforce([][]any{{}}) },
		"BatchEnforceWithMatcher": func() { _, _ = e.BatchEnforceWithMatcher("", [][]any{{}}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: the panic does not go on", name)
				}
			}()
			decide()
		}()
	}
	want(t, got, 0, 0, 6, 4)
	got.WantNothingElse()
}

func TestConcurrent(t *testing.T) {
	const workers, each = 8, 50
	inner, err := casbin.NewSyncedEnforcer()
	if err != nil {
		t.Fatal(err)
	}
	rec, got := instrumenttest.New(t)
	e := authcasbin.New(fill(t, inner), rec.Service("api").Authorization(semconv.EnforcementEnforced))
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range each {
				_, _ = e.Enforce("alice", "/orders", "GET")
				_, _ = e.BatchEnforce([][]any{{"bob", "/orders", "GET"}})
			}
		})
	}
	wg.Wait()
	want(t, got, workers*each, workers*each, 0, workers*each)
}
