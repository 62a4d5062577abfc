// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// register is Register for the length of a test.
func register(t *testing.T, name string, f Factory) {
	t.Helper()
	if err := Register(name, f); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		factories.Lock()
		defer factories.Unlock()
		delete(factories.byName, name)
	})
}

func TestRegister(t *testing.T) {
	own := newFake()
	own.text = "to nowhere"
	register(t, "own", func(_ context.Context, getenv func(string) string) (Exporter, error) {
		if v := getenv("OWN_VARIABLE"); v != "set" {
			return nil, fmt.Errorf("OWN_VARIABLE=%q: want set", v)
		}
		return own, nil
	})
	setenv(t, map[string]string{exportersVar: "own"})
	p, err := Start(t.Context(), FromEnv())
	wantFaults(t, p, err, `OWN_VARIABLE=""`)

	t.Setenv("OWN_VARIABLE", "set")
	p = start(t, FromEnv())
	if got, want := p.String(), "own to nowhere"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := p.Shutdown(context.Background()); err != nil || own.stops.Load() != 1 {
		t.Errorf("Shutdown: got %v, and %d of the exporter, want 1", err, own.stops.Load())
	}

	t.Setenv(exportersVar, "x")
	p, err = Start(t.Context(), FromEnv())
	wantFaults(t, p, err, "known are console, otlp, own, prometheus, none")
}

func TestRegisterRefuses(t *testing.T) {
	good := func(context.Context, func(string) string) (Exporter, error) { return newFake(), nil }
	register(t, "taken", good)
	for _, c := range []struct {
		name    string
		factory Factory
		want    string
	}{
		{"", good, "empty name"},
		{"a,b", good, `"a,b"`},
		{"a b", good, `"a b"`},
		{"Own", good, `"Own"`},
		{"prometheus", good, `Register("prometheus"): the name is taken`},
		{"none", good, `"none"`},
		{"taken", good, `Register("taken"): the name is taken`},
		{"own", nil, `Register("own"): nil factory`},
	} {
		if err := Register(c.name, c.factory); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v, want %q", c.name, err, c.want)
		}
	}
	if isKnown("own") {
		t.Error("a refused name is known")
	}
}

func TestBrokenFactories(t *testing.T) {
	for name, c := range map[string]struct {
		factory Factory
		want    string
	}{
		"error":   {func(context.Context, func(string) string) (Exporter, error) { return nil, errors.New("cannot") }, "cannot"},
		"panic":   {func(context.Context, func(string) string) (Exporter, error) { panic("boom") }, "broken: panic at start: boom"},
		"nothing": {func(context.Context, func(string) string) (Exporter, error) { return nil, nil }, "broken: its factory made none"},
		"pointer": {func(context.Context, func(string) string) (Exporter, error) { return (*fake)(nil), nil }, "broken: its factory made none"},
	} {
		t.Run(name, func(t *testing.T) {
			setenv(t, map[string]string{exportersVar: "broken"})
			register(t, "broken", c.factory)
			p, err := Start(t.Context(), FromEnv())
			wantFaults(t, p, err, c.want)
		})
	}
}

func TestRegisterConcurrentSafe(t *testing.T) {
	setenv(t, map[string]string{exportersVar: "none"})
	var wg sync.WaitGroup
	var mu sync.Mutex
	taken := 0
	good := func(context.Context, func(string) string) (Exporter, error) { return newFake(), nil }
	for range 8 {
		wg.Go(func() {
			if Register("contended", good) != nil {
				mu.Lock()
				taken++
				mu.Unlock()
			}
			p, err := Start(context.Background(), FromEnv())
			if err != nil {
				t.Error(err)
			}
			_, _ = known(), p.String()
		})
	}
	wg.Wait()
	factories.Lock()
	delete(factories.byName, "contended")
	factories.Unlock()
	if taken != 7 {
		t.Errorf("%d of 8 were refused, want 7", taken)
	}
}
