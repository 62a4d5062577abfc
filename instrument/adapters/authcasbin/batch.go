// SPDX-License-Identifier: Apache-2.0

package authcasbin

import "context"

// BatchEnforce decides about several requests. At an error it returns the
// decisions before it; those and the one error are recorded.
func (e *Enforcer) BatchEnforce(requests [][]any) (oks []bool, err error) {
	defer e.count(&oks, &err)
	enforcer, err := e.ask()
	if err != nil {
		return nil, err
	}
	err = errPanicked
	return enforcer.BatchEnforce(requests)
}

// BatchEnforceWithMatcher is [Enforcer.BatchEnforce] by another matcher than the
// model's.
func (e *Enforcer) BatchEnforceWithMatcher(matcher string, requests [][]any) (oks []bool, err error) {
	defer e.count(&oks, &err)
	enforcer, err := e.ask()
	if err != nil {
		return nil, err
	}
	err = errPanicked
	return enforcer.BatchEnforceWithMatcher(matcher, requests)
}

// count records the decisions that a method is about to return.
func (e *Enforcer) count(oks *[]bool, err *error) {
	if e == nil {
		return
	}
	for _, ok := range *oks {
		e.handle.Count(context.Background(), decision(ok, nil))
	}
	if *err != nil {
		e.handle.Count(context.Background(), decision(false, *err))
	}
}
