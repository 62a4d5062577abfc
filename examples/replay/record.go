// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// record hands an event to the instrument that it belongs to. A service that records its own attempts keeps its
// handles (rec.Service("api").Authentication(semconv.MethodPassword)) where it uses them; a log names another service
// on every line, and asking for a handle that exists costs two look-ups.
func record(ctx context.Context, rec *instrument.Recorder, e event) {
	service := rec.Service(e.service)
	var outcome error // nil is success
	if !e.success {
		outcome = instrument.Failure(e.reason)
	}
	ctx = e.caller(ctx)
	for range max(e.count, 1) {
		switch e.operation {
		case opTokenCheck:
			e.attempt(ctx, service.TokenVerification(e.token), outcome)
		case opRefresh:
			// A refresh checks one token, and that has the reason, and makes another.
			e.attempt(ctx, service.TokenVerification(e.token), outcome)
			fallthrough
		case opToken:
			service.TokenOperations(e.token).Count(ctx, e.tokenOp, outcome)
		case opMFA:
			service.MFA(e.factor).Answered(ctx, outcome)
		case opChallenge:
			service.MFA(e.factor).Challenged(ctx)
		case opRateLimit:
			service.RateLimit("minute").Check(ctx, e.limit())
		case opLogout:
			service.Sessions().Count(ctx, semconv.SessionOperationEnd, outcome)
		default:
			e.attempt(ctx, service.Authentication(e.method), outcome)
		}
	}
}

// limit is what a check of a rate limit came to.
func (e *event) limit() semconv.RateLimitOutcome {
	if e.success {
		return semconv.RateLimitOutcomeAllowed
	}
	return semconv.RateLimitOutcomeLimited
}

// attempt records how long the attempt took where the log says so, and else only that it was.
func (e *event) attempt(ctx context.Context, a *instrument.Attempts, outcome error) {
	if e.hasDuration {
		a.Record(ctx, e.duration, outcome)
		return
	}
	a.Count(ctx, outcome)
}

var errInterrupted = errors.New("interrupted: the rest was not read")

// recordAll records the events of all sources in time order, under the eyes of w if it is not nil.
func recordAll(ctx context.Context, rec *instrument.Recorder, w *watch, sources []*source, p *progress) (span, error) {
	var seen span
	defer p.done()
	err := merge(sources, func(e event) error {
		if ctx.Err() != nil {
			return errInterrupted
		}
		if w != nil {
			w.current = &e
		}
		record(ctx, rec, e)
		seen.add(e.time)
		p.step(e.time)
		return nil
	})
	for _, s := range sources {
		err = errors.Join(err, s.err)
	}
	return seen, err
}
