// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/datapunk/otelauth/semconv"
)

// Service records for one service. Get it from [Recorder.Service]. Its methods
// give handles, each bound to this service and one thing: keep a handle where
// it is used, since recording through it builds no attributes and allocates
// nothing. Asking again gives the same handle. The counters of a handle exist
// at zero from the moment it is bound, so that a rate sees the first event. All
// methods are safe for concurrent use, and on a nil Service they do nothing and
// give nil handles, which do nothing either.
type Service struct {
	rec  *Recorder
	name attribute.KeyValue

	// The two things asked for on every request have a slot, the rest a map.
	authentications [semconv.NumMethod]atomic.Pointer[Attempts]
	verifications   [semconv.NumTokenType]atomic.Pointer[Attempts]
	handles         sync.Map // of handleKey to *T
	binding         sync.Mutex

	touched atomic.Bool // an event since the last collection
	mu      sync.Mutex
	seen    time.Duration // of the last collection that found it touched
	active  bool          // seen holds something

	registered    bool
	registrations [semconv.NumRegistrationEvent]*cell
	state         atomic.Int32 // 1 + semconv.ServiceState, 0 when none is to be shown
	states        [semconv.NumServiceState]metric.ObserveOption
}

func newService(r *Recorder, name string) *Service {
	s := &Service{rec: r, name: semconv.ServiceNameKey.String(name)}
	for e := range s.registrations {
		s.registrations[e] = r.bind(r.inst.serviceRegistrations.Inst(),
			s.name, semconv.RegistrationEvent(e).Attr())
	}
	for st := range s.states {
		s.states[st] = metric.WithAttributeSet(r.set(s.name, semconv.ServiceState(st).Attr()))
	}
	return s
}

// handleKey names a handle within a service.
type handleKey struct {
	thing  thing
	value  uint8  // the enum that it is bound to, if any
	name   string // the allow-listed value that it is bound to, if any
	labels labels
}

type thing uint8

const (
	thingAuthentication thing = iota
	thingVerification
	thingTokenOperations
	thingSessions
	thingMFA
	thingAuthorization
	thingRateLimit
	thingCredential
	thingKeySet
	thingCache
	thingAnomalies
)

// handle returns the handle kept under k, made by bind if there is none yet.
// Keys hold nothing but enums and allow-listed values, so their number is
// bounded.
func handle[T any](s *Service, k handleKey, bind func() *T) *T {
	if h, ok := s.handles.Load(k); ok {
		return h.(*T)
	}
	s.binding.Lock() // what a handle binds is kept for good, so it is bound once
	defer s.binding.Unlock()
	if h, ok := s.handles.Load(k); ok {
		return h.(*T)
	}
	h := bind()
	s.handles.Store(k, h)
	return h
}

// slot is handle for the handles that have a slot.
func slot[T any](s *Service, p *atomic.Pointer[T], bind func() *T) *T {
	s.binding.Lock()
	defer s.binding.Unlock()
	if p.Load() == nil {
		p.Store(bind())
	}
	return p.Load()
}

// record reports whether a measurement may be taken, and marks the service
// active. Every recording method begins with it.
func (s *Service) record(ctx context.Context) bool {
	if !s.rec.open(ctx) {
		return false
	}
	// Reading first keeps the cache line shared between processors. The time
	// is taken at the next collection: no clock is read here.
	if !s.touched.Load() {
		s.touched.Store(true)
	}
	return true
}

// activeAt reports whether the service had an event inside the activity window.
func (s *Service) activeAt(now time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.touched.Swap(false) {
		s.seen, s.active = now, true
	}
	s.active = s.active && now-s.seen <= s.rec.activityWindow
	return s.active
}

// Register says that the service has come up: it counts in
// auth.service.registered until [Service.Deregister], and its state is shown,
// unknown until [Service.SetState] says otherwise. Registering a registered
// service does nothing.
func (s *Service) Register(ctx context.Context) {
	s.setRegistered(ctx, true)
}

// Deregister says that the service has gone: it leaves
// auth.service.registered, auth.service.active and auth.service.status at once.
// An event that comes later makes it active again. Deregistering a service that
// is not registered counts nothing.
func (s *Service) Deregister(ctx context.Context) {
	s.setRegistered(ctx, false)
}

// leave deregisters the service if it is registered, at the recorder's end.
func (s *Service) leave(ctx context.Context) {
	s.mu.Lock()
	registered := s.registered
	s.mu.Unlock()
	if registered {
		s.Deregister(ctx)
	}
}

func (s *Service) setRegistered(ctx context.Context, up bool) {
	if s == nil || !s.record(ctx) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !up {
		s.state.Store(0)
		s.touched.Store(false)
		s.active = false
	}
	if s.registered == up {
		return
	}
	s.registered = up
	if up {
		zero(s.registrations[semconv.RegistrationEventRegister],
			s.registrations[semconv.RegistrationEventDeregister])
		s.registrations[semconv.RegistrationEventRegister].add(ctx, 1)
		s.rec.registered.add(ctx, 1)
		s.state.CompareAndSwap(0, 1+int32(semconv.ServiceStateUnknown))
		return
	}
	s.registrations[semconv.RegistrationEventDeregister].add(ctx, 1)
	s.rec.registered.add(ctx, -1)
}

// SetState says how the service is. auth.service.status then shows 1 for this
// state and 0 for the others until the service deregisters. A state outside the
// enum is [semconv.ServiceStateOther].
func (s *Service) SetState(state semconv.ServiceState) {
	if s == nil || s.rec.closed.Load() {
		return
	}
	state = enum(context.Background(), s.rec, state, semconv.NumServiceState, semconv.SDKAttributeServiceState)
	s.state.Store(1 + int32(state))
}

func (s *Service) observeState(o metric.Observer) {
	current := s.state.Load() - 1
	if current < 0 {
		return
	}
	for st, opt := range s.states {
		switch {
		case int32(st) == current:
			o.ObserveInt64(s.rec.inst.serviceStatus.Inst(), 1, opt)
		case semconv.ServiceState(st) != semconv.ServiceStateOther:
			o.ObserveInt64(s.rec.inst.serviceStatus.Inst(), 0, opt)
		}
	}
}
