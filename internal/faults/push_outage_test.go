// SPDX-License-Identifier: Apache-2.0

package faults_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/datapunk/otelauth/internal/faults"
	"github.com/datapunk/otelauth/internal/otlptest"
)

// outages are the ways in which a collector takes nothing for a while.
var outages = []struct {
	name  string
	begin func(*testing.T, *otlptest.Collector)
}{
	{"down", func(_ *testing.T, c *otlptest.Collector) { c.Down() }},
	{"hung", func(t *testing.T, c *otlptest.Collector) { c.Answer(faults.Hang(t)) }},
	{"unavailable", func(_ *testing.T, c *otlptest.Collector) { c.Answer(faults.Refuse(codes.Unavailable, "closed")) }},
	{"exhausted", func(_ *testing.T, c *otlptest.Collector) { c.Answer(faults.Refuse(codes.ResourceExhausted, "full")) }},
	{"throttling", func(t *testing.T, c *otlptest.Collector) { c.Answer(faults.Throttle(t, pushScale.interval)) }},
	{"cutting", func(_ *testing.T, c *otlptest.Collector) { c.Answer(faults.Cut(c)) }},
	{"flapping", func(_ *testing.T, c *otlptest.Collector) {
		c.Answer(faults.Flap(3, faults.Refuse(codes.Unavailable, "closed")))
	}},
}

// A collector takes nothing for a while, in each of these ways, and then all
// again. Every login must arrive.
func TestPushOutage(t *testing.T) {
	noLeak(t)
	catch(t)
	var all sync.WaitGroup
	defer all.Wait()
	for _, outage := range outages {
		for _, with := range programs {
			if with.plain && !pushLong {
				continue
			}
			c := with.collector(t)
			s := with.start(t, c)
			all.Go(func() {
				recorded, recovered := endure(t, s, c, func() { outage.begin(t, c) })
				if s.ours == nil {
					ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
					defer cancel()
					_ = s.stop(ctx)
				} else {
					awaitLogins(t, c, with.delta, recorded)
				}
				got, twice := arrived(c, with.delta)
				lost := recorded - got
				line := fmt.Sprintf("%s, %s: %d of %d logins lost (%v of data), %d came twice, the first push arrived after %v", outage.name,
					with.name, lost, recorded, time.Duration(lost)*pushScale.login, twice, recovered.Round(time.Millisecond))
				if s.ours != nil {
					line += fmt.Sprintf("; %d pushes failed, with %d points", s.ours.Failures(), s.ours.UndeliveredPoints())
				}
				if pushLong {
					t.Log(line)
				}
				switch {
				case with.plain:
				case lost != 0:
					t.Error(line)
				case with.delta && s.ours.UndeliveredPoints() != 0:
					t.Errorf("%s, though nothing is lost", line)
				case s.ours.Failures() == 0 && outage.name != "flapping" && outage.name != "throttling":
					t.Errorf("%s: there was no outage", line)
				}
			})
		}
	}
}

// endure takes a sender through an outage, under load that goes on until a few
// pushes have arrived again. It returns how many logins were recorded, and how
// long after the end of the outage a push arrived.
func endure(t *testing.T, s *sender, c *otlptest.Collector, begin func()) (recorded int64, recovered time.Duration) {
	stop := s.load()
	c.WaitRequests(t, 2)
	begin()
	<-time.After(pushScale.outage)
	before := len(c.Requests())
	c.Answer(nil)
	c.Up(t)
	over := time.Now()
	c.WaitRequests(t, before+1)
	recovered = time.Since(over)
	c.WaitRequests(t, before+3)
	return stop(), recovered
}
