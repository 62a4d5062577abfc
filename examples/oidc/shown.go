// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"sync"

	"github.com/datapunk/otelauth/semconv"
)

// shownTokens are good and bad ones, shown to both APIs.
func (w *walk) shownTokens(ctx context.Context) {
	w.chapter("Showing tokens to the APIs")
	w.show(ctx, "a good token", "200 one teapot, on its way", w.self.token)
	w.show(ctx, "a token without the scope", "403 not with this token", func(ctx context.Context) (string, error) {
		modest := *w.self
		modest.oauth.Scopes = nil
		return modest.token(ctx)
	})
	w.show(ctx, "a token for somebody else", "401 token refused", w.reports.token)
	w.show(ctx, "a token that has ended", "401 token refused", have(w.stale))
	w.show(ctx, "a token with another signature", "401 token refused", func(ctx context.Context) (string, error) {
		token, err := w.self.token(ctx)
		if err != nil {
			return "", err
		}
		return tampered(token), nil
	})
	w.show(ctx, "a token signed by a key of one's own", "401 token refused", func(context.Context) (string, error) {
		return forged(w.op.url)
	})
	w.show(ctx, "no token, but some text", "401 token refused", have(gibberish))
	w.show(ctx, "nothing", "401 token refused", have(""))
}

// rotation is followed by who verifies, without being told.
func (w *walk) rotation(ctx context.Context) {
	w.chapter("Rotating the signing key")
	var old string
	w.take(ctx, "a token by the old key", &old)
	w.rotate(ctx, semconv.RotationTriggerScheduled)
	w.show(ctx, "the token by the old key", "200 one teapot, on its way", have(old))
	w.show(ctx, "a token by the new key", "200 one teapot, on its way", w.self.token)
}

// show shows a token to both APIs.
func (w *walk) show(ctx context.Context, what, want string, token func(context.Context) (string, error)) {
	once := sync.OnceValues(func() (string, error) { return token(ctx) })
	for _, to := range []struct {
		name string
		*server
	}{{"orders", w.orders}, {"stock", w.stock}} {
		w.step(ctx, to.name+": "+what, want, func() (any, error) {
			t, err := once()
			if err != nil {
				return nil, err
			}
			return newBrowser(w.base).bearing(ctx, to.url, t)
		})
	}
}

// have is a token, or what one takes for one, that is there already.
func have(token string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return token, nil }
}

// take has the web application ask for a token for itself.
func (w *walk) take(ctx context.Context, what string, token *string) {
	w.step(ctx, what, done, func() (_ any, err error) {
		*token, err = w.self.token(ctx)
		return done, err
	})
}

func (w *walk) rotate(ctx context.Context, trigger semconv.RotationTrigger) {
	w.step(ctx, "the provider makes a new key", done, func() (any, error) { return done, w.provider.rotate(ctx, trigger) })
}
