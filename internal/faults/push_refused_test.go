// SPDX-License-Identifier: Apache-2.0

package faults_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/datapunk/otelauth/exporter/otlp"
	"github.com/datapunk/otelauth/internal/faults"
	"github.com/datapunk/otelauth/internal/otlptest"
)

// A collector that wants to be left alone for longer than a push may take fails
// that push at once, and the next one is whole.
func TestPushThrottled(t *testing.T) {
	noLeak(t)
	catch(t)
	for name, delay := range map[string]time.Duration{"beyond the timeout": 2 * pushScale.timeout, "for an hour": time.Hour} {
		t.Run(name, func(t *testing.T) {
			for _, with := range programs {
				if with.plain {
					continue
				}
				t.Run(with.name, func(t *testing.T) {
					c := with.collector(t)
					c.Answer(faults.Throttle(t, delay))
					s := with.start(t, c)
					s.login()
					eventually(t, "a push to fail", func() bool { return s.ours.Failures() > 0 })
					c.Answer(nil)
					s.login()
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					if err := s.flush(ctx); err != nil {
						t.Fatal(err)
					}
					if got, _ := arrived(c, with.delta); got != 2 {
						t.Errorf("%d logins arrived, want both", got)
					}
				})
			}
		})
	}
}

// Data points that a collector rejects are counted, and the count arrives too.
func TestPushRejected(t *testing.T) {
	noLeak(t)
	reports := catch(t)
	for _, with := range programs {
		if with.plain && !pushLong {
			continue
		}
		t.Run(with.name, func(t *testing.T) {
			c := with.collector(t)
			marker := "too old for " + c.Addr()
			c.Answer(faults.Reject(2, marker))
			s := with.start(t, c)
			s.login()
			c.WaitRequests(t, 4)
			if with.plain {
				t.Logf("%d pushes with rejected points, %d lines of log", len(c.Requests()), len(reports.with(marker)))
				return
			}
			const rejected = "auth.sdk.export.rejected_points"
			eventually(t, "the count to arrive", func() bool { last, _ := c.Last(rejected); return last.Value >= 2 })
			if n := s.ours.RejectedPoints(); n < 2 || n%2 != 0 {
				t.Errorf("%d points rejected, want two for every push", n)
			}
			if s.ours.LastSuccess().IsZero() || s.ours.Failures() != 0 {
				t.Errorf("last success %v and %d failures, though the rest was taken", s.ours.LastSuccess(), s.ours.Failures())
			}
			if got := reports.with(marker); len(got) != 1 || !strings.Contains(got[0], ": 2 data points rejected by the collector: ") {
				t.Errorf("reported %q, want one line for all pushes", got)
			}
		})
	}
}

// A failure that lasts is a line of log a minute, whatever the collector writes
// into its answer.
func TestPushLog(t *testing.T) {
	noLeak(t)
	reports := catch(t)
	var collectors []*otlptest.Collector
	for _, with := range programs {
		c := with.collector(t)
		collectors = append(collectors, c)
		if !with.plain || pushLong {
			c.Answer(faults.Refuse(codes.PermissionDenied, "no entry for "+c.Addr()+"\r\nERROR forged line"))
			s := with.start(t, c)
			keep := s.load()
			defer keep()
			c.WaitAttempts(t, 5)
		}
	}
	lines := 1
	if pushLong {
		<-time.After(70 * time.Second)
		lines = 2
	}
	for i, with := range programs {
		got := reports.with("no entry for " + collectors[i].Addr())
		t.Logf("%s: %d lines of log for %d pushes", with.name, len(got), collectors[i].Attempts())
		if with.plain {
			continue
		}
		if len(got) != lines {
			t.Errorf("%s: %d lines of log, want %d", with.name, len(got), lines)
		}
		if strings.ContainsAny(strings.Join(got, ""), "\r\n") {
			t.Errorf("%s: logged %q, want every report on one line", with.name, got)
		}
	}
}

// Each kind of failure has its own line.
func TestPushLogByKind(t *testing.T) {
	noLeak(t)
	reports := catch(t)
	c := otlptest.GRPC(t)
	s := ours(t, c, otlp.WithTimeout(otlp.MinDuration))
	s.login()
	for _, code := range []codes.Code{codes.PermissionDenied, codes.Unavailable, codes.PermissionDenied, codes.Internal, codes.Unavailable} {
		c.Answer(faults.Refuse(code, "refused by "+c.Addr()))
		before := s.ours.Failures()
		eventually(t, "two pushes to fail", func() bool { return s.ours.Failures() >= before+2 })
	}
	if got := reports.with("refused by " + c.Addr()); len(got) != 3 {
		t.Errorf("reported %q, want one of each kind", got)
	}
}
