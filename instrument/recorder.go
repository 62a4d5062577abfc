// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"

	"github.com/datapunk/otelauth/semconv"
)

// ScopeName is the instrumentation scope of every metric recorded here.
const ScopeName = "github.com/datapunk/otelauth/instrument"

// Version is the scope's version.
const Version = semconv.Version

// Recorder records what happens at the doors of one process. Make one with
// [New] and share it: all methods are safe for concurrent use, and on a nil
// Recorder they do nothing.
//
// Recorders on one MeterProvider add up in every counter. The observable
// gauges, auth.service.active and auth.service.status, are those of the
// recorder that was made last, so make one recorder a process.
type Recorder struct {
	inst    instruments
	allowed allowLists
	mappers []func(error) error
	drain   drain
	hashes  hashes

	observers []Observer

	activityWindow time.Duration
	now            func() time.Duration // monotonic

	collapsed [semconv.NumSDKAttribute]*cell
	rejected  [semconv.NumSDKRejection]*cell

	registered *cell // services in the registry, whichever they are

	services atomic.Pointer[map[string]*Service] // copied on write under mu
	mu       sync.Mutex
	room     atomic.Int64 // undeclared services that may still be admitted; written under mu
	other    *Service

	detector   *Detector // made when first asked for, under mu
	wrongLabel sync.Once
	stranger   sync.Once
	sickCheck  sync.Once

	sickObserver sync.Once

	closed     atomic.Bool
	done       chan struct{} // closed by the first Shutdown
	unregister func() error
}

// New makes a Recorder. It always returns one that can be used: what an option
// or the MeterProvider could not do is left out and said in the error, which
// joins all of them.
func New(opts ...Option) (*Recorder, error) {
	c := newConfig(opts)
	r := &Recorder{
		allowed:        newAllowLists(c.allowed),
		mappers:        c.mappers,
		observers:      c.observers,
		activityWindow: c.activityWindow,
		now:            monotonic,
		done:           make(chan struct{}),
	}
	r.room.Store(int64(c.serviceLimit))
	meter := c.provider.Meter(ScopeName,
		metric.WithInstrumentationVersion(Version), metric.WithSchemaURL(semconv.SchemaURL))
	if meter == nil {
		c.errs = append(c.errs, errors.New("instrument: the MeterProvider gives no Meter"))
		meter = noop.Meter{}
	}
	inst, err := newInstruments(meter)
	r.inst = inst
	r.bindSelf()
	r.registered = r.bind(inst.serviceRegistered.Inst())

	r.other = newService(r, semconv.Other)
	services := make(map[string]*Service, len(c.services))
	for _, name := range c.services {
		services[name] = newService(r, name)
	}
	services[semconv.Other] = r.other
	r.services.Store(&services)

	reg, rerr := meter.RegisterCallback(r.collect, inst.serviceActive.Inst(), inst.serviceStatus.Inst())
	r.unregister = func() error {
		if reg == nil {
			return nil
		}
		return reg.Unregister()
	}
	return r, errors.Join(errors.Join(c.errs...), err, rerr)
}

// Service returns the recorder of one service: the one on whose behalf things
// are measured, which need not be the process. A name that is neither declared
// nor admitted (see [WithServices], [WithServiceLimit]) gives the service
// _OTHER and is counted in auth.sdk.collapsed_values. Keep what it returns
// where you can; asking again costs one map look-up.
func (r *Recorder) Service(name string) *Service {
	if r == nil {
		return nil
	}
	if len(name) > maxValueBytes {
		name = cleanValue(name)
	}
	if s := (*r.services.Load())[name]; s != nil {
		return s
	}
	if s := r.admit(cleanValue(name)); s != nil {
		return s
	}
	r.collapse(context.Background(), semconv.SDKAttributeServiceName)
	r.stranger.Do(func() { otel.Handle(errStranger) })
	return r.other
}

var errStranger = errors.New("otelauth: a service that is neither declared by WithServices nor admitted by WithServiceLimit is recorded as _OTHER")

// admit returns the service of that name, made now if there is room, else nil.
func (r *Recorder) admit(name string) *Service {
	if name == "" {
		return nil
	}
	if s := (*r.services.Load())[name]; s != nil {
		return s
	}
	if r.room.Load() <= 0 {
		return nil // without the lock, which a flood of names would queue for
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	services := *r.services.Load()
	if s := services[name]; s != nil || r.room.Load() <= 0 {
		return s
	}
	r.room.Add(-1)
	name = strings.Clone(name) // it may be a piece of a request, which is not to be kept alive
	grown := maps.Clone(services)
	grown[name] = newService(r, name)
	r.services.Store(&grown)
	return grown[name]
}

// Shutdown ends the recorder: services that are still registered are
// deregistered, the gauges are no longer observed, and what is recorded
// afterwards is refused and counted in auth.sdk.rejected_measurements. It leaves
// the MeterProvider alone; shut that down afterwards, so that the last export
// has it all. A collection under way may hold it up, until the deadline of ctx;
// then it returns ctx's error and ends on its own. Further calls do nothing.
func (r *Recorder) Shutdown(ctx context.Context) error {
	if r == nil {
		return nil
	}
	for _, s := range *r.services.Load() {
		s.leave(ctx)
	}
	if r.closed.Swap(true) {
		return nil
	}
	close(r.done)
	r.drain.stop(ctx)
	done := make(chan error, 1)
	go func() { done <- r.unregister() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("instrument: shutdown: a collection is under way: %w", ctx.Err())
	}
}

// collect is called at each collection. It reads memory alone.
func (r *Recorder) collect(ctx context.Context, o metric.Observer) error {
	r.drain.collect(ctx)
	now := r.now()
	var active int64
	for _, s := range *r.services.Load() {
		if s.activeAt(now) {
			active++
		}
		s.observeState(o)
	}
	o.ObserveInt64(r.inst.serviceActive.Inst(), active)
	return nil
}

// processStart anchors the monotonic clock: one reading of the clock a call,
// where time.Now takes two, and no step of the wall clock reaches a duration.
var processStart = time.Now()

func monotonic() time.Duration { return time.Since(processStart) }
