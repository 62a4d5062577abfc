// SPDX-License-Identifier: Apache-2.0

package anomaly

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// rig is a detector behind a recorder, on a clock that the test moves.
type rig struct {
	t        testing.TB
	d        *Detector
	rec      *instrument.Recorder
	now      time.Time
	findings []Finding
	people   int
}

var monday = time.Date(2025, 3, 3, 9, 0, 0, 0, time.UTC)

func newRig(t testing.TB, opts ...Option) *rig {
	t.Helper()
	g := &rig{t: t, now: monday}
	key := []byte("0123456789abcdef")
	opts = append([]Option{Inline(), WithKey(key), WithFindingLimit(0), WithCallback(func(f Finding) {
		g.findings = append(g.findings, f)
	})}, opts...)
	d, err := New(opts...)
	if err != nil {
		t.Fatal(err)
	}
	g.d = d
	g.rec, err = instrument.New(instrument.WithObserver(d), instrument.WithServices("api", "web"))
	if err != nil {
		t.Fatal(err)
	}
	d.Start(g.rec)
	t.Cleanup(func() {
		if err := d.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return g
}

func (g *rig) wait(d time.Duration) { g.now = g.now.Add(d) }

// try records a login of a subject from a source, and moves on by a second.
func (g *rig) try(source, subject string, err error) {
	g.t.Helper()
	g.at("api", instrument.Caller{Source: addr(source), Subject: subject}, err)
	g.wait(time.Second)
}

func (g *rig) at(service string, c instrument.Caller, err error) {
	c.Time = g.now
	ctx := instrument.WithCaller(context.Background(), c)
	g.rec.Service(service).Authentication(semconv.MethodPassword).Count(ctx, err)
}

func addr(s string) netip.Addr {
	if s == "" {
		return netip.Addr{}
	}
	return netip.MustParseAddr(s)
}

func name(i int) string { return fmt.Sprintf("user-%d", i) }

func ip(i int) string { return fmt.Sprintf("10.%d.%d.%d", i>>16&255, i>>8&255, i&255) }

var (
	wrong   = instrument.Failure(semconv.ReasonInvalidCredentials)
	unknown = instrument.Failure(semconv.ReasonUnknownPrincipal)
)

// kinds returns what was found since the last call, as "kind severity".
func (g *rig) kinds() []string {
	var out []string
	for _, f := range g.findings {
		out = append(out, f.Kind.String()+" "+f.Severity.String())
	}
	g.findings = nil
	return out
}

// want fails unless exactly these were found since the last look.
func (g *rig) want(want ...string) {
	g.t.Helper()
	if got := g.kinds(); !slices.Equal(got, want) {
		g.t.Errorf("found %q, want %q", got, want)
	}
}
