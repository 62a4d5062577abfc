// SPDX-License-Identifier: Apache-2.0

package authhttp

import (
	"context"
	"errors"
	"net"
	"net/http"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// Fetch says which requests of a client [NewTransport] records, and on what.
// Make it with [TokenFetch] or [KeySetFetch]; the zero Fetch records nothing.
type Fetch struct {
	match  func(*http.Request) bool // nil: all
	record func(ctx context.Context, status int, err error)
	check  func(body []byte) error // of CheckBody; nil: count when the answer begins
}

// TokenFetch records requests to a token, revocation or introspection endpoint
// as operations on a type of token. A 4xx is a failure (the body, which says
// more, is not read), a 408 and a 504 the error timeout, other 5xx the error
// unavailable, and so is a network error that nobody knows better. match picks
// the requests and is called concurrently; nil picks all. With a nil handle the
// Fetch records nothing.
func TokenFetch(handle *instrument.TokenOperations, op semconv.TokenOperation, match func(*http.Request) bool) Fetch {
	if handle == nil {
		return Fetch{match: match}
	}
	return Fetch{match: match, record: func(ctx context.Context, status int, err error) {
		handle.Count(ctx, op, fetched(status, err))
	}}
}

// KeySetFetch records requests for the keys that tokens are checked with. Nobody
// but the two servers has a part in it, so that a 4xx is the error unavailable
// and no failure; for the rest see [TokenFetch]. What counts is that an answer
// began; [Fetch.CheckBody] makes it count whether keys have come.
func KeySetFetch(handle *instrument.KeySet, match func(*http.Request) bool) Fetch {
	if handle == nil {
		return Fetch{match: match}
	}
	return Fetch{match: match, record: func(ctx context.Context, status int, err error) {
		if err = fetched(status, err); status >= 400 && status < 500 && status != http.StatusRequestTimeout {
			err = instrument.Error(semconv.ErrorTypeUnavailable)
		}
		handle.Refreshed(ctx, err)
	}}
}

// fetched turns an answer, or the lack of one, into an outcome.
func fetched(status int, err error) error {
	switch {
	case err != nil:
		// A transport's error that is nobody's failure and that the classifier
		// does not know, such as an EOF before the answer, is a server that
		// cannot be reached. Whatever else is in the tree goes before this.
		return errors.Join(err, net.ErrClosed)
	case status == http.StatusTooManyRequests:
		return instrument.Failure(semconv.ReasonRateLimited)
	case status == http.StatusForbidden:
		return instrument.Failure(semconv.ReasonPolicyDenied)
	case status == http.StatusRequestTimeout, status == http.StatusGatewayTimeout:
		return instrument.Error(semconv.ErrorTypeTimeout)
	case status >= http.StatusInternalServerError:
		return instrument.Error(semconv.ErrorTypeUnavailable)
	case status >= http.StatusBadRequest:
		return instrument.Failure(semconv.ReasonInvalidCredentials)
	case redirects(status):
		return instrument.Error(semconv.ErrorTypeUnavailable) // to nowhere
	}
	return nil
}

// NewTransport returns a transport that sends requests by base and records each
// on the first Fetch that matches it; others pass unrecorded, and so does one that
// is answered by a redirect, since the client goes on to where that leads. A nil base is
// [http.DefaultTransport]. With no Fetch that records anything, base is returned
// as it is. The transport is safe for concurrent use if base is.
//
//	client := &http.Client{Transport: authhttp.NewTransport(nil, authhttp.KeySetFetch(api.KeySet(),
//		func(r *http.Request) bool { return r.URL.Path == "/keys" }))}
func NewTransport(base http.RoundTripper, fetches ...Fetch) http.RoundTripper {
	if base == nil {
		base = http.DefaultTransport
	}
	t := &transport{base: base}
	for _, f := range fetches {
		if f.record != nil {
			t.fetches = append(t.fetches, f)
		}
	}
	if len(t.fetches) == 0 {
		return base
	}
	return t
}

type transport struct {
	base    http.RoundTripper
	fetches []Fetch
}

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	// Matched before it is sent: base may not touch the request, but a test
	// double often does.
	f, ok := t.pick(r)
	resp, err := t.base.RoundTrip(r)
	if !ok {
		return resp, err
	}
	status := 0
	if resp != nil {
		status = resp.StatusCode
	}
	if redirects(status) && resp.Header.Get("Location") != "" {
		return resp, err // the answer of where it leads to counts
	}
	if f.check != nil && err == nil && resp != nil && resp.Body != nil && status/100 == 2 {
		resp.Body = &watchedBody{ReadCloser: resp.Body, check: f.check,
			ended: func(err error) { f.record(r.Context(), status, err) }}
		return resp, nil
	}
	f.record(r.Context(), status, err)
	return resp, err
}

// redirects reports whether a client follows an answer to another address.
func redirects(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

func (t *transport) pick(r *http.Request) (Fetch, bool) {
	for range 1 + maxRedirects {
		for _, f := range t.fetches {
			if f.match == nil || f.match(r) {
				return f, true
			}
		}
		if r.Response == nil || r.Response.Request == nil {
			break
		}
		r = r.Response.Request // which was redirected to this one
	}
	return Fetch{}, false
}

// maxRedirects is how many [http.Client] follows.
const maxRedirects = 10

// CloseIdleConnections lets [http.Client.CloseIdleConnections] reach base.
func (t *transport) CloseIdleConnections() {
	if c, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
