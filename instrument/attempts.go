// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/datapunk/otelauth/semconv"
)

// Attempts records attempts of one kind: logins by one method (see
// [Service.Authentication]) or checks of one type of token (see
// [Service.TokenVerification]). Each is counted by result, with the reason of a
// failure or the type of an error, and timed by result.
//
// What an attempt came to is said by an error: nil is success, [Failure] a
// refusal with its reason, [Error] trouble on our side, and any other error is
// classified (see the package documentation).
//
// All methods are safe for concurrent use, allocate nothing for the errors made
// by this package, and do nothing on nil.
type Attempts struct {
	svc       *Service
	outcomes  outcomes
	what      Event // what observers are told of each
	durations [semconv.NumResult]series[float64]
}

func newAttempts(s *Service, count adder, duration measurer[float64], reasons []semconv.Reason, attrs ...attribute.KeyValue) *Attempts {
	a := &Attempts{svc: s, outcomes: bindOutcomes(s, count, reasons, attrs...)}
	for r := range a.durations {
		a.durations[r] = bindSeries(s.rec, duration, with(attrs, semconv.Result(r).Attr())...)
	}
	return a
}

// Start begins an attempt: it reads the monotonic clock and nothing else.
func (a *Attempts) Start() Attempt {
	if a == nil {
		return Attempt{}
	}
	return Attempt{a, a.svc.rec.now()}
}

// Record records an attempt that took d. A negative d is refused and counted in
// auth.sdk.rejected_measurements; the attempt itself is counted all the same.
func (a *Attempts) Record(ctx context.Context, d time.Duration, err error) {
	if a == nil || !a.svc.record(ctx) {
		return
	}
	o := a.outcomes.count(ctx, a.svc.rec, err)
	if a.svc.rec.observed() {
		a.observe(ctx, o, d, d >= 0)
	}
	if d < 0 {
		a.svc.rec.reject(ctx, semconv.SDKRejectionNegative)
		return
	}
	a.durations[o.Result].record(ctx, seconds(d))
}

// Count records an attempt of which nobody knows how long it took.
func (a *Attempts) Count(ctx context.Context, err error) {
	if a == nil || !a.svc.record(ctx) {
		return
	}
	o := a.outcomes.count(ctx, a.svc.rec, err)
	if a.svc.rec.observed() {
		a.observe(ctx, o, 0, false)
	}
}

func (a *Attempts) observe(ctx context.Context, o Outcome, d time.Duration, timed bool) {
	e := a.what
	e.Outcome, e.Duration, e.Timed = o, max(d, 0), timed
	a.svc.rec.observe(ctx, a.svc, e)
}

// Outcome returns what an attempt that ended with err is recorded as, for a service
// that must answer by the same rule: 401 for a failure, as a rule, and 503 for
// [semconv.ResultError], since a client that gets a 401 throws a good credential away.
// It records nothing. On nil it knows no mappers.
func (a *Attempts) Outcome(err error) Outcome {
	if a == nil {
		return (&Recorder{}).classify(err)
	}
	return a.outcomes.outcome(a.svc.rec, err)
}

func (a *Attempts) recordRequest(ctx context.Context, d time.Duration, err error) {
	a.Record(ctx, d, err)
}

// Attempt is an attempt under way, made by [Attempts.Start]. It is a value and
// may be copied; end it once. The zero Attempt does nothing.
type Attempt struct {
	attempts *Attempts
	start    time.Duration
}

// End records the attempt, with the time since [Attempts.Start].
func (t Attempt) End(ctx context.Context, err error) {
	if t.attempts != nil {
		t.attempts.Record(ctx, t.attempts.svc.rec.now()-t.start, err)
	}
}

// Done is End for a defer statement, which is the shortest way to record a
// function that returns an error:
//
//	func login(ctx context.Context) (err error) {
//		defer logins.Start().Done(ctx, &err)
//
// It looks at *err when the function returns, whichever way it does. A panic is
// recorded as [Error] of [semconv.ErrorTypeInternal] and goes on as it was; with
// a deferred End it would have counted as success. A nil err counts as success.
func (t Attempt) Done(ctx context.Context, err *error) {
	if p := recover(); p != nil {
		t.End(ctx, Error(semconv.ErrorTypeInternal))
		panic(p)
	}
	if err == nil {
		t.End(ctx, nil)
		return
	}
	t.End(ctx, *err)
}

// outcomes is a counter bound to every outcome of one thing.
type outcomes struct {
	results  results
	failures [semconv.NumReason]*cell
	errors   errorTypes

	certificates bool // the credential is a certificate
}

func bindOutcomes(s *Service, inst adder, reasons []semconv.Reason, attrs ...attribute.KeyValue) outcomes {
	o := outcomes{
		results: bindResults(s, inst, false, attrs...),
		errors:  bindErrorTypes(s, inst, attrs...),
	}
	for r := range o.failures {
		o.failures[r] = s.rec.bind(inst, with(attrs, semconv.ResultFailure.Attr(), semconv.Reason(r).Attr())...)
	}
	zero(o.results[semconv.ResultSuccess])
	for _, r := range reasons { // _OTHER is always among them
		zero(o.failures[r])
	}
	return o
}

// outcome is what err comes to.
func (o *outcomes) outcome(r *Recorder, err error) Outcome {
	got := r.classify(err)
	if o.certificates {
		got = clientCertificate(err, got)
	}
	return got
}

// count counts one outcome, and a reason or type that nobody knows as collapsed.
func (o *outcomes) count(ctx context.Context, r *Recorder, err error) Outcome {
	got := o.outcome(r, err)
	switch got.Result {
	case semconv.ResultFailure:
		o.failures[got.Reason].add(ctx, 1)
		if got.Reason == semconv.ReasonOther {
			r.collapse(ctx, semconv.SDKAttributeReason)
		}
	case semconv.ResultError:
		o.errors.count(ctx, r, got.ErrorType)
	default:
		o.results.count(ctx, got)
	}
	return got
}
