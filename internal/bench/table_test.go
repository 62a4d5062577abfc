// SPDX-License-Identifier: Apache-2.0

//go:build linux

package bench

import (
	"flag"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

var table = flag.Bool("table", false, "measure, and print the tables")

// row is one way to record an event.
type row struct {
	name string
	make func(testing.TB) event
}

const passes = 5 // interleaved, so that a noisy minute hits all rows alike

var rows = []row{
	{"OpenTelemetry, attributes at the call", otelAtTheCall},
	{"OpenTelemetry, prepared option slices", otelPrepared},
	{"client_golang, label values at the call", promByLabels},
	{"client_golang, prebound", promPrebound},
	{"client_golang, prebound and timed", promTimed},
	{"VictoriaMetrics/metrics, prebound", vmPrebound},
	{"otelauth, user's MeterProvider", usersProvider},
	{"otelauth, user's MeterProvider, a view that filters", usersWithViews},
	{"otelauth, our pipeline", ownPipeline},
	{"otelauth, our pipeline, a view that filters", ownWithViews},
	{"otelauth, our pipeline, at the limit on series", ownAtTheCap},
	{"otelauth, our pipeline, exemplars on", ownExemplars},
	{"otelauth, our pipeline, service by string", ownByString},
	{"otelauth, our pipeline, timed", ownTimed},
}

// goals are ratios of two rows.
var goals = []struct {
	over, under string
	mode        int
	most        float64
}{
	{"otelauth, user's MeterProvider", "OpenTelemetry, attributes at the call", 0, 0.2},
	{"otelauth, our pipeline", "OpenTelemetry, attributes at the call", 0, 0.01},
	{"otelauth, our pipeline", "client_golang, prebound", 0, 0.75},
	{"otelauth, our pipeline", "client_golang, prebound", 1, 0.2},
	{"otelauth, our pipeline", "VictoriaMetrics/metrics, prebound", 0, 1},
	{"otelauth, our pipeline, service by string", "client_golang, label values at the call", 0, 0.35},
	{"otelauth, our pipeline, timed", "client_golang, prebound and timed", 0, 0.7},
}

var modes = [3]string{"one thread", "two threads, one series", "two threads, their own"}

// TestTable prints what an event costs, as medians of passes that are
// interleaved.
func TestTable(t *testing.T) {
	if !*table {
		t.Skip("a measurement of minutes; see the package documentation")
	}
	if runtime.NumCPU() < 2 {
		t.Fatal("two threads need two processors")
	}
	cpu, wall := map[string]*[3][]float64{}, map[string]*[3][]float64{}
	var events []event
	for _, r := range rows {
		cpu[r.name], wall[r.name] = &[3][]float64{}, &[3][]float64{}
		events = append(events, r.make(t))
	}
	for range passes {
		for i, r := range rows {
			e := events[i]
			runtime.GC()
			for mode, c := range []cost{
				alone(50*time.Millisecond, e),
				threads(2, 100, e, func(int) int { return 0 }),
				threads(2, 100, e, func(thread int) int { return thread }),
			} {
				cpu[r.name][mode] = append(cpu[r.name][mode], c.cpu)
				wall[r.name][mode] = append(wall[r.name][mode], c.wall)
			}
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\nNanoseconds of processor time an event (wall time in brackets), medians of %d interleaved passes.\n\n", passes)
	fmt.Fprintf(&b, "| Recorder | %s | %s | %s | of OpenTelemetry | allocations |\n| --- | ---: | ---: | ---: | ---: | ---: |\n", modes[0], modes[1], modes[2])
	base := median(cpu[rows[0].name][0])
	for i, r := range rows {
		fmt.Fprintf(&b, "| %s |", r.name)
		for mode := range modes {
			fmt.Fprintf(&b, " %.1f (%.1f) |", median(cpu[r.name][mode]), median(wall[r.name][mode]))
		}
		n := 0
		allocs := testing.AllocsPerRun(1000, func() { events[i](0, n); n++ })
		fmt.Fprintf(&b, " %.4f | %.0f |\n", median(cpu[r.name][0])/base, allocs)
	}
	fmt.Fprintf(&b, "\n| Goal | ratio | at most |\n| --- | ---: | ---: |\n")
	for _, g := range goals {
		var ratios []float64
		for i := range passes {
			ratios = append(ratios, cpu[g.over][g.mode][i]/cpu[g.under][g.mode][i])
		}
		fmt.Fprintf(&b, "| %s / %s, %s | %.3f | %.2f |\n", g.over, g.under, modes[g.mode], median(ratios), g.most)
	}
	t.Log(b.String())
}
