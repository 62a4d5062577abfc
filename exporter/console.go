// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/datapunk/otelauth/exporter/internal/bound"
)

// DefaultConsoleInterval is how often the console exporter writes.
const DefaultConsoleInterval = 10 * time.Second

// console writes everything as JSON to a writer, for debugging.
type console struct {
	reader   consoleReader
	out      *noted
	interval time.Duration
}

type consoleReader struct {
	*sdkmetric.PeriodicReader
	*bound.Slot
}

// checkConsole returns the time between two writes and that for one.
func checkConsole(w io.Writer, env environment) (times [2]time.Duration, err error) {
	if w == nil {
		return times, errors.New("exporter: WithConsole: nil writer")
	}
	interval, err := env.milliseconds("OTEL_METRIC_EXPORT_INTERVAL", DefaultConsoleInterval)
	timeout, timeoutErr := env.milliseconds("OTEL_METRIC_EXPORT_TIMEOUT", DefaultConsoleInterval)
	return [2]time.Duration{interval, timeout}, errors.Join(err, timeoutErr)
}

func newConsole(w io.Writer, env environment) (Exporter, error) {
	times, err := checkConsole(w, env)
	if err != nil {
		return nil, err
	}
	out, err := stdoutmetric.New(stdoutmetric.WithWriter(w), stdoutmetric.WithPrettyPrint(),
		stdoutmetric.WithTemporalitySelector(sdkmetric.DefaultTemporalitySelector))
	if err != nil {
		return nil, fmt.Errorf("exporter: console: %w", err)
	}
	note, slot := &noted{Exporter: out}, bound.NewSlot(sdkmetric.DefaultTemporalitySelector)
	return &console{
		reader: consoleReader{sdkmetric.NewPeriodicReader(note,
			sdkmetric.WithInterval(times[0]), sdkmetric.WithTimeout(times[1]), sdkmetric.WithProducer(slot)), slot},
		out:      note,
		interval: times[0],
	}, nil
}

func (c *console) Reader() sdkmetric.Reader { return c.reader }
func (c *console) String() string           { return "console every " + c.interval.String() }

// Shutdown has nothing to free: the reader's own shutdown wrote the last.
func (c *console) Shutdown(context.Context) error { return nil }

func (c *console) LastSuccess() time.Time {
	if ns := c.out.last.Load(); ns != 0 {
		return time.Unix(0, ns)
	}
	return time.Time{}
}

// Failures returns how often writing failed.
func (c *console) Failures() int64 { return c.out.failures.Load() }

// noted notes how exports went.
type noted struct {
	sdkmetric.Exporter
	last     atomic.Int64 // Unix nanoseconds, 0 before the first success
	failures atomic.Int64
}

func (n *noted) Export(ctx context.Context, rm *metricdata.ResourceMetrics) error {
	err := n.Exporter.Export(ctx, rm)
	if err != nil {
		n.failures.Add(1)
		return err
	}
	n.last.Store(time.Now().UnixNano())
	return nil
}
