// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"errors"
	"fmt"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

// Exporter pushes metrics to an OpenTelemetry collector. Its methods are safe
// for concurrent use, and do nothing on a nil Exporter.
type Exporter struct {
	reader *reader
}

// New returns an Exporter that pushes as soon as its [Exporter.Reader] is part
// of a meter provider. It connects when it first pushes, so a collector that
// is not there yet is no error.
//
// Apart from the options nothing counts, not even the environment: see
// [FromEnv]. The error joins everything that is wrong; each part names the
// option and its value. ctx is not kept.
func New(ctx context.Context, opts ...Option) (*Exporter, error) {
	return FromEnv(ctx, nil, opts...)
}

// FromEnv is [New] with the settings of the environment, as getenv tells them,
// wherever no option is given:
//
//	OTEL_EXPORTER_OTLP_[METRICS_]{ENDPOINT,PROTOCOL,HEADERS,COMPRESSION,TIMEOUT,
//	    CERTIFICATE,CLIENT_CERTIFICATE,CLIENT_KEY,INSECURE}
//	OTEL_METRIC_EXPORT_INTERVAL
//	OTEL_METRIC_EXPORT_TIMEOUT
//
// Those with METRICS_ go first. Times are in milliseconds, [MinDuration] or
// more. A variable that is
// empty, or has been overridden, is as good as not set; every other one must be
// right, or else the error names it.
//
// Two variables are not obeyed, and that is reported to the error handler of
// OpenTelemetry: OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE, since delta
// may lose data (see [WithTemporality]), and
// OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION, since views choose
// the buckets. OTEL_EXPORTER_OTLP_INSECURE has no say in an endpoint that is
// set by an option.
func FromEnv(ctx context.Context, getenv func(string) string, opts ...Option) (*Exporter, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("otlp: %w", err)
	}
	c, report := newConfig(opts), newReporter()
	c.fill(getenv)
	notObeyed := c.preferences(getenv)
	e, err := newExporter(c, report)
	if err != nil {
		return nil, err
	}
	report.report("environment", notObeyed)
	return e, nil
}

// Check returns everything that is wrong with the options and the environment,
// as [FromEnv] would, without starting anything. A nil getenv stands for an
// empty environment.
func Check(getenv func(string) string, opts ...Option) error {
	c := newConfig(opts)
	c.fill(getenv)
	_ = c.preferences(getenv)
	p, err := newPusher(c, newReporter())
	if err != nil {
		return err
	}
	return p.client.close()
}

func newExporter(c config, report *reporter) (*Exporter, error) {
	p, err := newPusher(c, report)
	if err != nil {
		return nil, err
	}
	return &Exporter{reader: newReader(p)}, nil
}

// newPusher returns one that has everything but something to collect from.
func newPusher(c config, report *reporter) (*pusher, error) {
	s, err := c.settle(report)
	if err != nil {
		return nil, errors.Join(prefixed(err)...)
	}
	name := "otlp " + s.target.protocol + " " + s.target.String()
	report.name(name, s.headers)
	client, err := newClient(s)
	if err != nil {
		return nil, errors.Join(prefixed(err)...)
	}
	return &pusher{name: name, cfg: s, client: client, report: report, counters: &counters{}, batch: s.batchSize}, nil
}

// prefixed takes joined errors apart and puts the name of the package before
// each.
func prefixed(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{fmt.Errorf("otlp: %w", err)}
	}
	var errs []error
	for _, e := range joined.Unwrap() {
		errs = append(errs, prefixed(e)...)
	}
	return errs
}

// Reader returns what a meter provider needs: give it to one, and to one only,
// by [sdkmetric.WithReader]. Its ForceFlush pushes at once and returns what
// went wrong; its Shutdown is that of the Exporter.
func (e *Exporter) Reader() sdkmetric.Reader {
	if e == nil {
		return nil
	}
	return e.reader
}

// Shutdown pushes what there is, unless the provider has been shut down and
// that is done, and frees the connections. It returns by the deadline of ctx,
// or within the export timeout when there is none, whatever the collector
// does. What could not be delivered is a [*DeliveryError]. All calls but the
// first return nil, once the first is through.
func (e *Exporter) Shutdown(ctx context.Context) error {
	if e == nil {
		return nil
	}
	return e.reader.Shutdown(ctx)
}

// String returns a line such as "otlp grpc https://collector:4317 every 1m0s".
// It shows no header and no credential.
func (e *Exporter) String() string {
	if e == nil {
		return "otlp off"
	}
	return e.reader.push.name + " every " + e.reader.push.cfg.interval.String()
}
