// SPDX-License-Identifier: Apache-2.0

// Oidc is OpenID Connect with its telemetry: a provider, a web application that logs its users in there, and two
// APIs that verify the provider's access tokens. With no more than
//
//	go run .
//
// all of them serve on the loopback address and are walked through without a browser, the ways that go wrong
// included. After each step stands what was recorded, and at the end a table of it;
// http://127.0.0.1:9464/metrics says the same.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/datapunk/otelauth/exporter"
	"github.com/datapunk/otelauth/instrument"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "oidc:", err)
		os.Exit(1)
	}
}

// run is the program. It ends when ctx does or when the time given by -for is up.
func run(ctx context.Context, args []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("oidc", flag.ContinueOnError)
	flags.SetOutput(out)
	limit := flags.Duration("for", 10*time.Second, "how long to run, though not less than the walk takes; 0 is until interrupted")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	began := time.Now()

	screen := newRecorded()
	pipe, err := exporter.Start(ctx, exporter.FromEnv(), exporter.WithPrometheus(), exporter.WithExporter("this-screen", screen))
	if err != nil {
		return err
	}
	rec, err := instrument.New(append(recording(), instrument.WithMeterProvider(pipe.MeterProvider()))...)
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		err = errors.Join(err, pipe.Shutdown(ctx), rec.Shutdown(ctx))
	}()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "OpenID Connect and its telemetry. The metrics are at\n  %s\n", strings.ReplaceAll(pipe.String(), "\n", "\n  "))
	if err := walkAll(ctx, rec, &http.Transport{}, out, screen.news); err != nil {
		return err
	}
	if err := screen.print(ctx, out); err != nil {
		return err
	}
	if *limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, began.Add(*limit))
		defer cancel()
	}
	<-ctx.Done()
	return nil
}
