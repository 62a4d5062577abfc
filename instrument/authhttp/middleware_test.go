// SPDX-License-Identifier: Apache-2.0

package authhttp_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/authhttp"
	"github.com/datapunk/otelauth/semconv"
)

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// gone returns a request whose client has gone away.
func gone(r *http.Request) *http.Request {
	ctx, cancel := context.WithCancel(r.Context())
	cancel()
	return r.WithContext(ctx)
}

func late(r *http.Request) *http.Request {
	ctx, cancel := context.WithDeadline(r.Context(), time.Unix(0, 0))
	cancel()
	return r.WithContext(ctx)
}

func TestOutcome(t *testing.T) {
	basic := func(r *http.Request) *http.Request { r.SetBasicAuth("u", "p"); return r }
	bare := func(r *http.Request) *http.Request { return r }
	tests := map[string]struct {
		request func(*http.Request) *http.Request
		handler http.HandlerFunc
		want    string
	}{
		"nothing written":       {basic, func(http.ResponseWriter, *http.Request) {}, "result=success"},
		"body alone":            {basic, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }, "result=success"},
		"200":                   {basic, status(200), "result=success"},
		"302":                   {basic, status(302), "result=success"},
		"400":                   {basic, status(400), "result=success"},
		"404":                   {basic, status(404), "result=success"},
		"401":                   {basic, status(401), "failure.reason=invalid_credentials result=failure"},
		"401, no credential":    {bare, status(401), "result=none"},
		"403":                   {basic, status(403), "failure.reason=policy_denied result=failure"},
		"429":                   {basic, status(429), "failure.reason=rate_limited result=failure"},
		"499":                   {basic, status(499), "result=error error.type=canceled"},
		"500":                   {basic, status(500), "result=error error.type=internal"},
		"502":                   {basic, status(502), "result=error error.type=unavailable"},
		"503":                   {basic, status(503), "result=error error.type=unavailable"},
		"504":                   {basic, status(504), "result=error error.type=timeout"},
		"599":                   {basic, status(599), "result=error error.type=internal"},
		"gone, nothing written": {func(r *http.Request) *http.Request { return gone(basic(r)) }, func(http.ResponseWriter, *http.Request) {}, "result=error error.type=canceled"},
		"gone, then 500":        {func(r *http.Request) *http.Request { return gone(basic(r)) }, status(500), "result=error error.type=canceled"},
		"gone, then 401":        {func(r *http.Request) *http.Request { return gone(basic(r)) }, status(401), "failure.reason=invalid_credentials result=failure"},
		"gone, then 200":        {func(r *http.Request) *http.Request { return gone(basic(r)) }, status(200), "result=success"},
		"late, nothing written": {func(r *http.Request) *http.Request { return late(basic(r)) }, func(http.ResponseWriter, *http.Request) {}, "result=error error.type=timeout"},
		"1xx, then 401": {basic, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusUnauthorized)
		}, "failure.reason=invalid_credentials result=failure"},
		"the first final status counts": {basic, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusOK)
			w.WriteHeader(http.StatusUnauthorized)
		}, "result=success"},
		"101": {basic, status(101), "result=success"},
		"101, failed": {basic, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusSwitchingProtocols)
			instrument.Fail(r.Context(), semconv.ReasonExpired)
		}, "failure.reason=expired result=failure"},
		"failed, then 401": {bare, func(w http.ResponseWriter, r *http.Request) {
			instrument.Fail(r.Context(), semconv.ReasonLocked)
			instrument.Fail(r.Context(), semconv.ReasonExpired)
			w.WriteHeader(http.StatusUnauthorized)
		}, "failure.reason=locked result=failure"},
		"failed, then 200": {bare, func(_ http.ResponseWriter, r *http.Request) {
			instrument.Fail(r.Context(), semconv.ReasonMFARequired)
		}, "failure.reason=mfa_required result=failure"},
		"failed, then 500": {bare, func(w http.ResponseWriter, r *http.Request) {
			instrument.Fail(r.Context(), semconv.ReasonLocked)
			w.WriteHeader(http.StatusInternalServerError)
		}, "failure.reason=locked result=failure"},
		"failed for a reason outside the enum": {bare, func(_ http.ResponseWriter, r *http.Request) {
			instrument.Fail(r.Context(), 200)
		}, "failure.reason=_OTHER result=failure"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := newRig(t)
			h := authhttp.NewMiddleware(g.svc.Authentication(semconv.MethodPassword))(tt.handler)
			h.ServeHTTP(httptest.NewRecorder(), tt.request(httptest.NewRequest(http.MethodGet, "/", nil)))
			want := sortedPair("method=password", tt.want)
			g.want(t, attempts, map[string]int64{want: 1})
			var n int64
			for _, v := range g.points(t, durations) {
				n += v
			}
			if n != 1 {
				t.Errorf("%d durations, want 1", n)
			}
		})
	}
}

// sortedPair puts the method where the order of keys has it.
func sortedPair(method, rest string) string {
	if reason, result, ok := strings.Cut(rest, " "); ok && strings.HasPrefix(reason, "failure") {
		return reason + " " + method + " " + result
	}
	return method + " " + rest
}

func TestPanic(t *testing.T) {
	boom := errors.New("boom")
	for name, value := range map[string]any{"error": boom, "abort": http.ErrAbortHandler, "text": "boom"} {
		for what, tt := range map[string]struct {
			before                  func(w http.ResponseWriter, r *http.Request)
			attempt, access, checks string
		}{
			"at once":     {func(http.ResponseWriter, *http.Request) {}, "result=error error.type=internal", "error", "allowed"},
			"after a 200": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200) }, "result=error error.type=internal", "error", "allowed"},
			"after a 401": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) }, "failure.reason=invalid_credentials result=failure", "abstain", "allowed"},
			"after a 403": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }, "failure.reason=policy_denied result=failure", "deny", "allowed"},
			"after a 429": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(429) }, "failure.reason=rate_limited result=failure", "abstain", "limited"},
			"after Fail": {func(w http.ResponseWriter, r *http.Request) {
				instrument.Fail(r.Context(), semconv.ReasonLocked)
				w.WriteHeader(200)
			}, "failure.reason=locked result=failure", "abstain", "allowed"},
		} {
			t.Run(name+" "+what, func(t *testing.T) {
				g := newRig(t)
				limit, access := g.svc.RateLimit("minute"), g.svc.Authorization(semconv.EnforcementEnforced)
				h := authhttp.NewMiddleware(g.svc.Authentication(semconv.MethodJWT))(
					authhttp.NewMiddleware(limit)(
						authhttp.NewMiddleware(access)(
							http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
								tt.before(w, r)
								panic(value)
							}))))
				func() {
					defer func() {
						if p := recover(); p != value {
							t.Errorf("recovered %v, want %v", p, value)
						}
					}()
					h.ServeHTTP(httptest.NewRecorder(), request())
				}()
				g.want(t, attempts, map[string]int64{sortedPair("method=jwt", tt.attempt): 1})
				g.want(t, "auth.authorization.decisions", map[string]int64{"decision=" + tt.access + " enforcement=enforced": 1})
				g.want(t, "auth.rate_limit.checks", map[string]int64{"rate_limit.outcome=" + tt.checks + " rate_limit.type=minute": 1})
			})
		}
	}
}

// Whoever reads the status of a proxied refusal and hangs up, so that the proxy
// aborts, has guessed all the same.
func TestNobodyHidesAGuessByHangingUpOnAProxy(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done() // a body without an end
	}))
	defer upstream.Close()
	u, err := url.Parse(upstream.URL)
	if err != nil {
		t.Fatal(err)
	}
	g := newRig(t)
	proxy := httptest.NewServer(authhttp.NewMiddleware(g.svc.Authentication(semconv.MethodPassword))(
		&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(u) }, FlushInterval: -1, ErrorLog: log.New(io.Discard, "", 0)}))
	const guesses = 5
	for range guesses {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, proxy.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("anna", "guess")
		resp, err := proxy.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close() // unread
	}
	proxy.Close() // waits for the handlers
	g.want(t, attempts, map[string]int64{"failure.reason=invalid_credentials method=password result=failure": guesses})
}

// A client that hangs up on a real server.
func TestClientGone(t *testing.T) {
	g := newRig(t)
	entered, recorded := make(chan struct{}), make(chan struct{})
	mw := authhttp.NewMiddleware(g.svc.Authentication(semconv.MethodPassword))
	h := mw(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
	}))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(recorded)
		h.ServeHTTP(w, r)
	}))
	defer srv.Close()
	ctx, hangUp := context.WithCancel(t.Context())
	go func() {
		<-entered
		hangUp()
	}()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := srv.Client().Do(req); err == nil {
		resp.Body.Close()
		t.Fatal("the request was answered")
	}
	<-recorded
	g.want(t, attempts, map[string]int64{"method=password result=error error.type=canceled": 1})
}

func TestNested(t *testing.T) {
	g := newRig(t)
	password, session := g.svc.Authentication(semconv.MethodPassword), g.svc.Authentication(semconv.MethodSession)
	mw := authhttp.NewMiddleware
	h := mw(password)(mw(session)(mw(password)(authhttp.NewServiceMiddleware(g.svc)(mw(session)(
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			instrument.Fail(r.Context(), semconv.ReasonExpired)
			w.WriteHeader(http.StatusUnauthorized)
		}))))))
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.SetBasicAuth("u", "p")
	h.ServeHTTP(httptest.NewRecorder(), r)
	g.want(t, attempts, map[string]int64{
		"failure.reason=expired method=password result=failure": 1,
		"failure.reason=expired method=session result=failure":  1,
	})
}

// The outer middleware sees what one in between makes of the answer.
func TestNestedOuterWins(t *testing.T) {
	g := newRig(t)
	mw := authhttp.NewMiddleware(g.svc.Authentication(semconv.MethodPassword))
	h := mw(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mw(status(200)).ServeHTTP(httptest.NewRecorder(), r)
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	g.want(t, attempts, map[string]int64{"method=password result=error error.type=unavailable": 1})
}

func TestFilter(t *testing.T) {
	g := newRig(t)
	handle := g.svc.Authentication(semconv.MethodPassword)
	post := func(r *http.Request) bool { return r.Method == http.MethodPost }
	login := func(r *http.Request) bool { return r.URL.Path == "/login" }
	opts := []authhttp.Option{authhttp.WithFilter(post), nil, authhttp.WithFilter(nil), authhttp.WithFilter(login)}
	for _, mw := range []func(http.Handler) http.Handler{
		authhttp.NewMiddleware(handle, opts...),
		authhttp.NewServiceMiddleware(g.svc, opts...),
		authhttp.NewMiddleware(g.svc.Authorization(semconv.EnforcementEnforced), opts...),
		authhttp.NewMiddleware(g.svc.RateLimit("minute"), opts...),
	} {
		for _, target := range []string{"GET /login", "POST /", "POST /login"} {
			method, path, _ := strings.Cut(target, " ")
			w := httptest.NewRecorder()
			mw(status(418)).ServeHTTP(w, httptest.NewRequest(method, path, nil))
			if w.Code != 418 {
				t.Errorf("%s: answer %d", target, w.Code)
			}
		}
	}
	g.want(t, attempts, map[string]int64{"method=password result=success": 1, "method=none result=none": 1})
	g.want(t, "auth.authorization.decisions", map[string]int64{"decision=allow enforcement=enforced": 1})
	g.want(t, "auth.rate_limit.checks", map[string]int64{"rate_limit.outcome=allowed rate_limit.type=minute": 1})
}

func TestNilHandle(t *testing.T) {
	next := &http.ServeMux{}
	for name, mw := range map[string]func(http.Handler) http.Handler{
		"attempts":      authhttp.NewMiddleware(nil),
		"service":       authhttp.NewServiceMiddleware(nil),
		"authorization": authhttp.NewMiddleware((*instrument.Authorization)(nil)),
		"rate limit":    authhttp.NewMiddleware((*instrument.RateLimit)(nil)),
	} {
		if got := mw(next); got != http.Handler(next) {
			t.Errorf("%s: %T in place of the handler", name, got)
		}
	}
}

// Where the credential is, nobody sees who looks at headers: a form, or the query
// that FormValue reads as well.
func TestWithCredential(t *testing.T) {
	for name, c := range map[string]struct {
		query string
		body  io.Reader
	}{
		"form":  {"", strings.NewReader("user=u&password=p")},
		"query": {"?user=u&password=p", nil},
	} {
		t.Run(name, func(t *testing.T) {
			g := newRig(t)
			one := authhttp.NewMiddleware(g.svc.Authentication(semconv.MethodPassword), authhttp.WithCredential())(status(401))
			srv := httptest.NewServer(one)
			resp, err := srv.Client().Post(srv.URL+c.query, "application/x-www-form-urlencoded", c.body)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			srv.Close() // waits for the handler
			const want = "failure.reason=invalid_credentials method=password result=failure"
			g.want(t, attempts, map[string]int64{want: 1})

			g = newRig(t)
			authhttp.NewServiceMiddleware(g.svc, authhttp.WithCredential())(status(401)).ServeHTTP(
				httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/"+c.query, c.body))
			g.want(t, attempts, map[string]int64{want: 1})
		})
	}
}

// A filter that panics must not fail a login.
func TestAFilterThatPanics(t *testing.T) {
	g := newRig(t)
	h := authhttp.NewMiddleware(g.svc.Authentication(semconv.MethodPassword),
		authhttp.WithFilter(func(*http.Request) bool { panic("no route") }))(status(200))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	g.want(t, attempts, map[string]int64{"method=password result=success": 1})
}

// A gateway takes the credential off before it passes the request on.
func TestCredentialRemovedInside(t *testing.T) {
	g := newRig(t)
	h := authhttp.NewMiddleware(g.svc.Authentication(semconv.MethodPassword))(
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Header.Del("Authorization")
			w.WriteHeader(http.StatusUnauthorized)
		}))
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.SetBasicAuth("u", "p")
	h.ServeHTTP(httptest.NewRecorder(), r)
	g.want(t, attempts, map[string]int64{"failure.reason=invalid_credentials method=password result=failure": 1})
}

// A connection that was taken over, or switched to another protocol, was let in,
// whatever becomes of its context.
func TestTakenOverIsLetInEvenIfTheContextIsOver(t *testing.T) {
	for name, take := range map[string]http.HandlerFunc{
		"hijacked": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			conn.Close()
		},
		"switched": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusSwitchingProtocols) },
	} {
		t.Run(name, func(t *testing.T) {
			g := newRig(t)
			over, cancel := context.WithCancel(t.Context())
			h := authhttp.NewMiddleware(g.svc.Authentication(semconv.MethodJWT))(
				http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					take(w, r)
					cancel()
				}))
			served := make(chan struct{})
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer close(served)
				h.ServeHTTP(w, r.WithContext(over))
			}))
			if resp, err := srv.Client().Get(srv.URL); err == nil {
				resp.Body.Close()
			}
			<-served // a hijacked connection is not waited for
			srv.Close()
			g.want(t, attempts, map[string]int64{"method=jwt result=success": 1})
		})
	}
}
