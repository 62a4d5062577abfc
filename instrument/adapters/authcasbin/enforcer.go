// SPDX-License-Identifier: Apache-2.0

package authcasbin

import (
	"context"
	"errors"

	"github.com/casbin/casbin/v3"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// Enforcer is an enforcer whose decisions are recorded. It goes wherever a
// [casbin.IEnforcer] does, and what does not decide is passed on as it is. It is
// as safe for concurrent use as the enforcer inside.
type Enforcer struct {
	casbin.IEnforcer
	handle *instrument.Authorization
}

var _ casbin.IEnforcer = (*Enforcer)(nil)

// New returns an enforcer that asks the given one and records each decision on
// the handle. Without a handle nothing is recorded. Without an enforcer nothing
// is allowed: every decision is an error.
func New(enforcer casbin.IEnforcer, handle *instrument.Authorization) *Enforcer {
	return &Enforcer{enforcer, handle}
}

var (
	errNoEnforcer = errors.New("authcasbin: there is no enforcer to ask")
	errPanicked   = errors.New("authcasbin: the enforcer panicked") // seen by the record alone
)

// ask returns whom to ask.
func (e *Enforcer) ask() (casbin.IEnforcer, error) {
	if e == nil || e.IEnforcer == nil {
		return nil, errNoEnforcer
	}
	return e.IEnforcer, nil
}

// pending is a decision under way.
type pending struct{ decision instrument.Decision }

func (e *Enforcer) start() pending {
	if e == nil {
		return pending{}
	}
	return pending{e.handle.Start()}
}

// end records the decision that a method is about to return.
func (p pending) end(ok *bool, err *error) {
	p.decision.End(context.Background(), decision(*ok, *err))
}

func decision(ok bool, err error) semconv.Decision {
	switch {
	case err != nil:
		return semconv.DecisionError
	case ok:
		return semconv.DecisionAllow
	}
	return semconv.DecisionDeny
}

// Enforce decides about a request, mostly a subject, an object and an action, as
// [casbin.Enforcer.Enforce] does.
func (e *Enforcer) Enforce(rvals ...any) (ok bool, err error) {
	defer e.start().end(&ok, &err)
	enforcer, err := e.ask()
	if err != nil {
		return false, err
	}
	err = errPanicked // unless it returns
	return enforcer.Enforce(rvals...)
}

// EnforceWithMatcher is [Enforcer.Enforce] by another matcher than the model's.
func (e *Enforcer) EnforceWithMatcher(matcher string, rvals ...any) (ok bool, err error) {
	defer e.start().end(&ok, &err)
	enforcer, err := e.ask()
	if err != nil {
		return false, err
	}
	err = errPanicked
	return enforcer.EnforceWithMatcher(matcher, rvals...)
}

// EnforceEx is [Enforcer.Enforce] that also returns the rule that decided.
func (e *Enforcer) EnforceEx(rvals ...any) (ok bool, rule []string, err error) {
	defer e.start().end(&ok, &err)
	enforcer, err := e.ask()
	if err != nil {
		return false, nil, err
	}
	err = errPanicked
	return enforcer.EnforceEx(rvals...)
}

// EnforceExWithMatcher is [Enforcer.EnforceEx] by another matcher than the
// model's.
func (e *Enforcer) EnforceExWithMatcher(matcher string, rvals ...any) (ok bool, rule []string, err error) {
	defer e.start().end(&ok, &err)
	enforcer, err := e.ask()
	if err != nil {
		return false, nil, err
	}
	err = errPanicked
	return enforcer.EnforceExWithMatcher(matcher, rvals...)
}
