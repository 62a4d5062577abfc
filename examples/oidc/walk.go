// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"golang.org/x/oauth2"

	"github.com/datapunk/otelauth/instrument"
)

// walk goes through everything, one step after the other, and prints what came of each.
type walk struct {
	*parties
	user  *browser
	stale string // a token that has ended by the time it is shown
	out   io.Writer
	news  func(context.Context) ([]string, error) // what was recorded since it was last called
	err   error                                   // of the first step that did not come out as it should; it is the last
}

// done is what comes of a step that has nothing to show.
const done = "done"

// step does one thing and prints what came of it, which must be as wanted.
func (w *walk) step(ctx context.Context, what, want string, do func() (any, error)) {
	if w.err != nil {
		return
	}
	got, err := do()
	if refused := (*oauth2.RetrieveError)(nil); errors.As(err, &refused) {
		got, err = "refused: "+refused.ErrorCode, nil
	}
	if err == nil && fmt.Sprint(got) != want {
		err = fmt.Errorf("got %v, want %s", got, want)
	}
	if err != nil {
		w.err = fmt.Errorf("%s: %w", what, err)
		return
	}
	fmt.Fprintf(w.out, "  %-55s %v\n", what, got)
	lines, err := w.news(ctx)
	for _, l := range lines {
		fmt.Fprintf(w.out, "      %s\n", l)
	}
	w.err = err
}

// chapter prints a headline.
func (w *walk) chapter(text string) {
	if w.err == nil {
		fmt.Fprintf(w.out, "\n%s\n", text)
	}
}

// walkAll starts the parties, goes the whole way with them and stops them. base is beneath all their clients;
// news says what was recorded since it was last called.
func walkAll(ctx context.Context, rec *instrument.Recorder, base http.RoundTripper, out io.Writer,
	news func(context.Context) ([]string, error),
) (err error) {
	w := &walk{out: out, news: news, user: newBrowser(base)}
	defer func() { err = errors.Join(err, w.parties.stop()) }()
	w.chapter("Starting")
	w.step(ctx, "provider, web application and APIs, on loopback", done, func() (_ any, err error) {
		w.parties, err = start(ctx, rec, base)
		return done, err
	})
	if w.err != nil {
		return w.err
	}
	w.logins(ctx)
	w.accessTokens(ctx)
	w.shownTokens(ctx)
	w.rotation(ctx)
	w.sessions(ctx)
	w.outage(ctx)
	return w.err
}
