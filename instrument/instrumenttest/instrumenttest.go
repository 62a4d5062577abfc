// SPDX-License-Identifier: Apache-2.0

package instrumenttest

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// T is what the assertions need of a *testing.T, so that any test framework's
// will do. A nil T panics at the first failure.
type T interface {
	Helper()
	Errorf(format string, args ...any)
}

// Got is what was recorded so far. Every assertion collects anew, and one that
// does not hold fails the test by Errorf and goes on.
//
// An assertion holds for the sum of all series that have the attributes it
// names, whatever else they have: WantAttempts(2, …) is met by one attempt at
// each of two services. [Got.Service] and further attributes narrow it.
//
// Record from as many goroutines as you like, but assert from one at a time.
type Got struct {
	t      T
	reader sdkmetric.Reader
	opts   []instrument.Option // those of the recorder, by which outcomes are understood
	narrow []attribute.KeyValue
	seen   map[string]bool // the series that some assertion was about, shared by all narrowings
}

// services is how many undeclared services a recorder of New admits.
const services = 1000

// New returns a recorder and what it records. The options are those of
// [instrument.New], given after WithServiceLimit(1000), so that a test need not
// declare its services; a MeterProvider among them is ignored. An option that
// New of package instrument refuses fails the test.
func New(t T, opts ...instrument.Option) (*instrument.Recorder, *Got) {
	t.Helper()
	opts = append([]instrument.Option{instrument.WithServiceLimit(services)}, opts...)
	rec, reader, err := record(opts)
	if err != nil {
		t.Errorf("instrumenttest.New: %v", err)
	}
	got := Read(t, reader)
	got.opts = opts
	return rec, got
}

// Read returns what a reader of one's own collects, for a test of a program that
// makes its MeterProvider itself. The reader must be registered with a provider,
// and give cumulative sums; the options are those that the program's recorder
// was given, of which only [instrument.WithErrorMapper] matters.
func Read(t T, reader sdkmetric.Reader, opts ...instrument.Option) *Got {
	return &Got{t: t, reader: reader, opts: opts, seen: map[string]bool{}}
}

// record makes a recorder on a provider of its own. There is no limit to its
// series: one that overflowed would hide what it is made to show.
func record(opts []instrument.Option) (*instrument.Recorder, sdkmetric.Reader, error) {
	reader := sdkmetric.NewManualReader()
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithCardinalityLimit(0))
	opts = append(opts[:len(opts):len(opts)], instrument.WithMeterProvider(mp))
	rec, err := instrument.New(opts...)
	return rec, reader, err
}

// Service narrows the assertions to one service. What it asserts is asserted for
// the Got that it came from as well. Metrics without a service, such as
// auth.service.registered, are seen only by a Got that was not narrowed.
func (g *Got) Service(name string) *Got {
	narrowed := *g
	narrowed.narrow = []attribute.KeyValue{semconv.ServiceNameKey.String(name)}
	return &narrowed
}

// collect returns all that would be exported now.
func (g *Got) collect() metricdata.ResourceMetrics {
	g.t.Helper()
	var rm metricdata.ResourceMetrics
	if err := g.reader.Collect(context.Background(), &rm); err != nil {
		g.t.Errorf("instrumenttest: collecting: %v", err)
	}
	return rm
}
