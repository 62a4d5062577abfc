// SPDX-License-Identifier: Apache-2.0

package instrument

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/datapunk/otelauth/semconv"
)

// DefaultActivityWindow is how long after its last event a service counts as
// active.
const DefaultActivityWindow = 5 * time.Minute

type config struct {
	provider       metric.MeterProvider
	services       []string
	serviceLimit   int
	activityWindow time.Duration
	allowed        map[attribute.Key][]string
	mappers        []func(error) error
	observers      []Observer
	errs           []error
}

func newConfig(opts []Option) config {
	c := config{
		activityWindow: DefaultActivityWindow,
		allowed:        map[attribute.Key][]string{semconv.RateLimitTypeKey: semconv.RateLimitTypes()},
	}
	for _, o := range opts {
		if o != nil {
			c = o.apply(c)
		}
	}
	if c.provider == nil {
		c.provider = otel.GetMeterProvider()
	}
	return c
}

// Option configures a [Recorder].
type Option interface {
	apply(config) config
}

type optionFunc func(config) config

func (f optionFunc) apply(c config) config { return f(c) }

// WithMeterProvider sets where the instruments are made. Without it, or with
// nil, the global provider of [otel.GetMeterProvider] is used, also when it is
// set only later.
func WithMeterProvider(mp metric.MeterProvider) Option {
	return optionFunc(func(c config) config {
		if v := reflect.ValueOf(mp); v.Kind() == reflect.Pointer && v.IsNil() {
			mp = nil // a nil pointer in an interface is as good as none
		}
		c.provider = mp
		return c
	})
}

// WithServices declares the services that this process records for. Each has a
// slot of its own here, whatever else is asked for; every other becomes _OTHER
// unless [WithServiceLimit] admits it. Names are at most 128 bytes of valid
// UTF-8; another one makes [New] return an error and is left out. May be given
// several times.
//
// A handle shows some 20 series at zero, so that with more than about 200
// handles for one metric the pipeline needs a higher views.Limit than the
// default.
func WithServices(names ...string) Option {
	return optionFunc(func(c config) config {
		for _, n := range names {
			if err := checkValue(n); err != nil {
				c.errs = append(c.errs, fmt.Errorf("WithServices: %w", err))
				continue
			}
			c.services = append(slices.Clip(c.services), n)
		}
		return c
	})
}

// WithServiceLimit admits up to n services beside the declared ones, first
// come, first served; those that come later become _OTHER. The default is 0:
// what is admitted becomes a label, so names must not come from a request. A
// negative n makes [New] return an error and leaves the default.
//
// A name that is made to have the hash of another series is recorded as _OTHER
// where it would be merged with that series. The first to be bound keeps it, so
// bind the handles of declared services before any other name can come.
func WithServiceLimit(n int) Option {
	return optionFunc(func(c config) config {
		if n < 0 {
			c.errs = append(c.errs, fmt.Errorf("WithServiceLimit: %d is negative", n))
			return c
		}
		c.serviceLimit = n
		return c
	})
}

// WithActivityWindow sets how long after its last event a service counts in
// auth.service.active, to the precision of one collection interval. The default
// is [DefaultActivityWindow]. A duration that is not positive makes [New]
// return an error and leaves the default.
func WithActivityWindow(d time.Duration) Option {
	return optionFunc(func(c config) config {
		if d <= 0 {
			c.errs = append(c.errs, fmt.Errorf("WithActivityWindow: %v is not positive", d))
			return c
		}
		c.activityWindow = d
		return c
	})
}

// WithAllowed adds values to the allow-list of one attribute; every other value
// becomes _OTHER. The attributes with an allow-list are
// [semconv.RateLimitTypeKey] (which starts with [semconv.RateLimitTypes]; the
// others start empty), [semconv.CacheNameKey], [semconv.PolicyKey],
// [semconv.ProviderKey] and [semconv.TenantKey]. Another key, or a value that
// is empty, longer than 128 bytes or not valid UTF-8, makes [New] return an
// error and is left out.
func WithAllowed(key attribute.Key, values ...string) Option {
	return optionFunc(func(c config) config {
		if _, ok := allowListed[key]; !ok {
			c.errs = append(c.errs, fmt.Errorf("WithAllowed: %q has no allow-list", key))
			return c
		}
		list := slices.Clone(c.allowed[key])
		for _, v := range values {
			if err := checkValue(v); err != nil {
				c.errs = append(c.errs, fmt.Errorf("WithAllowed(%q): %w", key, err))
				continue
			}
			list = append(list, v)
		}
		c.allowed[key] = list
		return c
	})
}

// WithErrorMapper adds a function that says what an error of some library
// means: it returns [Failure], [Error], [ErrNoCredential] or [ErrBypassed] for
// an error that it knows and nil for every other. Mappers are asked in the
// order given, after what an error says of itself and before the standard
// library's errors. It must be safe for concurrent use; a panic in it counts
// as an unknown error. A nil function makes [New] return an error.
func WithErrorMapper(f func(error) error) Option {
	return optionFunc(func(c config) config {
		if f == nil {
			c.errs = append(c.errs, errors.New("WithErrorMapper: nil function"))
			return c
		}
		c.mappers = append(slices.Clip(c.mappers), f)
		return c
	})
}
