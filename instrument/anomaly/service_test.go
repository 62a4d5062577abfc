// SPDX-License-Identifier: Apache-2.0

package anomaly

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// traffic records logins of many people, evenly over the time given.
func (g *rig) traffic(span time.Duration, n int, took time.Duration, failing func(i int) bool) {
	logins := g.rec.Service("api").Authentication(semconv.MethodPassword)
	for i := range n {
		g.now = g.now.Add(span / time.Duration(n))
		g.people++
		who := g.people % 100_000
		ctx := instrument.WithCaller(context.Background(), instrument.Caller{Source: addr(ip(who)), Subject: name(who), Time: g.now})
		var err error
		if failing != nil && failing(i) {
			err = wrong
		}
		logins.Record(ctx, took, err)
	}
}

func every(n int) func(int) bool { return func(i int) bool { return i%n == 0 } }

// serviceKinds reports which service-level kinds were found since the last look.
func (g *rig) serviceKinds() map[semconv.AnomalyKind]int {
	out := map[semconv.AnomalyKind]int{}
	for _, f := range g.findings {
		if f.Source == 0 && f.Subject == 0 {
			out[f.Kind]++
		}
	}
	g.findings = nil
	return out
}

func (g *rig) wantService(what string, want ...semconv.AnomalyKind) {
	g.t.Helper()
	got := g.serviceKinds()
	for _, k := range want {
		if got[k] != 1 {
			g.t.Errorf("%s: %v %d times, want it once", what, k, got[k])
		}
		delete(got, k)
	}
	if len(got) != 0 {
		g.t.Errorf("%s: found %v too", what, got)
	}
}

func TestFailureRatioShiftAndRecovery(t *testing.T) {
	g := newRig(t)
	g.traffic(6*time.Hour, 20_000, time.Millisecond, every(20))
	g.wantService("a steady ratio")
	g.traffic(10*time.Minute, 600, time.Millisecond, every(4))
	g.wantService("five times as many failures", semconv.AnomalyKindFailureRatioShift)
	g.traffic(2*time.Hour, 7000, time.Millisecond, every(20))
	g.wantService("back to normal")
	g.traffic(10*time.Minute, 600, time.Millisecond, every(4))
	g.wantService("and again", semconv.AnomalyKindFailureRatioShift)
}

func TestOneAttackerShiftsNoRatio(t *testing.T) {
	g := newRig(t)
	g.traffic(2*time.Hour, 7000, time.Millisecond, every(20))
	g.findings = nil
	for range 2000 {
		g.at("api", instrument.Caller{Source: addr(mallory), Subject: "alice"}, wrong)
	}
	g.wantService("one source alone")
}

func TestLatencyShift(t *testing.T) {
	g := newRig(t)
	g.traffic(3*time.Hour, 6000, 100*time.Millisecond, nil)
	g.wantService("as ever")
	g.traffic(9*time.Minute, 300, 400*time.Millisecond, nil)
	g.wantService("slow for less than two windows")
	g.traffic(25*time.Minute, 800, 400*time.Millisecond, nil)
	g.wantService("slow", semconv.AnomalyKindLatencyShift)
}

func TestVolumeShift(t *testing.T) {
	g := newRig(t)
	random := rand.New(rand.NewPCG(1, 1))
	for range 4 * 24 * 6 {
		g.traffic(10*time.Minute, 150+random.IntN(30), time.Millisecond, nil)
	}
	g.wantService("days alike")
	for range 3 {
		g.traffic(10*time.Minute, 1500, time.Millisecond, nil)
	}
	g.wantService("ten times as many", semconv.AnomalyKindVolumeShift)
}

func TestDormantAndWoken(t *testing.T) {
	g := newRig(t)
	g.traffic(2*24*time.Hour, 5000, time.Millisecond, nil)
	g.wantService("lively")
	for range 50 { // another service's events move the clock
		g.wait(5 * time.Minute)
		g.at("web", instrument.Caller{Source: addr(home), Subject: "x"}, nil)
	}
	if !g.d.Snapshot().Services[0].Dormant {
		t.Error("the snapshot does not say so")
	}
	g.wantService("silent for four hours", semconv.AnomalyKindServiceDormant)
	g.traffic(time.Minute, 3, time.Millisecond, nil)
	g.wantService("woken", semconv.AnomalyKindServiceWoke)
}
