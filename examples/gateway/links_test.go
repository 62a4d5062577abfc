// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/ed25519"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/datapunk/otelauth/instrument/instrumenttest"
	"github.com/datapunk/otelauth/semconv"
)

// ask sends a request through a handler that was built without a server.
func ask(h http.Handler, remote string, header ...string) int {
	r := httptest.NewRequest("GET", "/orders/1", nil)
	r.RemoteAddr = remote
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

// Neither a header of a stranger's nor what he puts on the left of a proxy's makes a client look new.
func TestClientsAreTheirAddresses(t *testing.T) {
	for name, c := range map[string]struct {
		remote  string
		header  string // whose # changes from request to request
		refused bool   // after the burst
	}{
		"without a proxy":                   {"192.0.2.1:7", "", true},
		"a stranger's header":               {"192.0.2.1:7", "198.51.100.#", true},
		"a claim on the left of a proxy's":  {"127.0.0.1:7", "198.51.100.#, 192.0.2.1", true},
		"many clients behind our own proxy": {"127.0.0.1:7", "198.51.100.#", false},
		"behind another proxy of ours":      {"127.0.0.1:7", "198.51.100.#, 127.0.0.2", false},
	} {
		t.Run(name, func(t *testing.T) {
			rec, got := instrumenttest.New(t)
			h := newClients(rec.Service("orders")).limit(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			want := map[int]int{200: burst + 1}
			if c.refused {
				want = map[int]int{200: burst, 429: 1}
			}
			answers := map[int]int{}
			for i := range burst + 1 {
				header := strings.ReplaceAll(c.header, "#", strconv.Itoa(i))
				answers[ask(h, c.remote, "X-Forwarded-For", header)]++
			}
			if fmt.Sprint(answers) != fmt.Sprint(want) {
				t.Errorf("answers %v, want %v", answers, want)
			}
			got.WantRateLimitChecks(int64(want[200]), "burst", semconv.RateLimitOutcomeAllowed)
			got.WantRateLimitChecks(int64(want[429]), "burst", semconv.RateLimitOutcomeLimited)
			got.WantNothingElse()
		})
	}
}

// However many addresses somebody has, what is remembered of them has an end.
func TestClientsAreForgotten(t *testing.T) {
	c := newClients(nil)
	addr := netip.MustParseAddr("10.0.0.0")
	for range maxClients + 1 {
		c.of(addr)
		addr = addr.Next()
	}
	if n := len(c.limiters); n != 1 {
		t.Errorf("%d clients are remembered, want 1", n)
	}
}

// The credential goes no further than the gateway; whose it is the service is told, and by nobody else.
func TestCredentialsStayHere(t *testing.T) {
	seen := make(chan http.Header, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen <- r.Header }))
	defer server.Close()
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	whole, _, err := newSteps(private)
	if err != nil {
		t.Fatal(err)
	}
	token := whole[slices.IndexFunc(whole, func(s step) bool { return s.kind == "token" })].credential
	for name, c := range map[string]struct{ service, header, credential, subject string }{
		"key":   {"orders", "X-Api-Key", goodKey, keySubject},
		"token": {"billing", "Authorization", token, tokenSubject},
	} {
		t.Run(name, func(t *testing.T) {
			h := chain(&backend{name: c.service, url: at}, public)
			if status := ask(h, "192.0.2.1:7", c.header, c.credential, "X-Caller", "root"); status != 200 {
				t.Fatalf("answered %d", status)
			}
			got := <-seen
			if got.Get("X-Api-Key") != "" || got.Get("Authorization") != "" {
				t.Error("the service sees the credential")
			}
			if who := got.Values("X-Caller"); len(who) != 1 || who[0] != c.subject {
				t.Errorf("the service is told that %q calls, want %q", who, c.subject)
			}
		})
	}
}

// A probe says what it saw, and a service that answers badly is not healthy.
func TestProbe(t *testing.T) {
	var ill atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if ill.Load() {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	defer server.Close()
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	rec, got := instrumenttest.New(t)
	b := &backend{name: "orders", svc: rec.Service("orders"), url: at}
	b.svc.Register(t.Context())
	got.Want("auth.service.status", 1, semconv.ServiceStateUnknown.Attr())
	b.probe(t.Context())
	got.Want("auth.service.status", 1, semconv.ServiceStateHealthy.Attr())
	ill.Store(true)
	b.probe(t.Context())
	got.Want("auth.service.status", 1, semconv.ServiceStateUnhealthy.Attr())
	server.Close()
	b.probe(t.Context())
	got.Want("auth.service.status", 1, semconv.ServiceStateUnhealthy.Attr())
}
