// SPDX-License-Identifier: Apache-2.0

package anomaly

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/instrumenttest"
	"github.com/datapunk/otelauth/semconv"
)

func attempt(source, subject string, at time.Time) instrument.Event {
	return instrument.Event{
		Service: "api", Method: semconv.MethodPassword, Time: at,
		Outcome: instrument.Outcome{Result: semconv.ResultFailure, Reason: semconv.ReasonInvalidCredentials},
		Caller:  instrument.Caller{Source: addr(source), Subject: subject},
	}
}

func TestDetectorOnItsGoroutine(t *testing.T) {
	found := make(chan Finding, 100)
	d, err := New(WithCallback(func(f Finding) { found <- f }))
	if err != nil {
		t.Fatal(err)
	}
	rec, got := instrumenttest.New(t, instrument.WithServices("api"))
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for range 100 {
				d.Observe(t.Context(), attempt(ip(i), name(i), monday))
			}
		})
	}
	wg.Wait()
	d.Start(rec)
	d.Start(nil)
	if err := d.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	close(found)
	sources := map[Key]bool{}
	for f := range found {
		if f.Kind != semconv.AnomalyKindBruteForce {
			t.Errorf("found %+v", f)
		}
		sources[f.Source] = true
	}
	if len(sources) != 4 {
		t.Errorf("%d sources were found, want 4", len(sources))
	}
	got.Want("auth.anomaly.detections", 4, semconv.ServiceNameKey.String("api"), semconv.AnomalyKindBruteForce.Attr(), semconv.AnomalySeverityMedium.Attr())
	got.Want("auth.anomaly.tracked_keys", 4, semconv.AnomalyTableSource.Attr())
	got.Want("auth.sdk.dropped_events", 0)
	got.WantNowhere("user-1", "10.0.0.1")
	s := d.Snapshot()
	if s.Services[0].Total.Attempts != 400 {
		t.Errorf("%d attempts were analysed, want 400", s.Services[0].Total.Attempts)
	}
	d.Observe(t.Context(), attempt(ip(1), name(1), monday))
	if got := d.Snapshot().Services[0].Total.Attempts; got != 400 {
		t.Errorf("after shutdown: %d attempts", got)
	}
}

func TestShutdownBeforeStart(t *testing.T) {
	d, err := New()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	d.Start(nil) // too late
	d.Observe(t.Context(), attempt(ip(1), name(1), monday))
}

func TestShutdownDoesNotWaitForEver(t *testing.T) {
	release, entered := make(chan struct{}), make(chan struct{}, 1)
	d, err := New(WithCallback(func(Finding) {
		entered <- struct{}{}
		<-release
	}), WithFindingLimit(1))
	if err != nil {
		t.Fatal(err)
	}
	d.Start(nil)
	for range 5 {
		d.Observe(t.Context(), attempt(mallory, "alice", monday))
	}
	<-entered
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.Shutdown(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	close(release)
	<-d.ended
}

func TestWhatDoesNotFitIsDroppedAndCounted(t *testing.T) {
	d, err := New(WithQueue(16))
	if err != nil {
		t.Fatal(err)
	}
	for range 20 { // nobody takes them
		d.Observe(t.Context(), attempt(mallory, "alice", monday))
	}
	if got := d.Snapshot().Dropped; got != 4 {
		t.Errorf("%d dropped, want 4", got)
	}
	rec, counted := instrumenttest.New(t, instrument.WithServices("api"))
	d.Start(rec)
	if err := d.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	counted.Want("auth.sdk.dropped_events", 4)
	if got := d.Snapshot(); got.Dropped != 0 || got.Services[0].Total.Attempts != 16 {
		t.Errorf("got %+v", got)
	}
}

func TestLogAndCallbackNameNobody(t *testing.T) {
	var text bytes.Buffer
	g := newRig(t, WithLogger(slog.New(slog.NewJSONHandler(&text, nil))))
	for range 6 {
		g.try(mallory, "alice@example.com", wrong)
	}
	g.try(mallory, "alice@example.com", nil)
	g.want("brute_force medium", "account_takeover high")
	for _, s := range []string{mallory, "alice", "example"} {
		if strings.Contains(text.String(), s) {
			t.Errorf("the log names %q: %s", s, text.String())
		}
	}
	source, _ := g.d.Keys(g.now, addr(mallory), "")
	for _, s := range []string{`"auth.anomaly.kind":"account_takeover"`, `"level":"ERROR"`, `"source":"` + source.String()} {
		if !strings.Contains(text.String(), s) {
			t.Errorf("the log lacks %s: %s", s, text.String())
		}
	}
}

func TestKeysOfAnotherDayAreOthers(t *testing.T) {
	g := newRig(t)
	a, b := g.d.Keys(monday, addr(mallory), "alice")
	c, d := g.d.Keys(monday.AddDate(0, 0, 1), addr(mallory), "alice")
	if a == c || b == d || a == 0 || b == 0 {
		t.Error("keys do not change from day to day")
	}
	if x, y := g.d.Keys(monday, netip.Addr{}, ""); x != 0 || y != 0 {
		t.Error("keys of nobody")
	}
}

func TestFindingsAreLimited(t *testing.T) {
	n := 0
	d, err := New(Inline(), WithFindingLimit(3), WithCallback(func(Finding) { n++ }))
	if err != nil {
		t.Fatal(err)
	}
	d.Start(nil)
	for i := range 10 {
		for range 5 {
			d.Observe(t.Context(), attempt(ip(i), name(i), monday))
		}
	}
	if got := d.Snapshot().Suppressed; n != 3 || got != 7 {
		t.Errorf("%d calls, %d suppressed, want 3 and 7", n, got)
	}
}

func TestCallbackThatPanics(t *testing.T) {
	d, err := New(Inline(), WithCallback(func(Finding) { panic("x") }))
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		d.Observe(t.Context(), attempt(mallory, "alice", monday))
	}
}

func TestVerdict(t *testing.T) {
	g := newRig(t)
	if v := g.d.Verdict(addr(mallory), "alice"); v != (Verdict{}) {
		t.Errorf("before anything: %+v", v)
	}
	for range 5 {
		g.try(mallory, "alice", wrong)
	}
	for i := range 12 {
		g.try(ip(i), "bob", wrong)
	}
	if v := g.d.Verdict(addr(mallory), "carol"); v.Source != semconv.AnomalyKindBruteForce || v.Severity != semconv.AnomalySeverityMedium || v.Subject != 0 {
		t.Errorf("of the source: %+v", v)
	}
	if v := g.d.Verdict(addr(home), "bob"); v.Subject != semconv.AnomalyKindDistributedBruteForce || v.Source != 0 {
		t.Errorf("of the subject: %+v", v)
	}
	g.wait(time.Hour)
	g.try(home, "dave", nil)
	if v := g.d.Verdict(addr(mallory), "bob"); v != (Verdict{}) {
		t.Errorf("an hour later: %+v", v)
	}
}

func TestNilDetector(t *testing.T) {
	var d *Detector
	d.Start(nil)
	d.Observe(t.Context(), instrument.Event{})
	if d.Verdict(addr(home), "x") != (Verdict{}) || !reflect.DeepEqual(d.Snapshot(), Snapshot{}) || d.Shutdown(t.Context()) != nil {
		t.Error("nothing does something")
	}
}

func TestOptionsThatAreWrong(t *testing.T) {
	r := DefaultRules()
	r.BruteForce.Failures = 0
	for name, o := range map[string]Option{
		"WithRules": WithRules(r), "WithMemory": WithMemory(1), "WithQueue": WithQueue(0), "WithKey": WithKey([]byte("short")),
		"WithFindingLimit": WithFindingLimit(-1), "Without": Without(200),
	} {
		d, err := New(o, nil)
		if err == nil || !strings.Contains(err.Error(), name) || d == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHandOffAllocatesNothing(t *testing.T) {
	d, err := New()
	if err != nil {
		t.Fatal(err)
	}
	d.Start(nil)
	e := attempt(mallory, "alice@example.com", monday)
	if n := testing.AllocsPerRun(1000, func() { d.Observe(context.Background(), e) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
	if n := testing.AllocsPerRun(1000, func() { d.Verdict(e.Caller.Source, "alice@example.com") }); n != 0 {
		t.Errorf("verdict: %v allocations, want 0", n)
	}
	if err := d.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestRecordingWithADetectorAllocatesNothing(t *testing.T) {
	d, err := New()
	if err != nil {
		t.Fatal(err)
	}
	rec, err := instrument.New(instrument.WithObserver(d), instrument.WithServices("api"))
	if err != nil {
		t.Fatal(err)
	}
	d.Start(rec)
	logins := rec.Service("api").Authentication(semconv.MethodPassword)
	ctx := instrument.WithCaller(context.Background(), instrument.Caller{Source: addr(home), Subject: "alice", Time: monday})
	logins.Record(ctx, time.Millisecond, nil)
	if n := testing.AllocsPerRun(1000, func() { logins.Record(ctx, time.Millisecond, nil) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
	if err := d.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestSnapshot(t *testing.T) {
	g := newRig(t)
	logins := g.rec.Service("api").Authentication(semconv.MethodPassword)
	for i := range 100 {
		ctx := instrument.WithCaller(context.Background(), instrument.Caller{Source: addr(ip(i % 20)), Subject: name(i), Time: g.now})
		var err error
		switch {
		case i%10 == 0:
			err = wrong
		case i%25 == 1:
			err = unknown
		case i == 99:
			err = instrument.Error(semconv.ErrorTypeTimeout)
		}
		logins.Record(ctx, 20*time.Millisecond, err)
	}
	s := g.d.Snapshot()
	p := s.Services[0].Total
	if s.Services[0].Service != "api" || p.Attempts != 100 || p.Failures != 14 || p.Errors != 1 || p.Successes != 85 || p.Sources != 20 ||
		p.Subjects < 80 || p.Subjects > 120 || p.P50 < 17*time.Millisecond || p.P50 > 23*time.Millisecond || !p.Start.Equal(monday) {
		t.Errorf("got %+v", p)
	}
	if p.Reasons[0] != (ReasonCount{semconv.ReasonInvalidCredentials, 10}) || p.Reasons[1] != (ReasonCount{semconv.ReasonUnknownPrincipal, 4}) ||
		len(p.Reasons) != 2 || p.Methods[0] != (MethodCount{semconv.MethodPassword, 100}) || len(p.Tokens) != 0 {
		t.Errorf("got %+v", p)
	}
	g.wait(time.Hour)
	g.try(home, "x", nil)
	if s := g.d.Snapshot(); s.Services[0].Window.Attempts != 1 || s.Services[0].Total.Attempts != 101 || s.Services[0].Learned {
		t.Errorf("an hour later: %+v", s.Services[0])
	}
}

func BenchmarkHandOff(b *testing.B) {
	d, err := New()
	if err != nil {
		b.Fatal(err)
	}
	d.Start(nil)
	e := attempt(mallory, "alice@example.com", monday)
	b.ReportAllocs()
	for b.Loop() {
		d.Observe(context.Background(), e)
	}
	_ = d.Shutdown(context.Background())
}

func BenchmarkVerdict(b *testing.B) {
	g := newRig(b)
	for range 6 {
		g.try(mallory, "alice@example.com", wrong)
	}
	source := addr(mallory)
	b.ReportAllocs()
	for b.Loop() {
		g.d.Verdict(source, "alice@example.com")
	}
}

// FuzzEvents feeds the analysis events that no recorder would make.
func FuzzEvents(f *testing.F) {
	f.Add([]byte("0123456789abcdefghijklmnopqrstuvwxyz"), int64(1))
	f.Add(bytes.Repeat([]byte{0, 1, 2, 3, 255}, 50), int64(-1))
	f.Fuzz(func(t *testing.T, in []byte, at int64) {
		d, err := New(Inline(), WithMemory(MinMemory), WithKey(make([]byte, KeySize)), WithCallback(func(f Finding) {
			if f.Kind == 0 || f.Kind >= semconv.NumAnomalyKind || f.Severity == 0 || f.Count < 0 {
				t.Errorf("found %+v", f)
			}
		}))
		if err != nil {
			t.Fatal(err)
		}
		d.Start(nil)
		for ; len(in) >= 5; in = in[5:] {
			at += int64(int8(in[0])) * int64(time.Second) * int64(in[1])
			d.Observe(context.Background(), instrument.Event{
				Service: string(in[1:2]), Operation: instrument.Operation(in[2] % 8),
				Method: semconv.Method(in[3]), TokenType: semconv.TokenType(in[3]),
				Outcome:  instrument.Outcome{Result: semconv.Result(in[3] % 8), Reason: semconv.Reason(in[4])},
				Duration: time.Duration(at), Timed: in[0]%2 == 0, Time: time.Unix(0, at),
				Caller: instrument.Caller{Host: string(in[2:3]), Subject: string(in[4:5]), Session: string(in[3:4])},
			})
		}
		d.Snapshot()
	})
}
