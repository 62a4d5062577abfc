// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"time"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/authhttp"
	"github.com/datapunk/otelauth/semconv"
)

// backend is a service behind the gateway, and what is recorded for it.
type backend struct {
	name string
	svc  *instrument.Service
	url  *url.URL
	stop func() error
}

// startBackend starts a service, which has a limit of its own and believes what the gateway says.
func startBackend(ctx context.Context, svc *instrument.Service, name string) (*backend, error) {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "one teapot for", r.Header.Get("X-Caller"))
	})
	mux.HandleFunc("/"+name+"/export", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "one export an hour", http.StatusTooManyRequests)
	})
	at, stop, err := serve(ctx, "127.0.0.1:0", mux)
	if err != nil {
		return nil, err
	}
	svc.Register(ctx) // its state is "unknown" until the first probe
	u, err := url.Parse(at)
	return &backend{name, svc, u, sync.OnceValue(stop)}, err
}

// proxy passes requests on. The credential ends here; the service hears who calls.
func (b *backend) proxy() http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(b.url)
			r.Out.Header.Del("Authorization")
			r.Out.Header.Del(authhttp.DefaultAPIKeyHeader)
			r.Out.Header.Set("X-Caller", callerIn(r.In.Context()).subject)
		},
		// The middlewares take 503 for a dependency that is down: an error, and nobody's failure.
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			http.Error(w, "try again later", http.StatusServiceUnavailable)
		},
	}
}

// probe asks the service how it is, and lets auth.service.status say so.
func (b *backend) probe(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	state := semconv.ServiceStateUnhealthy
	if resp, err := get(ctx, b.url.JoinPath("healthz").String()); err == nil {
		_ = resp.Body.Close()
		state = semconv.ServiceStateHealthy
	}
	b.svc.SetState(state)
}

// get returns the answer from a URL if it is 200 OK.
func get(ctx context.Context, url string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err == nil && resp.StatusCode != http.StatusOK {
		return nil, errors.Join(fmt.Errorf("%s: %s", url, resp.Status), resp.Body.Close())
	}
	return resp, err
}

// serve serves on addr until stop is called, which waits for requests under way, though not forever.
func serve(ctx context.Context, addr string, h http.Handler) (url string, stop func() error, err error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	return "http://" + l.Addr().String(), func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		http.DefaultClient.CloseIdleConnections() // one that was never used would be waited for
		err := server.Shutdown(ctx)
		if e := <-served; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
		return err
	}, nil
}
