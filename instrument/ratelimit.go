// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"context"
	"time"

	"github.com/datapunk/otelauth/semconv"
)

// RateLimit records one type of rate limit: how checks come out
// (auth.rate_limit.checks), how much of the quota is used
// (auth.rate_limit.usage) and how large it is (auth.rate_limit.limit). Safe for
// concurrent use; nil does nothing.
type RateLimit struct {
	svc    *Service
	checks [semconv.NumRateLimitOutcome]*cell
	usage  series[int64]
	limit  series[int64]
}

// RateLimit returns the handle for one type of limit: one of
// [semconv.RateLimitTypes], such as "minute" or "burst", or a name that
// [WithAllowed] gives; any other is _OTHER.
func (s *Service) RateLimit(limitType string) *RateLimit {
	if s == nil {
		return nil
	}
	limitType = s.rec.allow(semconv.RateLimitTypeKey, limitType)
	return handle(s, handleKey{thing: thingRateLimit, name: limitType}, func() *RateLimit {
		in := &s.rec.inst
		kind := semconv.RateLimitTypeKey.String(limitType)
		h := &RateLimit{
			svc:   s,
			usage: bindSeries(s.rec, in.rateLimitUsage.Inst(), s.name, kind),
			limit: bindSeries(s.rec, in.rateLimitLimit.Inst(), s.name, kind),
		}
		for o := range h.checks {
			h.checks[o] = s.rec.bind(in.rateLimitChecks.Inst(), s.name, kind, semconv.RateLimitOutcome(o).Attr())
		}
		zero(h.checks[semconv.RateLimitOutcomeAllowed], h.checks[semconv.RateLimitOutcomeLimited])
		return h
	})
}

// Check records how one check of the limiter came out. An outcome outside the
// enum is [semconv.RateLimitOutcomeOther].
func (h *RateLimit) Check(ctx context.Context, outcome semconv.RateLimitOutcome) {
	if h == nil || !h.svc.record(ctx) {
		return
	}
	outcome = enum(ctx, h.svc.rec, outcome, semconv.NumRateLimitOutcome, semconv.SDKAttributeRateLimitOutcome)
	h.checks[outcome].add(ctx, 1)
	if h.svc.rec.observed() {
		h.observe(ctx, outcome)
	}
}

func (h *RateLimit) observe(ctx context.Context, outcome semconv.RateLimitOutcome) {
	e := Event{Operation: OperationRateLimit, RateLimit: outcome}
	if outcome == semconv.RateLimitOutcomeLimited {
		e.Outcome = Outcome{Result: semconv.ResultFailure, Reason: semconv.ReasonRateLimited}
	} else {
		e.Outcome = Outcome{Result: semconv.ResultSuccess}
	}
	h.svc.rec.observe(ctx, h.svc, e)
}

func (h *RateLimit) recordRequest(ctx context.Context, _ time.Duration, err error) {
	if h != nil {
		h.Check(ctx, h.svc.rec.classify(err).check())
	}
}

// check is what a request that came to this says of the limit's check of it.
func (o Outcome) check() semconv.RateLimitOutcome {
	switch {
	case o.Result == semconv.ResultFailure && o.Reason == semconv.ReasonRateLimited:
		return semconv.RateLimitOutcomeLimited
	case o.Result == semconv.ResultError && o.ErrorType == semconv.ErrorTypeCanceled:
		return semconv.RateLimitOutcomeCanceled
	}
	return semconv.RateLimitOutcomeAllowed
}

// Usage records how many requests are used of the limit now. The last call
// wins. A reading is no event of the service's own and does not make it active. A
// negative number is refused and counted in auth.sdk.rejected_measurements.
func (h *RateLimit) Usage(ctx context.Context, used, limit int64) {
	if h == nil || !h.svc.rec.open(ctx) {
		return
	}
	h.set(ctx, &h.usage, used)
	h.set(ctx, &h.limit, limit)
}

func (h *RateLimit) set(ctx context.Context, g *series[int64], v int64) {
	if v < 0 {
		h.svc.rec.reject(ctx, semconv.SDKRejectionNegative)
		return
	}
	g.record(ctx, v)
}

// Usage is the state of one type of rate limit, in requests.
type Usage struct {
	Type  string // as in [Service.RateLimit]
	Used  int64  // used now
	Limit int64  // the quota
}

// RateLimitUsage records the state of several types of limit at once.
func (s *Service) RateLimitUsage(ctx context.Context, usages ...Usage) {
	for _, u := range usages {
		s.RateLimit(u.Type).Usage(ctx, u.Used, u.Limit)
	}
}
