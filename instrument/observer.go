// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.opentelemetry.io/otel"

	"github.com/datapunk/otelauth/semconv"
)

// Observer sees every attempt as it is recorded, such as a detector of attacks
// (package instrument/anomaly). It is called on the goroutine of the login, by many
// at once: it must be safe for concurrent use, hand the event on in well under a
// microsecond and never block. A panic in it is caught and the event lost to it.
//
// What an observer alone learns, who tried, is in [Event.Caller]; none of it ever
// becomes a label, an exemplar or a part of a log.
type Observer interface {
	Observe(ctx context.Context, e Event)
}

// Operation says what an [Event] is about.
type Operation uint8

// The operations that observers see. The one field named beside each says more.
const (
	OperationAuthentication    Operation = iota // Method
	OperationTokenVerification                  // TokenType
	OperationToken                              // TokenType and TokenOperation
	OperationSession                            // SessionOperation
	OperationMFAChallenge                       // Factor; the outcome is success
	OperationMFAAnswer                          // Factor
	OperationRateLimit                          // RateLimit; the outcome is success unless limited
)

// Event is one attempt as observers see it. It is a value and refers to nothing
// that changes; its strings are the caller's, so an observer that keeps them keeps
// pieces of requests alive.
type Event struct {
	Service   string // as in the metrics: declared, admitted or _OTHER
	Operation Operation

	Method           semconv.Method
	TokenType        semconv.TokenType
	TokenOperation   semconv.TokenOperation
	SessionOperation semconv.SessionOperation
	Factor           semconv.MFAFactor
	RateLimit        semconv.RateLimitOutcome

	Outcome  Outcome
	Duration time.Duration // how long it took, if Timed
	Timed    bool
	Time     time.Time // when it was recorded, or [Caller.Time]
	Caller   Caller    // the zero Caller where nobody said who it is
}

// WithObserver adds an observer, which sees what is recorded from then on. Without
// any, recording costs what it did. A nil observer makes [New] return an error.
func WithObserver(o Observer) Option {
	return optionFunc(func(c config) config {
		if o == nil {
			c.errs = append(c.errs, errors.New("WithObserver: nil observer"))
			return c
		}
		c.observers = append(slices.Clip(c.observers), o)
		return c
	})
}

// Observed reports whether what is recorded on the handle has an observer. A
// middleware asks it before it finds out who calls.
func Observed(h Handle) bool {
	switch h := h.(type) {
	case *Attempts:
		return h != nil && h.svc.rec.observed()
	case *RateLimit:
		return h != nil && h.svc.rec.observed()
	case tokenOperation:
		return h.on.svc.rec.observed()
	}
	return false // decisions are not observed
}

// Observed reports whether what is recorded for the service has an observer.
func (s *Service) Observed() bool { return s != nil && s.rec.observed() }

func (r *Recorder) observed() bool { return len(r.observers) > 0 }

// observe hands an event to the observers. Whoever calls it has asked observed
// first, so that without one the event is not even made.
func (r *Recorder) observe(ctx context.Context, s *Service, e Event) {
	e.Service = s.name.Value.AsString()
	e.Caller = callerIn(ctx)
	if e.Time = e.Caller.Time; e.Time.IsZero() {
		e.Time = time.Now()
	}
	for _, o := range r.observers {
		r.tell(ctx, o, e)
	}
}

func (r *Recorder) tell(ctx context.Context, o Observer, e Event) {
	defer func() {
		if p := recover(); p != nil {
			r.sickObserver.Do(func() { otel.Handle(fmt.Errorf("otelauth: an observer panics: %T", p)) })
		}
	}()
	o.Observe(ctx, e)
}
