// SPDX-License-Identifier: Apache-2.0

package authhttp_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/authhttp"
	"github.com/datapunk/otelauth/semconv"
)

func TestService(t *testing.T) {
	header := func(k, v string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(k, v) }
	}
	cookies := authhttp.WithSessionCookie("sid")
	tests := map[string]struct {
		bear   func(*http.Request)
		opts   []authhttp.Option
		status int
		metric string
		want   string
	}{
		"basic":          {header("Authorization", "Basic eA=="), nil, 200, attempts, "method=password result=success"},
		"bearer":         {header("Authorization", "Bearer x"), nil, 200, attempts, "method=opaque_token result=success"},
		"bearer, jwt":    {header("Authorization", "Bearer x"), []authhttp.Option{authhttp.WithBearerMethod(semconv.MethodJWT)}, 200, attempts, "method=jwt result=success"},
		"bearer, token":  {header("Authorization", "Bearer x"), []authhttp.Option{authhttp.WithBearerToken(semconv.TokenTypeAccess)}, 401, verifications, "failure.reason=invalid_credentials result=failure token.type=access"},
		"another scheme": {header("Authorization", "Digest x"), nil, 200, attempts, "method=_OTHER result=success"},
		"api key":        {header("X-API-Key", "x"), nil, 403, attempts, "failure.reason=policy_denied method=api_key result=failure"},
		"cookie":         {header("Cookie", "a=b; sid=x"), []authhttp.Option{cookies}, 200, attempts, "method=session result=success"},
		"certificate": {func(r *http.Request) {
			r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{{}}}
		}, nil, 200, attempts, "method=mtls result=success"},
		"none":           {func(*http.Request) {}, nil, 200, attempts, "method=none result=none"},
		"none, 401":      {func(*http.Request) {}, nil, 401, attempts, "method=none result=none"},
		"none, 500":      {func(*http.Request) {}, nil, 500, attempts, "method=none result=error error.type=internal"},
		"in the body":    {func(*http.Request) {}, []authhttp.Option{authhttp.WithCredential()}, 200, attempts, "method=password result=success"},
		"cookie unnamed": {header("Cookie", "sid=x"), nil, 200, attempts, "method=none result=none"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := newRig(t)
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("user=u"))
			if tt.opts == nil {
				r = httptest.NewRequest(http.MethodGet, "/", nil)
			}
			tt.bear(r)
			authhttp.NewServiceMiddleware(g.svc, tt.opts...)(status(tt.status)).ServeHTTP(httptest.NewRecorder(), r)
			g.want(t, tt.metric, map[string]int64{tt.want: 1})
			for _, other := range []string{attempts, verifications} {
				if other != tt.metric {
					g.want(t, other, map[string]int64{})
				}
			}
		})
	}
}

func TestDecision(t *testing.T) {
	tests := []struct {
		status       int
		gone         bool
		access, rate string
	}{
		{200, false, "allow", "allowed"},
		{404, false, "allow", "allowed"},
		{401, false, "abstain", "allowed"},
		{403, false, "deny", "allowed"},
		{429, false, "abstain", "limited"},
		{499, false, "abstain", "canceled"},
		{500, false, "error", "allowed"},
		{503, false, "error", "allowed"},
		{0, false, "allow", "allowed"},
		{0, true, "abstain", "canceled"},
		{503, true, "abstain", "canceled"},
		{403, true, "deny", "allowed"},
		{429, true, "abstain", "limited"},
	}
	for _, tt := range tests {
		g := newRig(t)
		next := authhttp.NewMiddleware(g.svc.Authorization(semconv.EnforcementShadow))(
			http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if tt.status != 0 {
					w.WriteHeader(tt.status)
				}
			}))
		h := authhttp.NewMiddleware(g.svc.RateLimit("burst"))(next)
		h = authhttp.NewMiddleware(g.svc.RateLimit("burst"))(h) // once all the same
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		if tt.gone {
			r = gone(r)
		}
		h.ServeHTTP(httptest.NewRecorder(), r)
		g.want(t, "auth.authorization.decisions", map[string]int64{"decision=" + tt.access + " enforcement=shadow": 1})
		g.want(t, "auth.authorization.duration", map[string]int64{"decision=" + tt.access + " enforcement=shadow": 1})
		g.want(t, "auth.rate_limit.checks", map[string]int64{"rate_limit.outcome=" + tt.rate + " rate_limit.type=burst": 1})
	}
}

// A handler that hides a refusal behind another status says so by Fail.
func TestDecisionFail(t *testing.T) {
	tests := []struct {
		reason       semconv.Reason
		access, rate string
	}{
		{semconv.ReasonPolicyDenied, "deny", "allowed"},
		{semconv.ReasonRateLimited, "abstain", "limited"},
		{semconv.ReasonExpired, "abstain", "allowed"},
	}
	for _, tt := range tests {
		g := newRig(t)
		h := authhttp.NewMiddleware(g.svc.RateLimit("burst"))(
			authhttp.NewMiddleware(g.svc.Authorization(semconv.EnforcementEnforced))(
				http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					instrument.Fail(r.Context(), tt.reason)
					w.WriteHeader(http.StatusNotFound)
				})))
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
		g.want(t, "auth.authorization.decisions", map[string]int64{"decision=" + tt.access + " enforcement=enforced": 1})
		g.want(t, "auth.rate_limit.checks", map[string]int64{"rate_limit.outcome=" + tt.rate + " rate_limit.type=burst": 1})
	}
}
