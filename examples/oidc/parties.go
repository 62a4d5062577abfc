// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"golang.org/x/oauth2"

	"github.com/datapunk/otelauth/instrument"
)

// Who there is. None of it may be in a metric.
const (
	userName      = "marjorie@tea.example"
	userID        = "user-8471"
	userPassword  = "lapsang-souchong"
	wrongPassword = "earl-grey-1830"

	webID         = "teashop-web"
	webSecret     = "kettle-on-the-hob"
	reportsID     = "teashop-reports"
	reportsSecret = "sugar-tongs-42"
	wrongSecret   = "milk-in-first"

	strangerName = "mortimer@coffee.example"
	forgedCode   = "first-guess-of-many"
	gibberish    = "two-lumps.of.sugar"
)

// parties are all that take part, each as it would be a program of its own.
type parties struct {
	provider *provider
	op       *server // the provider's server
	app      *server
	orders   *server
	stock    *server

	reports *machine // has a token that is not for the API
	self    *machine // the web application on its own behalf

	base http.RoundTripper // beneath every client
}

// start starts them all. What it returns is to be stopped, also with an error.
func start(ctx context.Context, rec *instrument.Recorder, base http.RoundTripper) (p *parties, err error) {
	p = &parties{base: base}
	for _, s := range []**server{&p.op, &p.app, &p.orders, &p.stock} {
		if *s, err = listen(ctx); err != nil {
			return p, err
		}
	}
	callback := p.app.url + "/callback"
	p.provider, err = newProvider(ctx, rec.Service("provider"),
		users{userName: {ID: userID, Username: userName, Password: userPassword}},
		storage.WebClient(webID, webSecret, callback), storage.WebClient(reportsID, reportsSecret))
	if err != nil {
		return p, err
	}
	p.op.serve(p.provider.handler(p.op.url))

	app, err := newWebApp(ctx, rec.Service("webapp"), p.base, oauth2.Config{
		ClientID:     webID,
		ClientSecret: webSecret,
		RedirectURL:  callback,
		Scopes:       []string{oidc.ScopeOpenID, oidc.ScopeOfflineAccess, scopeOrders},
	}, p.op.url, p.orders.url)
	if err != nil {
		return p, err
	}
	p.app.serve(app.handler())

	// Two APIs, each with another library. What is recorded does not show it.
	for name, how := range map[string]struct {
		server *server
		verify func(context.Context, *instrument.Service, http.RoundTripper, string) (verifier, error)
	}{"orders": {p.orders, byGoOIDC}, "stock": {p.stock, byZitadel}} {
		v, err := how.verify(ctx, rec.Service(name), p.base, p.op.url)
		if err != nil {
			return p, err
		}
		how.server.serve(newAPI(rec.Service(name), v))
	}

	tokenURL := app.oauth.Endpoint.TokenURL
	p.reports = newMachine(rec.Service("reports"), p.base, tokenURL, reportsID, reportsSecret, scopeOrders)
	p.self = newMachine(rec.Service("webapp"), p.base, tokenURL, webID, webSecret, scopeOrders)
	return p, nil
}

// stopProvider ends the provider alone. Connections to it that lie idle are closed first, so that the next request
// has to connect and is refused.
func (p *parties) stopProvider() error {
	(&http.Client{Transport: p.base}).CloseIdleConnections()
	return p.op.stop()
}

func (p *parties) stop() error {
	errs := []error{p.stopProvider()}
	for _, s := range []*server{p.app, p.orders, p.stock} {
		errs = append(errs, s.stop())
	}
	return errors.Join(errs...)
}
