// SPDX-License-Identifier: Apache-2.0

package anomaly

import (
	"log/slog"
	"time"

	"github.com/datapunk/otelauth/semconv"
)

// Finding is what the detector raised. It names nobody: Source and Subject are keys
// that only the holder of the detector's key can make again (see [Detector.Keys]),
// and that change from day to day.
type Finding struct {
	Time     time.Time // of the attempt that it was raised at
	Kind     semconv.AnomalyKind
	Severity semconv.AnomalySeverity
	Service  string
	Source   Key // none where it is about a subject or a service
	Subject  Key // none where it is about a source or a service
	Count    int // attempts that it rests on
	First    time.Time
	Last     time.Time

	// Escalated says that the same was raised before with a lesser severity.
	Escalated bool
}

// LogValue writes the finding as a group, without any name in plain.
func (f Finding) LogValue() slog.Value {
	attrs := make([]slog.Attr, 0, 9)
	attrs = append(attrs,
		slog.String(string(semconv.AnomalyKindKey), f.Kind.String()),
		slog.String(string(semconv.AnomalySeverityKey), f.Severity.String()),
		slog.String(string(semconv.ServiceNameKey), f.Service),
		slog.Int("count", f.Count),
		slog.Time("first", f.First),
		slog.Time("last", f.Last),
	)
	if f.Source != 0 {
		attrs = append(attrs, slog.String("source", f.Source.String()))
	}
	if f.Subject != 0 {
		attrs = append(attrs, slog.String("subject", f.Subject.String()))
	}
	if f.Escalated {
		attrs = append(attrs, slog.Bool("escalated", true))
	}
	return slog.GroupValue(attrs...)
}

// episode remembers what was raised about one key, so that each kind is raised once
// while it lasts.
type episode struct {
	first, last int64
	count       int32
	raised      [semconv.NumAnomalyKind]semconv.AnomalySeverity
	quiet       time.Duration // what ends it, if that is longer than the rules' Quiet
}

// slowQuiet ends the episode of what comes in drips.
const slowQuiet = 12 * time.Hour

// touch counts an event, and begins a new episode after a pause.
func (p *episode) touch(now int64, quiet time.Duration) {
	if now-p.last > int64(max(quiet, p.quiet)) {
		*p = episode{first: now}
	}
	p.last = max(p.last, now)
	p.count++
}

// grave reports whether one of the kinds was raised with a high severity.
func (p *episode) grave(kinds []semconv.AnomalyKind) bool {
	for _, k := range kinds {
		if p.raised[k] == semconv.AnomalySeverityHigh {
			return true
		}
	}
	return false
}

// attacking reports whether one of the kinds was raised and still lasts.
func (p *episode) attacking(now int64, quiet time.Duration, kinds ...semconv.AnomalyKind) bool {
	if now-p.last > int64(max(quiet, p.quiet)) {
		return false
	}
	for _, k := range kinds {
		if p.raised[k] != 0 {
			return true
		}
	}
	return false
}
