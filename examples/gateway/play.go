// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/datapunk/otelauth/instrument"
)

const pace = 20 * time.Millisecond // between two requests

// play runs it all until the time is up, the last quarter of it without billing, and prints what was sent.
// When it returns no request is under way, so that what was sent and what was recorded agree.
func play(ctx context.Context, rec *instrument.Recorder, addr string, limit time.Duration, out io.Writer) (sent []step, err error) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	whole, down, err := newSteps(private)
	if err != nil {
		return nil, err
	}
	var g gateway
	defer func() { err = errors.Join(err, g.stop()) }()
	if err := g.start(ctx, rec, addr, public); err != nil {
		return nil, err
	}
	fmt.Fprintf(out, "orders and billing are behind %s\n", g.url)

	t := traffic{url: g.url, sent: map[string]int{}}
	err = t.rounds(ctx, whole, limit*3/4)
	err = errors.Join(err, g.backends["billing"].stop(), t.rounds(ctx, down, limit/4))

	fmt.Fprintf(out, "\n%8s  %s  request\n", "sent", "answer")
	sent = slices.Concat(whole, down)
	for _, s := range sent {
		fmt.Fprintf(out, "%8d  %6d  %s\n", t.sent[s.kind], s.status, s.kind)
	}
	return sent, err
}

// traffic sends one request at a time.
type traffic struct {
	url    string
	client int            // which one it is now
	sent   map[string]int // by kind
}

// rounds sends the steps at least once. A round that was begun is brought to its end.
func (t *traffic) rounds(ctx context.Context, steps []step, limit time.Duration) error {
	until := time.Now().Add(limit)
	for more := true; more; more = ctx.Err() == nil && time.Now().Before(until) {
		for _, s := range steps {
			if !s.again {
				t.client++
			}
			for range s.times {
				if err := t.send(context.WithoutCancel(ctx), s); err != nil {
					return fmt.Errorf("%s: %w", s.kind, err)
				}
				t.sent[s.kind]++
				select {
				case <-ctx.Done():
				case <-time.After(pace):
				}
			}
		}
	}
	return nil
}

// send sends one request and looks at the answer.
func (t *traffic) send(ctx context.Context, s step) error {
	req, err := http.NewRequestWithContext(ctx, s.method, t.url+s.path, nil)
	if err != nil {
		return err
	}
	// The load balancer writes on the right whom it saw. On the left a client may claim what it likes.
	req.Header.Set("X-Forwarded-For", fmt.Sprintf("2001:db8:f::%x, 2001:db8::%x", t.sent[s.kind], t.client))
	if strings.HasPrefix(s.credential, "Bearer ") {
		req.Header.Set("Authorization", s.credential)
	} else if s.credential != "" {
		req.Header.Set("X-Api-Key", s.credential)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	if resp.StatusCode != s.status {
		err = errors.Join(err, fmt.Errorf("answered %s, want %d", resp.Status, s.status))
	}
	return errors.Join(err, resp.Body.Close())
}
