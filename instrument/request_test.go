// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"errors"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/datapunk/otelauth/semconv"
)

// One request on every kind of handle.
func TestPendingRecord(t *testing.T) {
	for name, tt := range map[string]struct {
		err                              error
		attempt, decision, limit, result string
	}{
		"success":       {nil, "result=success", "allow", "allowed", "success"},
		"bypassed":      {ErrBypassed, "result=bypassed", "allow", "allowed", "bypassed"},
		"no credential": {ErrNoCredential, "result=none", "abstain", "allowed", "none"},
		"refused":       {Failure(semconv.ReasonPolicyDenied), "failure.reason=policy_denied result=failure", "deny", "allowed", "failure"},
		"not known":     {Failure(semconv.ReasonExpired), "failure.reason=expired result=failure", "abstain", "allowed", "failure"},
		"limited":       {Failure(semconv.ReasonRateLimited), "failure.reason=rate_limited result=failure", "abstain", "limited", "failure"},
		"canceled":      {Error(semconv.ErrorTypeCanceled), "result=error error.type=canceled", "abstain", "canceled", "error"},
		"late":          {Error(semconv.ErrorTypeTimeout), "result=error error.type=timeout", "error", "allowed", "error"},
		"trouble":       {Error(semconv.ErrorTypeInternal), "result=error error.type=internal", "error", "allowed", "error"},
		"status":        {status.Error(codes.PermissionDenied, ""), "failure.reason=policy_denied result=failure", "deny", "allowed", "failure"},
		"unknown":       {errors.New("x"), "failure.reason=_OTHER result=failure", "abstain", "allowed", "failure"},
		"defaulted":     {WithDefault(errors.New("x"), Error(semconv.ErrorTypeOther)), "result=error error.type=_OTHER", "error", "allowed", "error"},
	} {
		t.Run(name, func(t *testing.T) {
			g := newRig(t, WithServices("api"))
			svc := g.rec.Service("api")
			for _, h := range []Handle{
				svc.TokenVerification(semconv.TokenTypeAccess),
				svc.Authorization(semconv.EnforcementShadow),
				svc.RateLimit("burst"),
				svc.TokenOperations(semconv.TokenTypeID).Operation(semconv.TokenOperationRevoke),
			} {
				_, p := NewPending(t.Context(), h)
				p.End(tt.err)
			}
			g.want("auth.token.verifications", map[string]float64{order(tt.attempt): 1})
			g.want("auth.authorization.decisions", map[string]float64{"decision=" + tt.decision + " enforcement=shadow service.name=api": 1})
			g.want("auth.authorization.duration", map[string]float64{"decision=" + tt.decision + " enforcement=shadow service.name=api": 1})
			g.want("auth.rate_limit.checks", map[string]float64{"rate_limit.outcome=" + tt.limit + " rate_limit.type=burst service.name=api": 1})
			g.want("auth.token.operations", map[string]float64{"result=" + tt.result + " service.name=api token.operation=revoke token.type=id": 1})
		})
	}
}

// order puts the attributes that all attempts have where the order of keys has them.
func order(outcome string) string {
	const rest = " service.name=api token.type=access"
	before, typed, ok := strings.Cut(outcome, " error.type=")
	if ok {
		return before + rest + " error.type=" + typed
	}
	return outcome + rest
}

func TestPendingRecordOnNothing(t *testing.T) {
	var none *Pending
	none.End(nil)
	var svc *Service
	for _, h := range []Handle{nil, svc.TokenVerification(0), svc.Authorization(0), svc.RateLimit(""), svc.TokenOperations(0).Operation(0)} {
		_, p := NewPending(t.Context(), h)
		p.End(nil)
	}
	if h := svc.TokenOperations(0).Operation(0); h != nil {
		t.Errorf("an operation on nothing is %v", h)
	}
}

func TestTokenOperationIsOneHandle(t *testing.T) {
	svc := newRig(t, WithServices("api")).rec.Service("api")
	issue := func() Handle {
		return svc.TokenOperations(semconv.TokenTypeAccess).Operation(semconv.TokenOperationIssue)
	}
	ctx, _ := NewPending(t.Context(), issue())
	if !IsPending(ctx, issue()) {
		t.Error("asked for again, the handle is another")
	}
	if IsPending(ctx, svc.TokenOperations(semconv.TokenTypeAccess).Operation(semconv.TokenOperationRefresh)) {
		t.Error("another operation is the same handle")
	}
}
