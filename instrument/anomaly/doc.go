// SPDX-License-Identifier: Apache-2.0

// Package anomaly finds who is attacking, from the attempts that a recorder records,
// while they come and in bounded memory:
//
//	d, err := anomaly.New(anomaly.WithLogger(slog.Default()))
//	rec, err := instrument.New(instrument.WithObserver(d), instrument.WithServices("api"))
//	d.Start(rec)
//	defer d.Shutdown(context.Background())
//
//	ctx = instrument.WithCaller(ctx, instrument.Caller{Source: addr, Subject: user}) // or by middleware
//	rec.Service("api").Authentication(semconv.MethodPassword).Record(ctx, took, err)
//	if d.Verdict(addr, user).Severity == semconv.AnomalySeverityHigh { … } // before the next login
//
// # What it finds
//
// The kinds are those of [semconv.AnomalyKind]; [Rules] has the figures of each and
// where they come from, and [Without] turns kinds off. Only failures that say
// something about a credential count: not an expired token, a consent or a second factor
// that is still to come, nor a dependency that is down. Failures are taken back when
// the subject is let in after all, count half where it was let in before, and not at
// all while those who were let in before fail by the dozen: then the service is broken.
//
// A finding is raised once in an episode, may be raised once more with a higher
// severity, and is quiet while the episode lasts. A source that changes what it does
// raises the new kind.
//
// # What leaves
//
// A count in auth.anomaly.detections, a record of the log, a call. Sources and
// subjects are kept as keyed hashes alone, under a key that is random for each process
// or given; what leaves is hashed again for each day.
//
// # Bounds
//
// [WithMemory] bounds it all. Tables that are full admit a new key only if a sketch
// says that it came as often as what it would push out, so that a flood of keys pushes
// out noise. An event costs the login two short hashes and a place in a queue; what
// does not fit is dropped and counted in auth.sdk.dropped_events. The analysis has a
// goroutine of its own and reads no clock but that of the events, so the same events
// give the same findings ([Inline] makes sure that none is dropped).
package anomaly
