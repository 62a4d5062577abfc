// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net/url"
	"time"

	"github.com/datapunk/otelauth/semconv"
)

// logins are good and bad ones, of users and of clients.
func (w *walk) logins(ctx context.Context) {
	w.chapter("Logging in")
	w.step(ctx, "a wrong password", "200 the login form", w.login(ctx, w.user, userName, wrongPassword))
	w.step(ctx, "a user whom nobody knows", "200 the login form", w.login(ctx, w.user, strangerName, wrongPassword))
	w.step(ctx, "a code that the provider never gave", "401 login refused", func() (any, error) {
		w.user.stopAt(w.op.url)
		defer w.user.stopAt("")
		login, err := w.user.get(ctx, w.app.url+"/login")
		if err != nil || login.next == nil {
			return login, err
		}
		q := url.Values{"code": {forgedCode}, "state": {login.next.Query().Get("state")}}
		return w.user.get(ctx, w.app.url+"/callback?"+q.Encode())
	})
	w.step(ctx, "a login that another browser began", "401 login refused", func() (any, error) {
		return newBrowser(w.base).get(ctx, w.app.url+"/callback?code="+forgedCode)
	})
	w.step(ctx, "the right password", "200 welcome", w.login(ctx, w.user, userName, userPassword))
	w.step(ctx, "a client with a wrong secret", "refused: invalid_client", func() (any, error) {
		impostor := *w.reports
		impostor.oauth.ClientSecret = wrongSecret
		return impostor.token(ctx)
	})
}

// accessTokens are the user's, which the web application shows to the API.
func (w *walk) accessTokens(ctx context.Context) {
	w.chapter("Using an access token, and refreshing it")
	w.step(ctx, "the user looks at the orders", "200 one teapot, on its way", w.look(ctx))
	w.provider.lifetime.Store(int64(time.Second))
	w.step(ctx, "new tokens, which will not last", "200 go on", w.refresh(ctx))
	w.take(ctx, "and one for a program", &w.stale)
	ended := time.After(1100 * time.Millisecond) // a token says its end to the second
	w.provider.lifetime.Store(int64(time.Hour))
	w.step(ctx, "a second later", "401 token refused", func() (any, error) {
		<-ended
		return w.look(ctx)()
	})
	w.step(ctx, "new tokens", "200 go on", w.refresh(ctx))
	w.step(ctx, "and the orders are there again", "200 one teapot, on its way", w.look(ctx))
}

// sessions end at the application or at the provider.
func (w *walk) sessions(ctx context.Context) {
	w.chapter("Logging out")
	w.step(ctx, "the user logs out, which revokes the refresh token", "200 goodbye", func() (any, error) {
		return w.user.post(ctx, w.app.url+"/logout", nil)
	})
	w.step(ctx, "the orders are not for everybody", "401 log in first", w.look(ctx))
	w.step(ctx, "the user logs in again", "200 welcome", w.login(ctx, w.user, userName, userPassword))
	w.step(ctx, "the provider ends all that the user has", done, func() (any, error) {
		return done, w.provider.TerminateSession(ctx, userID, webID)
	})
	w.step(ctx, "no new tokens", "401 log in again", w.refresh(ctx))
}

// outage is an error, and nobody's failure.
func (w *walk) outage(ctx context.Context) {
	w.chapter("Stopping the provider")
	w.step(ctx, "the user logs in", "200 welcome", w.login(ctx, w.user, userName, userPassword))
	w.step(ctx, "and looks at the orders", "200 one teapot, on its way", w.look(ctx))
	var known, unseen, callback string
	w.take(ctx, "a token by a key that the APIs have", &known)
	w.rotate(ctx, semconv.RotationTriggerScheduled)
	w.take(ctx, "a token by a key that they have not seen", &unseen)
	other := newBrowser(w.base)
	other.stopAt(w.app.url + "/callback")
	w.step(ctx, "another user is on the way back from the provider", "302 on the way to /callback", func() (any, error) {
		p, err := other.signIn(ctx, w.app.url, userName, userPassword)
		if err == nil && p.next != nil {
			callback = p.next.String()
		}
		return p, err
	})
	w.step(ctx, "the provider stops", done, func() (any, error) { return done, w.stopProvider() })
	w.step(ctx, "who is on the way back does not get in", "503 try again later", func() (any, error) {
		return other.get(ctx, callback)
	})
	w.step(ctx, "who is in stays in", "200 one teapot, on its way", w.look(ctx))
	w.step(ctx, "but gets no new tokens", "503 try again later", w.refresh(ctx))
	w.show(ctx, "a token by a known key", "200 one teapot, on its way", have(known))
	w.show(ctx, "a token that nobody can judge", "503 try again later", have(unseen))
}

// login fills in the provider's form.
func (w *walk) login(ctx context.Context, b *browser, name, password string) func() (any, error) {
	return func() (any, error) { return b.signIn(ctx, w.app.url, name, password) }
}

// look shows the user the orders, which the web application gets from the API.
func (w *walk) look(ctx context.Context) func() (any, error) {
	return func() (any, error) { return w.user.get(ctx, w.app.url+"/orders") }
}

// refresh has the web application ask for new tokens.
func (w *walk) refresh(ctx context.Context) func() (any, error) {
	return func() (any, error) { return w.user.post(ctx, w.app.url+"/refresh", nil) }
}
