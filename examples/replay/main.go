// SPDX-License-Identifier: Apache-2.0

// Replay reads real authentication logs and records what they say with the instruments of otelauth, as if the services
// in them had recorded it themselves:
//
//	go run ./examples/replay /var/log/auth.log
//	go run ./examples/replay events.jsonl auth.log.2.gz auth.log.1
//	journalctl -u ssh -o short-iso | go run ./examples/replay -
//	go run ./examples/replay -serve 127.0.0.1:9464 /var/log/auth.log
//	go run ./examples/replay -findings OUT.jsonl -plain /var/log/auth.log
//	go run ./examples/replay -otlp http://127.0.0.1:4317 events.jsonl
//
// It prints a table of attempts, successes, failures and top reasons per service, read back from the metrics, then the
// patterns of the attempts and what a detector found (package instrument/anomaly), on the log's own clock. With
// -serve it then keeps /metrics open until it is interrupted; with -otlp it pushes the metrics while it runs and before it
// ends, by gRPC unless OTEL_EXPORTER_OTLP_PROTOCOL says otherwise. OTEL_METRICS_EXPORTER and the other OTEL_ variables
// are obeyed too; if neither they nor a flag names an exporter, nothing leaves the process.
//
// # Files
//
// A file may be plain or gzip, whatever its name; - is standard input. Several files are merged in time order, each
// being in order itself; only one event of each is held in memory. Every file is looked at before anything is recorded.
//
// JSON lines hold one event each, of which unknown keys are ignored:
//
//	{"ts":"2025-10-03T14:09:32Z","service":"api","operation":"login","src":"192.0.2.1","subject":"alice",
//	 "outcome":"failure","reason":"bad_credentials","duration_ms":12.5}
//
// ts is in RFC 3339, outcome is success or failure, reason is a value of auth.failure.reason or a word of reasons.go, and
// anything else is _OTHER. The operation is login, verify, refresh, issue, revoke, introspect, exchange, mfa or logout;
// any other counts as an authentication by an unknown method. method, token_type and factor may say more.
//
// OpenSSH's lines in syslog files may have classic stamps (Dec 10 06:55:48), RFC 3339 stamps or those of journalctl's
// short-iso. Classic stamps lack a zone, which is taken as UTC, and a year: see -year and calendar. Each credential that
// was tried counts once, however many lines it left: see connections. Lines of other programs are passed over.
//
// A line that cannot be understood, or is longer than 1 MiB, is counted and reported by its number and never by what it
// holds. User names and addresses are neither recorded, nor printed unless -plain is given.
//
// # Findings
//
// -findings writes one JSON object a line for each finding:
//
//	{"ts":"2025-10-03T14:09:32Z","kind":"brute_force","service":"api","src":"c0ffee…","severity":"medium","count":5}
//
// src and subject are keyed hashes unless -plain asks for what the log has. Two replays of the same files write the
// same. The JSON key session tells sessions or tokens apart; the operations challenge and rate_limit are a second factor
// that was asked for and a check of a limit.
//
// # Exit codes
//
// 0 when all was read; 1 when a file is missing, a directory, not text or broken, when it was interrupted, or when the
// metrics could not be served or pushed; 2 for wrong flags.
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

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/datapunk/otelauth/instrument"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends it at once
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is main without the process: it returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	o, err := parseOptions(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	if err := replay(ctx, o, stdin, stdout, stderr); err != nil {
		fmt.Fprintf(stderr, "replay: %v\n", err)
		return 1
	}
	return 0
}

// replay does what the options say. It prints the summary of what was read even if something failed on the way.
func replay(ctx context.Context, o options, stdin io.Reader, stdout, stderr io.Writer) (err error) {
	sources, err := openSources(o, stdin)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeSources(sources)) }()

	pipe, reader, err := startPipeline(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, shutdown(ctx, pipe)) }()

	if o.serve != "" || o.otlp != "" {
		fmt.Fprintln(stderr, pipe) // where the metrics go
	}

	w, err := newWatch(o, sources)
	if err != nil {
		return err
	}
	rec, err := instrument.New(
		instrument.WithObserver(w.Detector),
		instrument.WithMeterProvider(pipe.MeterProvider()),
		instrument.WithServiceLimit(o.services), // a log's services are not known before it is read
	)
	if err != nil {
		return err
	}
	w.Start(rec)
	seen, err := recordAll(ctx, rec, w, sources, newProgress(stderr))
	err = errors.Join(err, w.close())

	var rm metricdata.ResourceMetrics
	err = errors.Join(err, reader.Collect(context.WithoutCancel(ctx), &rm), printSummary(stdout, summarize(rm), seen, sources), w.print(stdout))
	if err == nil && o.serve != "" {
		fmt.Fprintln(stderr, "serving the metrics until interrupted")
		<-ctx.Done()
	}
	return err
}

// shutdown pushes what is left, also after an interrupt, but not for ever.
func shutdown(ctx context.Context, pipe interface{ Shutdown(context.Context) error }) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return pipe.Shutdown(ctx)
}
