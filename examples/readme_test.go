// SPDX-License-Identifier: Apache-2.0

package examples_test

import (
	"context"
	"errors"
	"fmt"
	"go/format"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/datapunk/otelauth/exporter"
	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/semconv"
)

// The README's first Go block, which the test below holds to be this one.

func run(ctx context.Context) (err error) {
	pipe, err := exporter.Start(ctx, exporter.FromEnv()) // http://127.0.0.1:9464/metrics unless OTEL_* says otherwise
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pipe.Shutdown(context.WithoutCancel(ctx))) }()

	rec, err := instrument.New(instrument.WithMeterProvider(pipe.MeterProvider()), instrument.WithServices("api"))
	if err != nil {
		return err
	}
	logins := rec.Service("api").Authentication(semconv.MethodPassword) // bound once, record many
	login := func(ctx context.Context, user, password string) (err error) {
		defer logins.Start().Done(ctx, &err) // result, reason and duration; no allocation
		if user != "alice" || password != "correct horse" {
			return instrument.Failure(semconv.ReasonInvalidCredentials)
		}
		return nil
	}
	return login(ctx, "alice", "correct horse")
}

func Example() {
	_ = os.Setenv("OTEL_EXPORTER_PROMETHEUS_PORT", "0") // any free port
	fmt.Println(run(context.Background()))
	// Output: <nil>
}

func TestREADMEShowsWhatCompiles(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.ReadFile("readme_test.go")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(readme), -1)
	if len(blocks) == 0 {
		t.Fatal("no Go block in the README")
	}
	if !strings.Contains(string(self), "\n"+blocks[0][1]+"\n") {
		t.Error("the README's first Go block is not the function run of this file")
	}
	for _, b := range blocks {
		if formatted, err := format.Source([]byte(b[1])); err != nil || string(formatted) != b[1] {
			t.Errorf("a Go block of the README is not formatted or does not parse (%v):\n%s", err, b[1])
		}
	}
	if lines := strings.Count(string(readme), "\n"); lines > 150 {
		t.Errorf("the README has %d lines, at most 150", lines)
	}
}
