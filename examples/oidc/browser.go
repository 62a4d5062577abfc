// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
)

// browser does what a user's does: it keeps cookies, follows redirects and sends forms.
type browser struct{ http.Client }

func newBrowser(base http.RoundTripper) *browser {
	jar, _ := cookiejar.New(nil) // without options there is nothing that could go wrong
	return &browser{http.Client{Transport: base, Jar: jar}}
}

// page is where the browser is after all redirects.
type page struct {
	status int
	url    *url.URL
	next   *url.URL // where a redirect leads that the browser was kept from following
	text   string
}

// String is the status and what a user reads.
func (p page) String() string {
	text, _, _ := strings.Cut(p.text, "\n")
	switch {
	case p.next != nil:
		text = "on the way to " + p.next.Path
	case strings.HasPrefix(text, "<!DOCTYPE"):
		text = "the login form"
	}
	return fmt.Sprintf("%d %s", p.status, text)
}

func (b *browser) get(ctx context.Context, url string) (page, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	return b.do(req, err)
}

func (b *browser) post(ctx context.Context, url string, form url.Values) (page, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(form.Encode()))
	if err == nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return b.do(req, err)
}

// bearing asks for a page with a token, as a program does.
func (b *browser) bearing(ctx context.Context, url, token string) (page, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err == nil && token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return b.do(req, err)
}

func (b *browser) do(req *http.Request, err error) (page, error) {
	if err != nil {
		return page{}, err
	}
	resp, err := b.Do(req)
	if err != nil {
		return page{}, err
	}
	defer resp.Body.Close()
	next, err := resp.Location()
	if err != nil && !errors.Is(err, http.ErrNoLocation) {
		return page{}, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return page{resp.StatusCode, resp.Request.URL, next, string(body)}, err
}

// signIn goes to the application's login, which leads to the provider's form, and fills that in. It ends
// where the provider sends the browser then: at the application, or with the same form again.
func (b *browser) signIn(ctx context.Context, app, user, password string) (page, error) {
	form, err := b.get(ctx, app+"/login")
	if err != nil {
		return form, err
	}
	if form.status != http.StatusOK || !form.url.Query().Has("authRequestID") {
		return form, fmt.Errorf("no login form, but %d", form.status)
	}
	return b.post(ctx, form.url.String(), url.Values{
		"id": {form.url.Query().Get("authRequestID")}, "username": {user}, "password": {password},
	})
}

// stopAt keeps the browser from following redirects to URLs that begin so: the page is then the redirect.
// The empty prefix lets it go everywhere again.
func (b *browser) stopAt(prefix string) {
	b.CheckRedirect = func(req *http.Request, _ []*http.Request) error {
		if prefix != "" && strings.HasPrefix(req.URL.String(), prefix) {
			return http.ErrUseLastResponse
		}
		return nil
	}
}
