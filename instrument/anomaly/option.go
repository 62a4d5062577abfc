// SPDX-License-Identifier: Apache-2.0

package anomaly

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/datapunk/otelauth/semconv"
)

// Defaults and bounds of the options.
const (
	DefaultMemory       = 16 << 20 // bytes
	MinMemory           = 1 << 20
	DefaultQueue        = 8192 // events
	DefaultFindingLimit = 120  // a minute
	KeySize             = 16   // bytes
)

type config struct {
	rules    Rules
	off      [semconv.NumAnomalyKind]bool
	memory   int
	queue    int
	key      []byte
	inline   bool
	limit    int
	logger   *slog.Logger
	callback func(Finding)
	errs     []error
}

func newConfig(opts []Option) config {
	c := config{rules: DefaultRules(), memory: DefaultMemory, queue: DefaultQueue, limit: DefaultFindingLimit}
	for _, o := range opts {
		if o != nil {
			c = o.apply(c)
		}
	}
	if c.key == nil {
		c.key = randomKey()
	}
	c.queue = min(c.queue, c.memory/4/160) // a quarter of the memory at most
	return c
}

// Option configures a [Detector].
type Option interface{ apply(config) config }

type optionFunc func(config) config

func (f optionFunc) apply(c config) config { return f(c) }

// WithRules sets the figures that findings are raised by; see [DefaultRules].
func WithRules(r Rules) Option {
	return optionFunc(func(c config) config {
		if err := r.check(); err != nil {
			c.errs = append(c.errs, fmt.Errorf("WithRules: %w", err))
			return c
		}
		c.rules = r
		return c
	})
}

// Without raises no findings of these kinds. May be given several times.
func Without(kinds ...semconv.AnomalyKind) Option {
	return optionFunc(func(c config) config {
		for _, k := range kinds {
			if k >= semconv.NumAnomalyKind {
				c.errs = append(c.errs, fmt.Errorf("Without: %d is no kind", k))
				continue
			}
			c.off[k] = true
		}
		return c
	})
}

// WithMemory bounds what the detector keeps, in bytes: tables, sketches, sets and the
// queue. Default [DefaultMemory], at least [MinMemory]; less is an error and leaves the
// default.
func WithMemory(bytes int) Option {
	return optionFunc(func(c config) config {
		if bytes < MinMemory {
			c.errs = append(c.errs, fmt.Errorf("WithMemory: %d is less than %d", bytes, MinMemory))
			return c
		}
		c.memory = bytes
		return c
	})
}

// WithQueue sets how many events may wait for the analysis, default [DefaultQueue],
// rounded up to a power of two, and within a quarter of the memory.
func WithQueue(events int) Option {
	return optionFunc(func(c config) config {
		if events <= 0 {
			c.errs = append(c.errs, fmt.Errorf("WithQueue: %d is not positive", events))
			return c
		}
		c.queue = events
		return c
	})
}

// WithKey sets the key that names are hashed with, of [KeySize] bytes or more of which
// the first count, for a fleet whose findings are to agree. It is a secret. Default:
// random, for this process.
func WithKey(key []byte) Option {
	return optionFunc(func(c config) config {
		if len(key) < KeySize {
			c.errs = append(c.errs, fmt.Errorf("WithKey: %d bytes are less than %d", len(key), KeySize))
			return c
		}
		c.key = slices.Clone(key[:KeySize])
		return c
	})
}

// WithLogger writes each finding to a log, as the message auth.anomaly with the group
// finding; a handler that goes to OpenTelemetry makes log records of them. Names are
// never in it. Default: none.
func WithLogger(l *slog.Logger) Option {
	return optionFunc(func(c config) config {
		c.logger = l
		return c
	})
}

// WithCallback calls f with each finding, on the goroutine of the analysis, which waits
// for it: events are dropped if it takes long. It must not call the detector. A panic
// in it is caught.
func WithCallback(f func(Finding)) Option {
	return optionFunc(func(c config) config {
		c.callback = f
		return c
	})
}

// WithFindingLimit sets how many findings a minute go to the log and the callback,
// default [DefaultFindingLimit]; 0 is without limit. The metric counts them all.
func WithFindingLimit(perMinute int) Option {
	return optionFunc(func(c config) config {
		if perMinute < 0 {
			c.errs = append(c.errs, fmt.Errorf("WithFindingLimit: %d is negative", perMinute))
			return c
		}
		c.limit = perMinute
		return c
	})
}

// Inline analyses each event where it is recorded and drops none: for replays and
// tests, where the same events are to give the same findings whatever the machine
// does.
func Inline() Option {
	return optionFunc(func(c config) config {
		c.inline = true
		return c
	})
}

// check reports figures that no rule can work with.
func (r *Rules) check() error {
	var errs []error
	positive := func(name string, n float64) {
		if !(n > 0) {
			errs = append(errs, fmt.Errorf("%s: %v is not positive", name, n))
		}
	}
	b, d := &r.BruteForce, &r.DistributedBruteForce
	positive("BruteForce.Fast", float64(b.Fast))
	positive("BruteForce.FastWithin", float64(b.FastWithin))
	positive("BruteForce.Failures", float64(b.Failures))
	positive("BruteForce.Within", float64(b.Within))
	positive("BruteForce.Slow", float64(b.Slow))
	positive("BruteForce.SlowWithin", float64(b.SlowWithin))
	positive("BruteForce.Drips", float64(b.Drips))
	positive("BruteForce.DripGap", float64(b.DripGap))
	positive("UserEnumeration.Subjects", float64(r.UserEnumeration.Subjects))
	positive("UserEnumeration.Tries", float64(r.UserEnumeration.Tries))
	positive("PasswordSpray.Subjects", float64(r.PasswordSpray.Subjects))
	positive("PasswordSpray.Tries", float64(r.PasswordSpray.Tries))
	positive("CredentialStuffing.Subjects", float64(r.CredentialStuffing.Subjects))
	positive("CredentialStuffing.Tries", float64(r.CredentialStuffing.Tries))
	positive("DistributedBruteForce.Sources", float64(d.Sources))
	positive("DistributedBruteForce.Failures", float64(d.Failures))
	positive("DistributedBruteForce.Within", float64(d.Within))
	positive("DistributedBruteForce.InRow", float64(d.InRow))
	positive("TokenReplay.Revoked", float64(r.TokenReplay.Revoked))
	positive("TokenReplay.Within", float64(r.TokenReplay.Within))
	positive("RateLimitAbuse.Limited", float64(r.RateLimitAbuse.Limited))
	positive("RateLimitAbuse.Within", float64(r.RateLimitAbuse.Within))
	positive("MFAFatigue.Prompts", float64(r.MFAFatigue.Prompts))
	positive("MFAFatigue.Within", float64(r.MFAFatigue.Within))
	positive("ImpossibleTravel.Speed", r.ImpossibleTravel.Speed)
	positive("FailureRatioShift.Learn", float64(r.FailureRatioShift.Learn))
	positive("FailureRatioShift.Factor", r.FailureRatioShift.Factor)
	positive("FailureRatioShift.Threshold", r.FailureRatioShift.Threshold)
	positive("LatencyShift.Samples", float64(r.LatencyShift.Samples))
	positive("LatencyShift.Factor", r.LatencyShift.Factor)
	positive("VolumeShift.Window", float64(r.VolumeShift.Window))
	positive("VolumeShift.Factor", r.VolumeShift.Factor)
	positive("Dormancy.Silence", float64(r.Dormancy.Silence))
	positive("Quiet", float64(r.Quiet))
	return errors.Join(errs...)
}
