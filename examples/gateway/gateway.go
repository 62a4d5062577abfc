// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/authhttp"
	"github.com/datapunk/otelauth/semconv"
)

// chain puts the proxy to one service behind all that a request has to pass. A recording middleware lies
// directly outside of what it is about, and sees the answers of everything further in as well.
func chain(b *backend, tokenKey ed25519.PublicKey) http.Handler {
	attempts := authhttp.NewServiceMiddleware(b.svc, authhttp.WithBearerMethod(semconv.MethodJWT))
	decisions := authhttp.NewMiddleware(
		b.svc.Authorization(semconv.EnforcementEnforced, instrument.Policy(scopePolicy)))
	quota := authhttp.NewMiddleware(b.svc.RateLimit("hour")) // the service's own, seen by its 429

	inside := attempts(newDoor(b.svc, tokenKey).authenticate(decisions(b.authorize(quota(b.proxy())))))
	return newClients(b.svc).limit(inside)
}

// services are those behind the gateway, as they are called in paths and in metrics.
var services = []string{"orders", "billing"}

// gateway is the proxy, with the services behind it.
type gateway struct {
	url      string
	backends map[string]*backend
	stops    []func() error // of all that was started, in this order
}

// start starts the services and the gateway before them, until stop is called.
func (g *gateway) start(ctx context.Context, rec *instrument.Recorder, addr string, tokenKey ed25519.PublicKey) error {
	mux := http.NewServeMux()
	g.backends = map[string]*backend{}
	for _, name := range services {
		b, err := startBackend(ctx, rec.Service(name), name)
		if err != nil {
			return err
		}
		g.backends[name], g.stops = b, append(g.stops, b.stop)
		mux.Handle("/"+name+"/", chain(b, tokenKey))
	}
	url, stop, err := serve(ctx, addr, mux)
	if err != nil {
		return err
	}
	g.url, g.stops = url, append(g.stops, stop)

	ctx, end := context.WithCancel(ctx)
	watched := make(chan struct{})
	go func() { defer close(watched); g.watch(ctx) }()
	g.stops = append(g.stops, func() error { end(); <-watched; return nil })
	return nil
}

// watch asks the services how they are, every second and once more when ctx ends.
func (g *gateway) watch(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for more := true; more; {
		select {
		case <-ctx.Done():
			more = false
		case <-tick.C:
		}
		for _, b := range g.backends {
			b.probe(context.WithoutCancel(ctx))
		}
	}
}

// stop waits for the requests that are under way and ends everything.
func (g *gateway) stop() (err error) {
	for _, stop := range slices.Backward(g.stops) {
		err = errors.Join(err, stop())
	}
	return err
}
