// SPDX-License-Identifier: Apache-2.0

package anomaly

import (
	"context"
	"log/slog"
	"time"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// output is where findings go: a count, a record of the log, a call. It belongs to
// whoever holds the detector's lock.
type output struct {
	config
	public     hasher
	rec        *instrument.Recorder
	minute     int64
	said       int
	suppressed int64
}

// emit hands a finding on. The count is exact; the log and the callback are limited,
// since an attacker with many addresses could fill a disk.
func (o *output) emit(f Finding) {
	ctx := context.Background()
	o.rec.Service(f.Service).Anomalies().Detected(ctx, f.Kind, f.Severity)
	if m := f.Time.Unix() / 60; m != o.minute {
		o.minute, o.said = m, 0
	}
	if o.limit > 0 && o.said >= o.limit {
		o.suppressed++
		return
	}
	o.said++
	f.Source, f.Subject = o.publish(f.Time, f.Source), o.publish(f.Time, f.Subject)
	if o.logger != nil {
		o.logger.LogAttrs(ctx, level(f.Severity), "auth.anomaly", slog.Any("finding", f))
	}
	if o.callback != nil {
		o.call(f)
	}
}

// call keeps a panic of the callback from ending the analysis.
func (o *output) call(f Finding) {
	defer func() { _ = recover() }()
	o.callback(f)
}

func level(s semconv.AnomalySeverity) slog.Level {
	switch s {
	case semconv.AnomalySeverityHigh:
		return slog.LevelError
	case semconv.AnomalySeverityMedium:
		return slog.LevelWarn
	default:
		return slog.LevelInfo
	}
}

// publish turns a key of the tables into the one that leaves on that day, so that
// nobody can follow a person over weeks, while the tables keep what they know.
func (o *output) publish(day time.Time, k Key) Key {
	if k == 0 {
		return 0
	}
	return o.public.words(domainPublic, uint64(k), uint64(day.Unix()/86400))
}
