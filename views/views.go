// SPDX-License-Identifier: Apache-2.0

package views

import (
	"errors"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/exemplar"
)

// DefaultLimit is how many series an instrument may have unless [Limit] says
// otherwise. A handle of package instrument makes up to thirty series at zero
// before the first event, so that a hundred services with one method each
// already need more than the 2000 that the SDK allows by itself. At this limit
// the dearest instrument, a histogram with fourteen boundaries, holds some
// 3 MiB for each reader.
const DefaultLimit = 4000

// Default returns the options that a MeterProvider needs to export the metrics
// of the registry well:
//
//   - the bucket boundaries of the registry, without minimum and maximum: over
//     the life of a process those two say next to nothing;
//   - a filter that lets only the registry's attributes of a metric pass, opt-in
//     ones included;
//   - at most [DefaultLimit] series an instrument and reader, counting the one
//     marked otel.metric.overflow that takes what is over the limit;
//   - exemplars off.
//
// A choice changes one of these. A choice that cannot be followed (a name that
// the registry has not, boundaries out of order) is reported in the error,
// which joins all of them; the options are usable even then and leave out just
// the wrong choices.
//
// Pass the options to one provider or to several. If they are followed by
// another WithView that matches an instrument of the registry, the SDK makes a
// second stream of it.
func Default(choices ...Choice) ([]sdkmetric.Option, error) {
	s, err := Resolve(choices...)
	return s.Options(), err
}

// Settings are what choices come to, for whoever must know them and not only
// pass them on: what a View does cannot be asked of an option.
type Settings struct {
	View      sdkmetric.View // of every instrument of the registry
	Limit     int            // series an instrument may have for each reader
	Exemplars bool           // of measurements inside a sampled span
}

// Resolve returns the settings that [Default] makes options of, and its error.
func Resolve(choices ...Choice) (Settings, error) {
	c := newConfig()
	var errs []error
	for _, choice := range choices {
		if choice == nil {
			errs = append(errs, errors.New("views: nil choice"))
			continue
		}
		if err := choice.apply(&c); err != nil {
			errs = append(errs, err)
		}
	}
	return Settings{View: c.plans().view, Limit: c.limit, Exemplars: c.exemplars}, errors.Join(errs...)
}

// Options returns the options of a MeterProvider that has these settings.
func (s Settings) Options() []sdkmetric.Option {
	filter := exemplar.AlwaysOffFilter
	if s.Exemplars {
		filter = exemplar.TraceBasedFilter
	}
	return []sdkmetric.Option{
		sdkmetric.WithView(s.View),
		sdkmetric.WithCardinalityLimit(s.Limit),
		sdkmetric.WithExemplarFilter(filter),
	}
}
