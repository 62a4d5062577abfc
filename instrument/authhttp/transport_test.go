// SPDX-License-Identifier: Apache-2.0

package authhttp_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/authhttp"
	"github.com/datapunk/otelauth/semconv"
)

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func pathIs(path string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.URL.Path == path }
}

const (
	operations = "auth.token.operations"
	refreshes  = "auth.keyset.refreshes"
)

func TestTransport(t *testing.T) {
	tests := map[string]struct {
		status int
		err    error
		token  string // result
		keys   string // attributes
	}{
		"200":         {200, nil, "success", "result=success"},
		"304":         {304, nil, "success", "result=success"},
		"400":         {400, nil, "failure", "result=error error.type=unavailable"},
		"401":         {401, nil, "failure", "result=error error.type=unavailable"},
		"403":         {403, nil, "failure", "result=error error.type=unavailable"},
		"408":         {408, nil, "error", "result=error error.type=timeout"},
		"429":         {429, nil, "failure", "result=error error.type=unavailable"},
		"500":         {500, nil, "error", "result=error error.type=unavailable"},
		"504":         {504, nil, "error", "result=error error.type=timeout"},
		"timeout":     {0, context.DeadlineExceeded, "error", "result=error error.type=timeout"},
		"canceled":    {0, context.Canceled, "error", "result=error error.type=canceled"},
		"name server": {0, &net.DNSError{}, "error", "result=error error.type=dns"},
		"unknown":     {0, errors.New("server went mad"), "error", "result=error error.type=unavailable"},
		"said":        {0, instrument.Error(semconv.ErrorTypeTLS), "error", "result=error error.type=tls"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := newRig(t)
			answer := &http.Response{StatusCode: tt.status, Body: http.NoBody}
			if tt.err != nil {
				answer = nil
			}
			rt := authhttp.NewTransport(roundTripper(func(*http.Request) (*http.Response, error) { return answer, tt.err }),
				authhttp.Fetch{},
				authhttp.TokenFetch(g.svc.TokenOperations(semconv.TokenTypeAccess), semconv.TokenOperationRefresh, pathIs("/token")),
				authhttp.KeySetFetch(g.svc.KeySet(), pathIs("/keys")),
				authhttp.KeySetFetch(g.svc.KeySet(), pathIs("/keys")), // the first that matches records
			)
			for _, path := range []string{"/token", "/keys", "/other"} {
				resp, err := rt.RoundTrip(httptest.NewRequest(http.MethodGet, path, nil))
				if resp != answer || err != tt.err { //nolint:errorlint // the very same
					t.Errorf("%s: %v, %v", path, resp, err)
				}
				if resp != nil {
					resp.Body.Close()
				}
			}
			g.want(t, operations, map[string]int64{"result=" + tt.token + " token.operation=refresh token.type=access": 1})
			g.want(t, refreshes, map[string]int64{tt.keys: 1})
		})
	}
}

// A real client, a real server, and the server stopped.
func TestTransportOnServer(t *testing.T) {
	g := newRig(t)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		code, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		w.WriteHeader(code)
	}))
	client := &http.Client{Transport: authhttp.NewTransport(nil, authhttp.KeySetFetch(g.svc.KeySet(), nil))}
	get := func(path string) error {
		resp, err := client.Get(srv.URL + path)
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
	for _, path := range []string{"/200", "/200", "/503"} {
		if err := get(path); err != nil {
			t.Fatal(err)
		}
	}
	client.CloseIdleConnections()
	srv.Close()
	if err := get("/200"); err == nil {
		t.Fatal("a stopped server answered")
	}
	g.want(t, refreshes, map[string]int64{
		"result=success":                             2,
		"result=error error.type=unavailable":        1,
		"result=error error.type=connection_refused": 1,
	})
}

func TestTransportWithoutFetch(t *testing.T) {
	base := &http.Transport{}
	if got := authhttp.NewTransport(base, authhttp.TokenFetch(nil, semconv.TokenOperationIssue, nil),
		authhttp.KeySetFetch(nil, nil)); got != http.RoundTripper(base) {
		t.Errorf("%T in place of base", got)
	}
	if got := authhttp.NewTransport(nil); got != http.DefaultTransport {
		t.Errorf("%T in place of the default", got)
	}
}
