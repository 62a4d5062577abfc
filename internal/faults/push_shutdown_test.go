// SPDX-License-Identifier: Apache-2.0

package faults_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/datapunk/otelauth/exporter"
	"github.com/datapunk/otelauth/exporter/otlp"
	"github.com/datapunk/otelauth/instrument"
	"github.com/datapunk/otelauth/internal/faults"
	"github.com/datapunk/otelauth/internal/otlptest"
	"github.com/datapunk/otelauth/semconv"
)

// A shutdown while the collector hangs, with a push under way, is over soon
// after its deadline and says what is lost.
func TestPushShutdownHung(t *testing.T) {
	noLeak(t)
	catch(t)
	patience := min(pushScale.timeout*3/4, 2*time.Second) // less than a request may take
	for _, with := range programs {
		if with.plain && !pushLong {
			continue
		}
		t.Run(with.name, func(t *testing.T) {
			c := with.collector(t)
			c.Answer(faults.Hang(t))
			s := with.start(t, c)
			for range 100 {
				s.login()
			}
			c.WaitAttempts(t, 1)
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			began := time.Now()
			err := s.stop(ctx)
			late := time.Since(began) - patience
			t.Logf("Shutdown was over %v after its deadline: %v", late.Round(time.Millisecond), err)
			if with.plain {
				return
			}
			var lost *otlp.DeliveryError
			if !errors.As(err, &lost) || !errors.Is(err, context.DeadlineExceeded) || lost.DataPoints == 0 {
				t.Errorf("Shutdown = %v, want a DeliveryError for the deadline", err)
			}
			if pushLong && late > 100*time.Millisecond {
				t.Errorf("Shutdown was over %v after its deadline, want 100 ms at most", late)
			}
		})
	}
}

const (
	childVariable = "OTELAUTH_FAULTS_CHILD"
	childFlushes  = "last push: "
)

// The same in a process that is told to end.
func TestPushSIGTERM(t *testing.T) {
	if endpoint := os.Getenv(childVariable); endpoint != "" {
		untilSIGTERM(t, endpoint)
		return
	}
	c := otlptest.GRPC(t)
	c.Answer(faults.Hang(t))
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestPushSIGTERM$", "-test.v")
	cmd.Env = append(os.Environ(), childVariable+"="+c.URL())
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c.WaitAttempts(t, 1)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v:\n%s", err, out.String())
	}
	if _, said, ok := strings.Cut(out.String(), childFlushes); !ok || !strings.Contains(said, " not delivered: ") {
		t.Errorf("the process said\n%s", out.String())
	}
}

// untilSIGTERM is a service as the README has it.
func untilSIGTERM(t *testing.T, endpoint string) {
	ctx, stop := signal.NotifyContext(t.Context(), syscall.SIGTERM)
	defer stop()
	pipe, err := exporter.Start(ctx, exporter.WithOTLP(
		otlp.WithEndpoint(endpoint), otlp.WithInterval(otlp.MinDuration)))
	if err != nil {
		t.Fatal(err)
	}
	rec, err := instrument.New(instrument.WithMeterProvider(pipe.MeterProvider()), instrument.WithServices("api"))
	if err != nil {
		t.Fatal(err)
	}
	rec.Service("api").Authentication(semconv.MethodPassword).Count(ctx, nil)
	<-ctx.Done()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 300*time.Millisecond)
	defer cancel()
	fmt.Println(childFlushes, pipe.Shutdown(last))
}
