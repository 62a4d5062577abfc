// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"errors"

	"github.com/datapunk/otelauth/semconv"
)

// outcome is what a measurement says of an attempt.
type outcome struct {
	result    semconv.Result
	reason    semconv.Reason    // meaningful on ResultFailure
	errorType semconv.ErrorType // meaningful on ResultError
}

// verdict is an error that is nothing but an outcome.
type verdict struct {
	outcome
	text string
}

func (v *verdict) Error() string { return v.text }

// AuthReason is [semconv.ReasonOther] for what is no failure.
func (v *verdict) AuthReason() semconv.Reason { return v.reason }

// Outcomes that are neither success, failure nor error.
var (
	// ErrNoCredential says that the caller brought no credential at all:
	// result none.
	ErrNoCredential error = &verdict{outcome{result: semconv.ResultNone}, "no credential"}
	// ErrBypassed says that the check was skipped on purpose: result bypassed.
	ErrBypassed error = &verdict{outcome{result: semconv.ResultBypassed}, "check bypassed"}
)

// failures and failed hold every verdict once, so that giving one is free.
var (
	failures = func() (t [semconv.NumReason]verdict) {
		for r := range t {
			t[r] = verdict{outcome{result: semconv.ResultFailure, reason: semconv.Reason(r)},
				"refused"}
		}
		return t
	}()
	failed = func() (t [semconv.NumErrorType]verdict) {
		for e := range t {
			t[e] = verdict{outcome{result: semconv.ResultError, errorType: semconv.ErrorType(e)},
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
	_ Reasoner = (*verdict)(nil)
)

// maxErrors bounds how many errors of a tree are looked at. One may wrap itself,
// and errors.Is and errors.As would never come back from it.
const maxErrors = 64

// said returns what err, or an error in its tree, says of itself, and how much
// of budget is left; a budget used up means that the tree has no end. It walks
// in the order of [errors.As], which is not used because it allocates its
// target, and this is on the path of every failure.
func said(err error, budget int) (o outcome, ok bool, left int) {
	for err != nil && budget > 0 {
		budget--
		switch e := err.(type) { //nolint:errorlint // this is the walk itself
		case *verdict:
			return e.outcome, true, budget
		case Reasoner:
			reason := e.AuthReason()
			if reason >= semconv.NumReason {
				reason = semconv.ReasonOther
			}
			return outcome{result: semconv.ResultFailure, reason: reason}, true, budget
		case interface{ Unwrap() []error }:
			for _, child := range e.Unwrap() {
				if o, ok, budget = said(child, budget); ok || budget == 0 {
					return o, ok, budget
				}
			}
			return outcome{}, false, budget
		default:
			err = errors.Unwrap(err)
		}
	}
	return outcome{}, false, budget
}
