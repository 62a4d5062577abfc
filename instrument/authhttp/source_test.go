// SPDX-License-Identifier: Apache-2.0

package authhttp_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/authhttp"
	"github.com/datapunk/otelauth/semconv"
)

// callers keeps who was seen.
type callers chan instrument.Caller

func (c callers) Observe(_ context.Context, e instrument.Event) { c <- e.Caller }

func TestSourceForObservers(t *testing.T) {
	for name, tt := range map[string]struct {
		opts []authhttp.Option
		want string
	}{
		"of the connection": {nil, "192.0.2.1"},
		"by a declared proxy": {
			[]authhttp.Option{authhttp.WithTrustedProxies(authhttp.XForwardedFor, netip.MustParsePrefix("192.0.2.0/24"))},
			"203.0.113.7",
		},
		"by one that is not declared": {
			[]authhttp.Option{authhttp.WithTrustedProxies(authhttp.XForwardedFor, netip.MustParsePrefix("198.51.100.0/24"))},
			"192.0.2.1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			seen := make(callers, 1)
			rec, err := instrument.New(instrument.WithServices("api"), instrument.WithObserver(seen))
			if err != nil {
				t.Fatal(err)
			}
			handler := authhttp.NewMiddleware(rec.Service("api").Authentication(semconv.MethodPassword), tt.opts...)(
				http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					instrument.Identify(r.Context(), "alice", "")
					w.WriteHeader(http.StatusUnauthorized)
				}))
			r := httptest.NewRequest(http.MethodPost, "/login", nil) // from 192.0.2.1
			r.Header.Set("X-Forwarded-For", "10.0.0.1, 203.0.113.7")
			handler.ServeHTTP(httptest.NewRecorder(), r)
			want := instrument.Caller{Source: netip.MustParseAddr(tt.want), Subject: "alice"}
			if got := <-seen; got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}
