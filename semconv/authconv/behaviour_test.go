// SPDX-License-Identifier: Apache-2.0

package authconv

import (
	"errors"
	"slices"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"

	"github.com/datapunk/otelauth/semconv"
)

func TestZeroValueAndNilMeterDoNothing(t *testing.T) {
	ctx := t.Context()
	var zero AuthenticationAttempts
	zero.Add(ctx, 1, "api", semconv.MethodPassword, semconv.ResultSuccess)
	zero.AddSet(ctx, 1, *attribute.EmptySet())
	var duration AuthenticationDuration
	duration.Record(ctx, 1, "api", semconv.MethodPassword, semconv.ResultSuccess)
	duration.RecordSet(ctx, 1, *attribute.EmptySet())

	made, err := NewAuthenticationAttempts(nil)
	if err != nil {
		t.Fatal(err)
	}
	made.Add(ctx, 1, "api", semconv.MethodPassword, semconv.ResultSuccess)
	active, err := NewServiceActive(nil)
	if err != nil {
		t.Fatal(err)
	}
	if zero.Inst() == nil || made.Inst() == nil || active.Inst() == nil {
		t.Error("Inst is nil")
	}
}

// brokenMeter makes no instrument.
type brokenMeter struct{ noop.Meter }

var errBroken = errors.New("broken")

func (brokenMeter) Int64Counter(string, ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	return nil, errBroken
}

func TestErrorLeavesAnInstrumentThatDoesNothing(t *testing.T) {
	i, err := NewAuthenticationAttempts(brokenMeter{})
	if !errors.Is(err, errBroken) {
		t.Errorf("error is %v, want %v", err, errBroken)
	}
	i.Add(t.Context(), 1, "api", semconv.MethodPassword, semconv.ResultSuccess)
	if i.Inst() == nil {
		t.Error("Inst is nil")
	}
}

func TestOptionsReplaceTheBoundariesAlone(t *testing.T) {
	meter, collect := newMeter(t)
	i, err := NewAuthenticationDuration(meter, metric.WithExplicitBucketBoundaries(1, 2),
		metric.WithUnit("ms"), metric.WithDescription("Another."))
	if err != nil {
		t.Fatal(err)
	}
	i.Record(t.Context(), 1, "api", semconv.MethodPassword, semconv.ResultSuccess)

	got := collect()[i.Name()]
	if want := []float64{1, 2}; !slices.Equal(got.buckets, want) {
		t.Errorf("boundaries are %v, want %v", got.buckets, want)
	}
	if got.unit != i.Unit() || got.description != i.Description() {
		t.Errorf("unit and description are %q and %q, want %q and %q", got.unit, got.description, i.Unit(), i.Description())
	}
}

func TestConstructorLeavesTheOptionsAlone(t *testing.T) {
	meter, _ := newMeter(t)
	mine := metric.WithUnit("mine")
	backing := []metric.Int64CounterOption{mine, mine, mine}
	if _, err := NewAuthenticationAttempts(meter, backing[:1]...); err != nil {
		t.Fatal(err)
	}
	if backing[1] != metric.Int64CounterOption(mine) || backing[2] != metric.Int64CounterOption(mine) {
		t.Error("the constructor wrote into the caller's slice")
	}
}

func TestFurtherAttributes(t *testing.T) {
	meter, collect := newMeter(t)
	i, err := NewAuthenticationAttempts(meter)
	if err != nil {
		t.Fatal(err)
	}
	kvs := []attribute.KeyValue{semconv.ReasonExpired.Attr(), attribute.String("kept", "yes")}
	i.Add(t.Context(), 1, "api", semconv.MethodPassword, semconv.ResultFailure, kvs[:1]...)

	if kvs[1] != attribute.String("kept", "yes") {
		t.Errorf("Add wrote %v into the caller's slice", kvs[1])
	}
	want := attribute.NewSet(semconv.ServiceNameKey.String("api"), semconv.MethodPassword.Attr(),
		semconv.ResultFailure.Attr(), semconv.ReasonExpired.Attr())
	if got := collect()[i.Name()].attributes; !got.Equals(&want) {
		t.Errorf("attributes are %v, want %v", got.ToSlice(), want.ToSlice())
	}
}

func TestSets(t *testing.T) {
	meter, collect := newMeter(t)
	attempts, err1 := NewAuthenticationAttempts(meter)
	duration, err2 := NewAuthenticationDuration(meter)
	limit, err3 := NewRateLimitLimit(meter)
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	set := attribute.NewSet(semconv.ServiceNameKey.String("api"))
	ctx := t.Context()
	attempts.AddSet(ctx, 2, set)
	duration.RecordSet(ctx, 0.5, set)
	limit.RecordSet(ctx, 60, set)

	got := collect()
	for name, want := range map[string]float64{attempts.Name(): 2, duration.Name(): 0.5, limit.Name(): 60} {
		if g := got[name]; g.value != want || !g.attributes.Equals(&set) {
			t.Errorf("%s is %v with %v, want %v with %v", name, g.value, g.attributes.ToSlice(), want, set.ToSlice())
		}
	}
}
