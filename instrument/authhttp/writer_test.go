// SPDX-License-Identifier: Apache-2.0

package authhttp_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/datapunk/otelauth/instrument/authhttp"
	"github.com/datapunk/otelauth/semconv"
)

// Writers that can one thing each; structs of them can several.
type (
	plain  struct{ http.ResponseWriter }
	canF   struct{ used *string }
	canH   struct{ used *string }
	canR   struct{ used *string }
	canP   struct{ used *string }
	canFE  struct{ used *string }
	canSRD struct{ used *string }
)

var errUsed = errors.New("used")

func (c canF) Flush() { *c.used += "F" }
func (c canH) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	*c.used += "H"
	return nil, nil, errUsed
}
func (c canR) ReadFrom(io.Reader) (int64, error)    { *c.used += "R"; return 0, errUsed }
func (c canP) Push(string, *http.PushOptions) error { *c.used += "P"; return errUsed }
func (c canFE) FlushError() error                   { *c.used += "E"; return errUsed }
func (c canSRD) SetReadDeadline(_ time.Time) error  { *c.used += "D"; return errUsed }
func abilities(w http.ResponseWriter) (s string) {
	if _, ok := w.(http.Flusher); ok {
		s += "F"
	}
	if _, ok := w.(http.Hijacker); ok {
		s += "H"
	}
	if _, ok := w.(io.ReaderFrom); ok {
		s += "R"
	}
	if _, ok := w.(http.Pusher); ok {
		s += "P"
	}
	return s
}

// through calls the handler with the writer that a middleware makes of w.
func through(t *testing.T, w http.ResponseWriter, h http.HandlerFunc) *rig {
	t.Helper()
	g := newRig(t)
	authhttp.NewMiddleware(g.svc.Authentication(semconv.MethodPassword))(h).
		ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	return g
}

func TestWriterKeepsAbilities(t *testing.T) {
	var used string
	p := plain{httptest.NewRecorder()}
	f, h, r := canF{&used}, canH{&used}, canR{&used}
	for want, w := range map[string]http.ResponseWriter{
		"": p,
		"F": struct {
			plain
			canF
		}{p, f},
		"H": struct {
			plain
			canH
		}{p, h},
		"R": struct {
			plain
			canR
		}{p, r},
		"FH": struct {
			plain
			canF
			canH
		}{p, f, h},
		"FR": struct {
			plain
			canF
			canR
		}{p, f, r},
		"HR": struct {
			plain
			canH
			canR
		}{p, h, r},
		"FHR": struct {
			plain
			canF
			canH
			canR
		}{p, f, h, r},
		"FP": struct {
			plain
			canF
			canP
		}{p, f, canP{&used}},
	} {
		t.Run(want, func(t *testing.T) {
			used = ""
			through(t, w, func(w http.ResponseWriter, _ *http.Request) {
				if got := abilities(w); got != want {
					t.Errorf("the writer can %q, want %q", got, want)
				}
				if f, ok := w.(http.Flusher); ok {
					f.Flush()
				}
				if h, ok := w.(http.Hijacker); ok {
					if _, _, err := h.Hijack(); !errors.Is(err, errUsed) {
						t.Errorf("Hijack: %v", err)
					}
				}
				if r, ok := w.(io.ReaderFrom); ok {
					if _, err := r.ReadFrom(nil); !errors.Is(err, errUsed) {
						t.Errorf("ReadFrom: %v", err)
					}
				}
				if p, ok := w.(http.Pusher); ok {
					if err := p.Push("/", nil); !errors.Is(err, errUsed) {
						t.Errorf("Push: %v", err)
					}
				}
			})
			if used != want {
				t.Errorf("reached %q underneath, want %q", used, want)
			}
		})
	}
}

func TestResponseController(t *testing.T) {
	var used string
	can := struct {
		plain
		canF
		canH
		canFE
		canSRD
	}{plain{httptest.NewRecorder()}, canF{&used}, canH{&used}, canFE{&used}, canSRD{&used}}
	through(t, can, func(w http.ResponseWriter, _ *http.Request) {
		rc := http.NewResponseController(w)
		_, _, hijack := rc.Hijack()
		for name, err := range map[string]error{
			"Flush": rc.Flush(), "Hijack": hijack, "SetReadDeadline": rc.SetReadDeadline(time.Time{}),
		} {
			if !errors.Is(err, errUsed) {
				t.Errorf("%s: %v, want what the writer underneath says", name, err)
			}
		}
	})
	through(t, plain{httptest.NewRecorder()}, func(w http.ResponseWriter, _ *http.Request) {
		rc := http.NewResponseController(w)
		_, _, hijack := rc.Hijack()
		for name, err := range map[string]error{
			"Flush": rc.Flush(), "Hijack": hijack, "SetReadDeadline": rc.SetReadDeadline(time.Time{}),
			"EnableFullDuplex": rc.EnableFullDuplex(),
		} {
			if !errors.Is(err, http.ErrNotSupported) {
				t.Errorf("%s: %v, want not supported", name, err)
			}
		}
	})
}

// Real servers: what a handler can do is the same with the middleware and without.
func TestWriterOnServers(t *testing.T) {
	for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(proto, func(t *testing.T) {
			var bare, wrapped string
			see := func(s *string) http.HandlerFunc {
				return func(w http.ResponseWriter, r *http.Request) {
					*s = r.Proto + " " + abilities(w)
					_, _ = io.Copy(w, strings.NewReader("copied "))
					_, _ = io.WriteString(w, "and written")
					if err := http.NewResponseController(w).Flush(); err != nil {
						t.Errorf("Flush: %v", err)
					}
				}
			}
			g := newRig(t)
			mux := http.NewServeMux()
			mux.Handle("/bare", see(&bare))
			mux.Handle("/wrapped", authhttp.NewMiddleware(g.svc.Authentication(semconv.MethodJWT))(see(&wrapped)))
			srv := httptest.NewUnstartedServer(mux)
			srv.EnableHTTP2 = proto == "HTTP/2.0"
			srv.StartTLS()
			for _, path := range []string{"/bare", "/wrapped"} {
				resp, err := srv.Client().Get(srv.URL + path)
				if err != nil {
					t.Fatal(err)
				}
				body, _ := io.ReadAll(resp.Body)
				resp.Body.Close()
				if string(body) != "copied and written" {
					t.Errorf("%s: body %q", path, body)
				}
			}
			srv.Close() // waits for the handlers
			if bare != wrapped || !strings.HasPrefix(bare, proto+" F") {
				t.Errorf("bare %q, wrapped %q", bare, wrapped)
			}
			g.want(t, attempts, map[string]int64{"method=jwt result=success": 1})
		})
	}
}

func TestHijackedIsSuccess(t *testing.T) {
	g := newRig(t)
	srv := httptest.NewServer(authhttp.NewMiddleware(g.svc.Authentication(semconv.MethodJWT))(
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			fmt.Fprint(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: close\r\n\r\n")
			conn.Close()
		})))
	resp, err := srv.Client().Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	srv.Close()
	deadline := time.Now().Add(10 * time.Second)
	for len(g.points(t, attempts)) == 0 && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond) // a hijacked connection is none that Close waits for
	}
	g.want(t, attempts, map[string]int64{"method=jwt result=success": 1})
}
