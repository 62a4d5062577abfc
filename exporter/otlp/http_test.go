// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/datapunk/otelauth/internal/otlptest"
)

// A redirect would carry the headers to who knows where.
func TestRedirectIsNotFollowed(t *testing.T) {
	elsewhere := otlptest.HTTP(t)
	server := httptest.NewServer(http.RedirectHandler(elsewhere.URL(), http.StatusTemporaryRedirect))
	defer server.Close()
	p := start(t, WithProtocol(ProtocolHTTP), WithEndpoint(server.URL))
	p.counter(t, "requests").Add(t.Context(), 1)
	if err := p.flush(t); err == nil || !strings.Contains(err.Error(), "307") {
		t.Errorf("ForceFlush = %v, want the status 307", err)
	}
	if n := elsewhere.Attempts(); n != 0 {
		t.Errorf("%d requests followed the redirect", n)
	}
}

// A server that closes idle connections costs no push.
func TestIdleConnectionIsReplaced(t *testing.T) {
	c := otlptest.HTTP(t)
	p := start(t, WithProtocol(ProtocolHTTP), WithEndpoint(c.URL()))
	requests := p.counter(t, "requests")
	for range 20 {
		requests.Add(t.Context(), 1)
		p.mustFlush(t)
		c.DropConnections()
	}
	if last, _ := c.Last("requests"); last.Value != 20 {
		t.Errorf("requests = %v, want 20", last.Value)
	}
}

// An answer without end, or none that reads as one, does no harm.
func TestOddAnswers(t *testing.T) {
	var status atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(int(status.Load()))
		if status.Load() != http.StatusNoContent {
			_, _ = w.Write([]byte(strings.Repeat("x\n", 2<<20)))
		}
	}))
	defer server.Close()
	p := start(t, WithProtocol(ProtocolHTTP), WithEndpoint(server.URL))
	p.counter(t, "requests").Add(t.Context(), 1)
	for code, fine := range map[int32]bool{http.StatusOK: true, http.StatusNoContent: true, http.StatusBadRequest: false} {
		status.Store(code)
		err := p.flush(t)
		if (err == nil) != fine {
			t.Errorf("status %d: ForceFlush = %v", code, err)
		}
		if err != nil && (len(err.Error()) > 1000 || strings.Contains(err.Error(), "\n")) {
			t.Errorf("status %d: an error of %d bytes, want one line", code, len(err.Error()))
		}
	}
}
