// SPDX-License-Identifier: Apache-2.0

package anomaly

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

const mallory, home = "192.0.2.66", "198.51.100.1"

func TestBruteForceOnceAnEpisode(t *testing.T) {
	g := newRig(t)
	for range 4 {
		g.try(mallory, "alice", wrong)
	}
	g.want()
	g.try(mallory, "alice", wrong)
	f := g.findings[0]
	source, subject := g.d.Keys(f.Time, addr(mallory), "alice")
	if f.Source != source || f.Subject != 0 || f.Count != 5 || f.Service != "api" ||
		!f.First.Equal(monday) || !f.Last.Equal(monday.Add(4*time.Second)) || subject == 0 {
		t.Errorf("got %+v", f)
	}
	g.want("brute_force medium")
	for range 40 {
		g.try(mallory, "alice", wrong)
	}
	g.want()
	for range 40 {
		g.try(mallory, "alice", wrong)
	}
	g.want("brute_force high") // escalates once
	g.wait(31 * time.Minute)
	for range 5 {
		g.try(mallory, "alice", wrong)
	}
	g.wait(3 * time.Hour) // the hour's window was still full: the episode lasted longer
	g.kinds()
	for range 5 {
		g.try(mallory, "alice", wrong)
	}
	g.want("brute_force medium")
}

func TestBruteForceWithoutASource(t *testing.T) {
	g := newRig(t)
	for range 6 {
		g.try("", "alice", wrong)
	}
	if len(g.findings) == 1 && (g.findings[0].Source != 0 || g.findings[0].Subject == 0) {
		t.Errorf("got %+v", g.findings[0])
	}
	g.want("brute_force medium")
}

func TestSlowBruteForce(t *testing.T) {
	g := newRig(t)
	for range 10 {
		g.try(mallory, "alice", wrong)
		g.wait(5 * time.Minute)
	}
	g.want("brute_force low")
	for i := range 4 { // drips on many subjects
		g.try("192.0.2.67", name(i), wrong)
		g.wait(20 * time.Minute)
	}
	g.want("user_enumeration low")
	for i := range 12 { // a client with an old password, that has a new one at last
		g.try(home, "bob", wrong)
		g.wait(20 * time.Minute)
		if i%3 == 2 {
			g.try(home, "bob", nil)
		}
	}
	g.want()
}

func TestReasonsThatSayNothingOfACredential(t *testing.T) {
	g := newRig(t)
	for range 50 {
		for _, err := range []error{
			instrument.Failure(semconv.ReasonExpired), instrument.Failure(semconv.ReasonPolicyDenied),
			instrument.Failure(semconv.ReasonMFARequired), instrument.Failure(semconv.ReasonMissing),
			instrument.Failure(semconv.ReasonNotYetValid), instrument.Error(semconv.ErrorTypeTimeout),
			instrument.ErrNoCredential,
		} {
			g.try(mallory, "alice", err)
		}
	}
	g.want()
}

func TestUnknownReasonsCountLess(t *testing.T) {
	g := newRig(t)
	for range 6 {
		g.try(mallory, "alice", instrument.Failure(semconv.ReasonOther))
	}
	g.want()
	g.try(mallory, "alice", instrument.Failure(semconv.ReasonOther))
	g.want("brute_force medium")
}

func TestEnumeration(t *testing.T) {
	g := newRig(t)
	for i := range 5 {
		g.try(mallory, name(i), unknown)
	}
	g.want("user_enumeration medium")
}

func TestSprayAfterBruteForceRaisesTheNewKind(t *testing.T) {
	g := newRig(t)
	g.try(home, "nobody", unknown) // the service tells
	for range 6 {
		g.try(mallory, "alice", wrong)
	}
	g.want("brute_force medium")
	for i := range 14 {
		g.try(mallory, name(i), wrong)
		g.wait(time.Minute)
	}
	g.want("password_spray medium")
}

func TestStuffing(t *testing.T) {
	g := newRig(t)
	g.try(home, "nobody", unknown)
	for i := range 20 {
		err := wrong
		if i%2 == 0 {
			err = unknown
		}
		g.try(mallory, name(i), err)
	}
	got := map[semconv.AnomalyKind]bool{}
	for _, f := range g.findings {
		got[f.Kind] = true
	}
	if !got[semconv.AnomalyKindCredentialStuffing] {
		t.Errorf("found %v, want credential_stuffing", g.kinds())
	}
	g.findings = nil
	g.try(mallory, "victim", nil) // the pair was right at the first try
	g.want("account_takeover high")
}

func TestDistributedBruteForce(t *testing.T) {
	g := newRig(t)
	for i := range 12 {
		g.try(ip(i), "alice", wrong)
		g.wait(time.Minute)
	}
	if len(g.findings) == 1 && (g.findings[0].Source != 0 || g.findings[0].Subject == 0 || g.findings[0].Count != 10) {
		t.Errorf("got %+v", g.findings[0])
	}
	g.want("distributed_brute_force medium")
	g.try(ip(99), "alice", nil)
	g.want("account_takeover high")
}

func TestTakeover(t *testing.T) {
	g := newRig(t)
	for range 6 {
		g.try(mallory, "alice", wrong)
	}
	g.kinds()
	g.try(mallory, "alice", nil)
	g.want("account_takeover high")
	g.try(mallory, "alice", nil) // it was said
	g.want()
}

func TestFriendsAreForgiven(t *testing.T) {
	g := newRig(t)
	for i := range 300 { // an office: all mistype now and then, and come in
		who := name(i % 40)
		for range i % 4 {
			g.try(home, who, wrong)
		}
		g.try(home, who, nil)
		g.wait(20 * time.Second)
	}
	g.want()
	for range 9 { // one who is known there has forgotten his password
		g.try(home, name(1), wrong)
		g.wait(15 * time.Second)
	}
	g.try(home, name(1), nil)
	g.want()
}

func TestBrokenServiceIsNoAttack(t *testing.T) {
	g := newRig(t, Without(semconv.AnomalyKindFailureRatioShift))
	for i := range 100 {
		g.try(ip(i), name(i), nil)
	}
	g.wait(time.Hour)
	for range 12 { // nobody gets in
		for i := range 100 {
			g.at("api", instrument.Caller{Source: addr(ip(i)), Subject: name(i)}, wrong)
		}
		g.wait(12 * time.Second)
	}
	g.want()
}

func TestTokenReplay(t *testing.T) {
	g := newRig(t)
	refresh := g.rec.Service("api").TokenVerification(semconv.TokenTypeRefresh)
	use := func(source, session string, err error) {
		refresh.Count(instrument.WithCaller(context.Background(), instrument.Caller{
			Source: addr(source), Subject: "alice", Session: session, Time: g.now,
		}), err)
		g.wait(10 * time.Second)
	}
	use(home, "s1", nil)
	use(home, "s1", instrument.Failure(semconv.ReasonReplayed))
	use(home, "s1", instrument.Failure(semconv.ReasonReplayed))
	g.want("token_replay high")
	for range 5 {
		use(home, "s2", instrument.Failure(semconv.ReasonRevoked))
	}
	g.want("token_replay low")
	use(home, "s3", nil)
	use("203.0.113.5", "s3", nil) // moves on, as people do
	use("203.0.113.9", "s3", nil)
	g.want()
	use(home, "s3", nil) // and is at home all the while
	g.want("token_replay medium")
}

func TestRateLimitAbuse(t *testing.T) {
	g := newRig(t)
	limit := g.rec.Service("api").RateLimit("minute")
	for range 12 {
		ctx := instrument.WithCaller(context.Background(), instrument.Caller{Source: addr(mallory), Time: g.now})
		limit.Check(ctx, semconv.RateLimitOutcomeLimited)
		limit.Check(ctx, semconv.RateLimitOutcomeAllowed)
		g.wait(time.Second)
	}
	g.want("rate_limit_abuse low")
}

func TestMFAFatigue(t *testing.T) {
	g := newRig(t)
	push := g.rec.Service("api").MFA(semconv.MFAFactorPush)
	ctx := func() context.Context {
		return instrument.WithCaller(context.Background(), instrument.Caller{Source: addr(mallory), Subject: "alice", Time: g.now})
	}
	for range 10 { // every day, as it should be
		push.Challenged(ctx())
		push.Answered(ctx(), nil)
		g.wait(time.Minute)
	}
	g.want()
	for range 6 {
		push.Challenged(ctx())
		push.Answered(ctx(), instrument.Failure(semconv.ReasonMFAFailed))
		g.wait(time.Minute)
	}
	g.want("mfa_fatigue medium")
	push.Answered(ctx(), nil) // gives in
	g.want("mfa_fatigue high")
}

func TestImpossibleTravel(t *testing.T) {
	r := DefaultRules()
	places := map[string][2]float64{home: {48.1, 11.6}, "203.0.113.5": {35.7, 139.7}, "203.0.113.6": {48.2, 16.4}}
	r.ImpossibleTravel.Locator = func(a netip.Addr) (float64, float64, bool) {
		p, ok := places[a.String()]
		return p[0], p[1], ok
	}
	g := newRig(t, WithRules(r))
	g.try(home, "alice", nil)
	g.wait(time.Minute)
	g.try("203.0.113.6", "alice", nil) // 350 km: too near to trust a locator
	g.try("192.0.2.200", "alice", nil) // nobody knows where
	g.want()
	g.wait(time.Hour)
	g.try("203.0.113.5", "alice", nil)
	g.want("impossible_travel medium")
	g.wait(14 * time.Hour)
	g.try(home, "alice", nil) // a flight
	g.want()
}

func TestDistance(t *testing.T) {
	if d := distance(48.137, 11.575, 35.69, 139.69); d < 9300 || d > 9450 {
		t.Errorf("Munich to Tokyo is %v km, want about 9370", d)
	}
	if d := distance(0, 179.5, 0, -179.5); d > 112 {
		t.Errorf("across the date line: %v km, want 111", d)
	}
}

func TestWithout(t *testing.T) {
	g := newRig(t, Without(semconv.AnomalyKindBruteForce))
	for range 20 {
		g.try(mallory, "alice", wrong)
	}
	g.want()
}

func TestServicesAreApart(t *testing.T) {
	g := newRig(t)
	for i := range 8 {
		g.at([]string{"api", "web"}[i%2], instrument.Caller{Source: addr(mallory), Subject: "alice"}, wrong)
		g.wait(time.Second)
	}
	g.want()
}

func TestSourcesOfIPv6AreNetworks(t *testing.T) {
	g := newRig(t)
	for i := range 5 {
		a := netip.MustParsePrefix("2001:db8::/64").Addr().As16()
		a[15] = byte(i + 1)
		g.at("api", instrument.Caller{Source: netip.AddrFrom16(a), Subject: "alice"}, wrong)
	}
	for range 5 {
		g.at("api", instrument.Caller{Host: "host.example", Subject: "bob"}, wrong)
	}
	g.want("brute_force medium", "brute_force medium")
}
