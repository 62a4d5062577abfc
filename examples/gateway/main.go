// SPDX-License-Identifier: Apache-2.0

// Gateway is a reverse proxy before two services, "orders" and "billing", that know nothing of telemetry:
// it asks for an API key or a JWT, decides who may go where, limits what one client may send, and records
// all of that for the service that it is about. With no more than
//
//	go run ./examples/gateway -for 10s
//
// it starts both services and itself on loopback, sends itself good and bad requests, stops "billing"
// on the way, and shows what it sent and what http://127.0.0.1:9464/metrics then says.
//
// Read gateway.go next: it has the chain of middlewares, and the other files are its links.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"go.opentelemetry.io/otel/metric"

	"github.com/datapunk/otelauth/exporter"
	"github.com/datapunk/otelauth/exporter/prom"
	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/instrument/adapters/authjwt"
	"github.com/datapunk/otelauth/semconv"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "gateway:", err)
		os.Exit(1)
	}
}

// run is the program. It ends when the time given by -for is up, or when ctx ends.
func run(ctx context.Context, args []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("gateway", flag.ContinueOnError)
	flags.SetOutput(out)
	addr := flags.String("addr", "127.0.0.1:8080", "`host:port` that the gateway listens on")
	limit := flags.Duration("for", 10*time.Second, "how long to send requests; 0 sends each once")
	if err := flags.Parse(args); err != nil {
		return err
	}

	// Prometheus' endpoint is there in any case; with OTEL_METRICS_EXPORTER=otlp a push as well.
	endpoint, err := prom.FromEnv(ctx, os.Getenv)
	if err != nil {
		return err
	}
	pipe, err := exporter.Start(ctx, exporter.FromEnv(), exporter.WithExporter("prometheus", endpoint))
	if err != nil {
		return err
	}
	rec, err := newRecorder(pipe.MeterProvider())
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		err = errors.Join(err, rec.Shutdown(ctx), pipe.Shutdown(ctx)) // the services deregister first
	}()
	if err != nil {
		return err
	}
	if _, err := play(ctx, rec, *addr, *limit, out); err != nil {
		return err
	}
	show(context.WithoutCancel(ctx), "http://"+endpoint.Addr().String()+"/metrics", out)
	return nil
}

// newRecorder declares whatever may become a label, and knows the errors of the JWT library.
func newRecorder(provider metric.MeterProvider) (*instrument.Recorder, error) {
	return instrument.New(
		instrument.WithMeterProvider(provider),
		instrument.WithServices(services...),
		instrument.WithAllowed(semconv.PolicyKey, scopePolicy, readOnlyPolicy),
		instrument.WithErrorMapper(authjwt.MapError))
}
