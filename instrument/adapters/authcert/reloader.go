// SPDX-License-Identifier: Apache-2.0

package authcert

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// DefaultInterval is how often the files are read unless [WithInterval] says
// otherwise.
const DefaultInterval = 10 * time.Second

const minInterval = time.Second

// Option configures a [Reloader].
type Option interface{ apply(*Reloader) error }

type optionFunc func(*Reloader) error

func (f optionFunc) apply(r *Reloader) error { return f(r) }

// WithInterval sets how often the files are read: a second at least. Default:
// [DefaultInterval].
func WithInterval(d time.Duration) Option {
	return optionFunc(func(r *Reloader) error {
		if d < minInterval {
			return fmt.Errorf("authcert: WithInterval(%v): want at least %v", d, minInterval)
		}
		r.interval = d
		return nil
	})
}

// Reloader serves a certificate from two files. All methods are safe for
// concurrent use. A nil Reloader has no certificate.
type Reloader struct {
	files    files
	handle   *instrument.Credential
	interval time.Duration
	current  atomic.Pointer[tls.Certificate] // nil before the first pair

	reading sync.Mutex // one reading at a time; guards the sums
	held    sum        // what current was made of
	suspect sum        // no pair at the last reading, yet
	failed  sum        // no pair, which has been counted

	waiting sync.Mutex // guards the timer
	timer   *time.Timer
	closed  bool
}

// New reads a certificate, with the chain above it, and its key from PEM files and
// goes on to read them until [Reloader.Close]. It always returns a Reloader that
// can be used: where the files hold no pair, which is said in the error,
// handshakes fail until they do. A wrong option is said there too, and left out.
// Without a handle nothing is recorded.
func New(certFile, keyFile string, handle *instrument.Credential, opts ...Option) (*Reloader, error) {
	r := &Reloader{files: files{certFile, keyFile}, handle: handle, interval: DefaultInterval}
	var errs []error
	for _, o := range opts {
		if o != nil {
			errs = append(errs, o.apply(r))
		}
	}
	errs = append(errs, r.Reload(context.Background()))
	r.waiting.Lock()
	defer r.waiting.Unlock()
	r.timer = time.AfterFunc(r.interval, r.tick)
	return r, errors.Join(errs...)
}

// Close stops the reading of the files. The certificate goes on being served.
// Further calls do nothing.
func (r *Reloader) Close() {
	if r == nil {
		return
	}
	r.waiting.Lock()
	defer r.waiting.Unlock()
	r.closed = true
	if r.timer != nil {
		r.timer.Stop()
	}
}

// tick reads the files, and again after the interval. A file system that hangs
// holds up this and nothing else.
func (r *Reloader) tick() {
	if err := r.read(context.Background(), false); err != nil {
		otel.Handle(err)
	}
	r.waiting.Lock()
	defer r.waiting.Unlock()
	if !r.closed {
		r.timer.Reset(r.interval)
	}
}

// Reload reads the files now, for a program that is told of the replacement, as
// by a signal. It returns what is wrong with them; the certificate that was
// served before then goes on being served. A replacement that it finds is
// recorded as manual.
func (r *Reloader) Reload(ctx context.Context) error {
	if r == nil {
		return errNoCertificate
	}
	return r.read(ctx, true)
}

// read reads the files. It returns why they hold no pair: with asked always, and
// else when that is to be told.
func (r *Reloader) read(ctx context.Context, asked bool) error {
	r.reading.Lock()
	defer r.reading.Unlock()
	now := r.files.read()
	if now.sum == r.held {
		r.suspect, r.failed = sum{}, sum{}
		return nil
	}
	pair, err := now.pair()
	if err != nil {
		return r.fail(ctx, now.sum, asked, fmt.Errorf("authcert: %w", err))
	}
	trigger, replaced := r.trigger(asked), r.current.Load() != nil
	r.current.Store(pair)
	r.held, r.suspect, r.failed = now.sum, sum{}, sum{}
	if replaced {
		r.handle.Rotated(ctx, trigger, nil)
	}
	r.handle.Expires(ctx, pair.Leaf.NotAfter)
	return nil
}

// fail counts a replacement that is not going to become one.
func (r *Reloader) fail(ctx context.Context, s sum, asked bool, err error) error {
	settled := asked || s == r.suspect // the same as at the last reading
	r.suspect = s
	if settled && s != r.failed && r.current.Load() != nil {
		r.failed = s
		r.handle.Rotated(ctx, r.trigger(asked), instrument.Error(semconv.ErrorTypeOther))
		return err
	}
	if asked {
		return err
	}
	return nil
}

// trigger is why the certificate is replaced.
func (r *Reloader) trigger(asked bool) semconv.RotationTrigger {
	switch served := r.current.Load(); {
	case asked:
		return semconv.RotationTriggerManual
	case served != nil && time.Now().After(served.Leaf.NotAfter):
		return semconv.RotationTriggerExpiry
	}
	return semconv.RotationTriggerScheduled
}
