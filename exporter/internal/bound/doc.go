// SPDX-License-Identifier: Apache-2.0

// Package bound makes histograms that can be bound to their attributes, which
// the metric API has an interface for (Float64HistogramBinder) and OpenTelemetry's
// SDK has not yet. A bound histogram records without attributes, options or a
// look-up: it finds a bucket and adds under a short lock. It is kept apart, to be
// deleted on the day that the SDK binds.
//
//	slot := bound.NewSlot(sdkmetric.DefaultTemporalitySelector)
//	reader := sdkmetric.NewManualReader(sdkmetric.WithProducer(slot))
//	binder := bound.New(bound.Config{Views: views, Limit: limit}, slot)
//	histogram, err := meter.Float64Histogram("shop.duration")
//	if own, ok := binder.Scope("shop").Histogram(histogram, "shop.duration"); ok {
//		histogram = own.Bind(attribute.String("shop.door", "front"))
//	}
//
// # What it promises
//
// Each reader gets what it would have got from the SDK: views (rename, filter,
// other buckets, drop, several streams), both temporalities, several readers, the
// limit on series with its overflow, start times, minimum and maximum. The data
// come by a Producer, so a collection may hold the scope twice, once with the
// SDK's metrics and once with these, and in another order.
//
// An instrument is either the SDK's or this package's, whole and for good. It
// becomes this package's when it is bound before anything is recorded on it;
// then unbound calls are counted here too. It stays the SDK's, and what Bind gives
// records there with a ready option, when
//
//   - something was recorded on it first, as by a library that never binds;
//   - a view makes anything but buckets with boundaries of it;
//   - another instrument shares one, but not all, of its streams;
//   - exemplars are on, which [New] is told of;
//   - a reader of the pipeline has no [Slot];
//   - the SDK's experiment OTEL_GO_X_PER_SERIES_START_TIMESTAMPS is on.
//
// # What can differ
//
//   - A sum of fractions may differ in its last digits, since additions come in
//     another order.
//   - An instrument that is made after another one was bound, and shares one but not
//     all of its streams by a view that renames, has that stream twice.
//   - Repeated keys inside a value that is itself a map are not removed.
package bound
