// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/datapunk/otelauth/semconv"
)

func TestFail(t *testing.T) {
	tests := map[string]struct {
		fail []semconv.Reason
		want error
	}{
		"not called":       {nil, nil},
		"once":             {[]semconv.Reason{semconv.ReasonLocked}, Failure(semconv.ReasonLocked)},
		"the first wins":   {[]semconv.Reason{semconv.ReasonExpired, semconv.ReasonLocked}, Failure(semconv.ReasonExpired)},
		"the zero reason":  {[]semconv.Reason{semconv.ReasonOther, semconv.ReasonLocked}, Failure(semconv.ReasonOther)},
		"just outside":     {[]semconv.Reason{semconv.NumReason}, Failure(semconv.ReasonOther)},
		"the largest uint": {[]semconv.Reason{255}, Failure(semconv.ReasonOther)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			ctx, p := NewPending(t.Context(), (*Attempts)(nil))
			inner, cancel := context.WithCancel(ctx)
			defer cancel()
			for _, r := range tt.fail {
				Fail(inner, r)
			}
			if got := p.Err(); !errors.Is(got, tt.want) {
				t.Errorf("Err() = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestFailWithoutMiddleware(t *testing.T) {
	Fail(t.Context(), semconv.ReasonLocked)
	Fail(nil, semconv.ReasonLocked) //nolint:staticcheck // a nil context must not panic
	if err := (*Pending)(nil).Err(); err != nil {
		t.Errorf("a nil Pending has the error %v", err)
	}
}

func TestFailReachesEveryPending(t *testing.T) {
	ctx, outer := NewPending(t.Context(), &Attempts{})
	ctx, middle := NewPending(ctx, &RateLimit{})
	Fail(ctx, semconv.ReasonExpired)
	ctx, inner := NewPending(ctx, &Authorization{})
	Fail(ctx, semconv.ReasonLocked)
	for name, p := range map[string]struct {
		p    *Pending
		want semconv.Reason
	}{
		"outer":  {outer, semconv.ReasonExpired},
		"middle": {middle, semconv.ReasonExpired},
		"inner":  {inner, semconv.ReasonLocked},
	} {
		if got := p.p.Err(); !errors.Is(got, Failure(p.want)) {
			t.Errorf("%s: %v, want %v", name, got, p.want)
		}
	}
}

func TestIsPending(t *testing.T) {
	a, b := &Attempts{}, &Attempts{}
	if IsPending(t.Context(), a) {
		t.Error("pending without a middleware")
	}
	ctx, _ := NewPending(t.Context(), a)
	ctx, _ = NewPending(ctx, &RateLimit{})
	if !IsPending(ctx, a) {
		t.Error("the outer handle is not found")
	}
	if IsPending(ctx, b) {
		t.Error("another handle is found")
	}
}

func TestPendingIsAContext(t *testing.T) {
	type key struct{}
	parent, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "kept"))
	ctx, _ := NewPending(parent, &Attempts{})
	if got := ctx.Value(key{}); got != "kept" {
		t.Errorf("value of the parent: %v", got)
	}
	child, stop := context.WithCancel(ctx)
	defer stop()
	cancel()
	<-child.Done()
	if !errors.Is(ctx.Err(), context.Canceled) {
		t.Errorf("Err() = %v after the parent was canceled", ctx.Err())
	}
}

func TestFailConcurrentSafe(t *testing.T) {
	ctx, p := NewPending(t.Context(), &Attempts{})
	var wg sync.WaitGroup
	for r := range semconv.NumReason {
		wg.Go(func() {
			Fail(ctx, r)
			_ = p.Err()
		})
	}
	wg.Wait()
	first := p.Err()
	if first == nil {
		t.Fatal("nothing was kept")
	}
	Fail(ctx, semconv.ReasonLocked)
	if !errors.Is(p.Err(), first) {
		t.Errorf("%v became %v", first, p.Err())
	}
}

func TestPendingAllocations(t *testing.T) {
	parent, on := t.Context(), &Attempts{}
	p := new(Pending)
	if n := testing.AllocsPerRun(100, func() {
		ctx := p.Begin(parent, on)
		Fail(ctx, semconv.ReasonLocked)
		_ = IsPending(ctx, on)
		_ = p.Err()
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}
