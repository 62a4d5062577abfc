// SPDX-License-Identifier: Apache-2.0

package authhttp_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/authhttp"
	"github.com/datapunk/otelauth/semconv"
)

// holdsKeys is a check of a body.
func holdsKeys(body []byte) error {
	switch {
	case bytes.Equal(body, []byte("panic")):
		panic("check")
	case bytes.Equal(body, []byte("slow")):
		return instrument.Error(semconv.ErrorTypeTimeout)
	case !bytes.HasPrefix(body, []byte("keys")):
		return errors.New("no keys")
	}
	return nil
}

// answers is a server that answers in the way that the path names.
func answers(t *testing.T) *httptest.Server {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch path := strings.TrimPrefix(r.URL.Path, "/"); path {
		case "away":
			http.Redirect(w, r, "/keys", http.StatusFound)
		case "astray":
			http.Redirect(w, r, "/unavailable", http.StatusTemporaryRedirect)
		case "unavailable":
			http.Error(w, "keys", http.StatusServiceUnavailable)
		case "broken":
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "keys")
		case "long":
			_, _ = w.Write(bytes.Repeat([]byte("x"), 1<<20+1))
		default:
			_, _ = io.WriteString(w, path)
		}
	}))
	t.Cleanup(srv.Close)
	return srv
}

func TestCheckBody(t *testing.T) {
	srv := answers(t)
	for path, want := range map[string]string{
		"keys":        "result=success",
		"away":        "result=success",
		"astray":      "result=error error.type=unavailable",
		"other":       "result=error error.type=unavailable",
		"broken":      "result=error error.type=unavailable",
		"unavailable": "result=error error.type=unavailable",
		"slow":        "result=error error.type=timeout",
		"panic":       "result=error error.type=internal",
		"long":        "result=success",
	} {
		t.Run(path, func(t *testing.T) {
			g := newRig(t)
			client := &http.Client{Transport: authhttp.NewTransport(nil,
				authhttp.KeySetFetch(g.svc.KeySet(), pathIs("/"+path)).CheckBody(holdsKeys))}
			resp, err := client.Get(srv.URL + "/" + path)
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode == http.StatusOK {
				g.want(t, refreshes, map[string]int64{}) // not before the end
			}
			body, err := io.ReadAll(resp.Body)
			if broken := path == "broken"; broken != (err != nil) {
				t.Errorf("reading: %v", err)
			}
			if len(body) == 0 || path == "long" && len(body) != 1<<20+1 {
				t.Errorf("the client read %d bytes", len(body))
			}
			g.want(t, refreshes, map[string]int64{want: 1})
			resp.Body.Close()
			resp.Body.Close()
			g.want(t, refreshes, map[string]int64{want: 1})
		})
	}
}

// A client that closes a body has what it wants of it.
func TestCheckBodyClosedEarly(t *testing.T) {
	srv := answers(t)
	g := newRig(t)
	client := &http.Client{Transport: authhttp.NewTransport(nil, authhttp.KeySetFetch(g.svc.KeySet(), nil).CheckBody(holdsKeys))}
	resp, err := client.Get(srv.URL + "/keysandmore")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(resp.Body, make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	g.want(t, refreshes, map[string]int64{"result=success": 1})
}

// Without a handle the check is called all the same, and a nil one asks for the end.
func TestCheckBodyAlone(t *testing.T) {
	srv := answers(t)
	g := newRig(t)
	var seen []string
	client := &http.Client{Transport: authhttp.NewTransport(nil,
		authhttp.KeySetFetch(nil, pathIs("/keys")).CheckBody(func(b []byte) error { seen = append(seen, string(b)); return nil }),
		authhttp.KeySetFetch(g.svc.KeySet(), nil).CheckBody(nil))}
	for _, path := range []string{"/keys", "/other", "/broken"} {
		resp, err := client.Get(srv.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	if len(seen) != 1 || seen[0] != "keys" {
		t.Errorf("checked %q", seen)
	}
	g.want(t, refreshes, map[string]int64{"result=success": 1, "result=error error.type=unavailable": 1})
}

// Closing while another goroutine reads is allowed, and counts once.
func TestCheckBodyConcurrently(t *testing.T) {
	g := newRig(t)
	const fetches = 50
	rt := authhttp.NewTransport(roundTripper(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader("keys"))}, nil
	}), authhttp.KeySetFetch(g.svc.KeySet(), nil).CheckBody(holdsKeys))
	for range fetches {
		resp, err := rt.RoundTrip(httptest.NewRequest(http.MethodGet, "/", nil))
		if err != nil {
			t.Fatal(err)
		}
		started := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			close(started)
			_, _ = io.ReadAll(resp.Body)
		})
		<-started
		resp.Body.Close()
		wg.Wait()
	}
	total := int64(0)
	for _, n := range g.points(t, refreshes) {
		total += n
	}
	if total != fetches {
		t.Errorf("%d fetches counted of %d", total, fetches)
	}
}
