// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"errors"

	"github.com/datapunk/otelauth/semconv"
)

// Outcome is what an attempt came to.
type Outcome struct {
	Result    semconv.Result
	Reason    semconv.Reason    // of [semconv.ResultFailure], otherwise meaningless
	ErrorType semconv.ErrorType // of [semconv.ResultError], otherwise meaningless
}

// verdict is an error that is nothing but an outcome.
type verdict struct {
	Outcome
	text string
}

func (v *verdict) Error() string { return v.text }

// refusal is a verdict that is a failure, and so has a reason.
type refusal struct{ verdict }

func (r *refusal) AuthReason() semconv.Reason { return r.Reason }

// Outcomes that are neither success, failure nor error.
var (
	// ErrNoCredential says that the caller brought no credential at all:
	// result none.
	ErrNoCredential error = &verdict{Outcome{Result: semconv.ResultNone}, "no credential"}
	// ErrBypassed says that the check was skipped on purpose: result bypassed.
	ErrBypassed error = &verdict{Outcome{Result: semconv.ResultBypassed}, "check bypassed"}
)

// failures and failed hold every verdict once, so that giving one is free.
var (
	failures = func() (t [semconv.NumReason]refusal) {
		for r := range t {
			t[r] = refusal{verdict{Outcome{Result: semconv.ResultFailure, Reason: semconv.Reason(r)}, "refused"}}
		}
		return t
	}()
	failed = func() (t [semconv.NumErrorType]verdict) {
		for e := range t {
			t[e] = verdict{Outcome{Result: semconv.ResultError, ErrorType: semconv.ErrorType(e)},
				"no decision could be made"}
		}
		return t
	}()
)

// Failure returns the error that says: refused, for this reason, and it is the
// caller's fault. Every call that records takes it, bare or wrapped, and a
// service may return it from its own functions: its text does not tell the
// reason, which a client should not learn; [Reasoner] does. A reason outside
// the enum is [semconv.ReasonOther]. It does not allocate.
func Failure(reason semconv.Reason) error {
	if reason >= semconv.NumReason {
		reason = semconv.ReasonOther
	}
	return &failures[reason]
}

// Error returns the error that says: no decision could be made, and it is our
// fault or a dependency's, such as an identity provider that is down. A type
// outside the enum is [semconv.ErrorTypeOther]. It does not allocate.
func Error(t semconv.ErrorType) error {
	if t >= semconv.NumErrorType {
		t = semconv.ErrorTypeOther
	}
	return &failed[t]
}

// WithReason returns err, saying also that it is a failure for this reason. The
// text and the chain of err are kept. A nil err stays nil.
func WithReason(err error, reason semconv.Reason) error {
	if err == nil {
		return nil
	}
	return &reasoned{err, reason}
}

type reasoned struct {
	error
	reason semconv.Reason
}

func (r *reasoned) Unwrap() error              { return r.error }
func (r *reasoned) AuthReason() semconv.Reason { return r.reason }

// A Reasoner is an error that knows its failure reason. An error of a library
// that implements it needs no mapper.
type Reasoner interface {
	error
	AuthReason() semconv.Reason
}

var (
	_ Reasoner = (*reasoned)(nil)
	_ Reasoner = (*refusal)(nil)
)

// maxErrors bounds how many errors of a tree are looked at. One may wrap itself,
// and errors.Is and errors.As would never come back from it; they also allocate
// their target, on the path of every failure.
const maxErrors = 64

// walk visits err and the errors in its tree, in the order of [errors.As], until
// visit returns true or maxErrors are visited. What is left of the budget is
// returned: none means that the tree has no end.
func walk(err error, budget int, visit func(error) (stop bool)) (stopped bool, left int) {
	for err != nil && budget > 0 {
		budget--
		if visit(err) {
			return true, budget
		}
		many, ok := err.(interface{ Unwrap() []error })
		if !ok {
			err = errors.Unwrap(err)
			continue
		}
		for _, child := range many.Unwrap() {
			if stopped, budget = walk(child, budget, visit); stopped || budget == 0 {
				return stopped, budget
			}
		}
		return false, budget
	}
	return false, budget
}

// said returns what err, or an error in its tree, says of itself, and what is left
// of the budget of [walk].
func said(err error) (o Outcome, ok bool, left int) {
	ok, left = walk(err, maxErrors, func(err error) bool {
		var says bool
		o, says = saysItself(err)
		return says
	})
	return o, ok, left
}

// saysItself returns what this very error says of itself.
func saysItself(err error) (Outcome, bool) {
	switch e := err.(type) { //nolint:errorlint // one error of a walk
	case *refusal:
		return e.Outcome, true
	case *verdict:
		return e.Outcome, true
	case Reasoner:
		reason := e.AuthReason()
		if reason >= semconv.NumReason {
			reason = semconv.ReasonOther
		}
		return Outcome{Result: semconv.ResultFailure, Reason: reason}, true
	}
	return Outcome{}, false
}
