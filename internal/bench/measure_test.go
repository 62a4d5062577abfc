// SPDX-License-Identifier: Apache-2.0

//go:build linux

package bench

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// cost is nanoseconds an event.
type cost struct{ cpu, wall float64 }

// burst is how long threads work between two meetings: far less than a slice of
// the scheduler, so that most bursts are not cut by other processes.
const burst = 200 * time.Microsecond

// threads runs an event on pinned threads at once, in bursts that all begin
// together, and returns the median burst. What a thread spends is its own
// processor time and no time of waiting; the collector of garbage is not in it.
func threads(number, bursts int, e event, service func(thread int) int) cost {
	k := 64
	for start := time.Now(); ; k *= 2 {
		for i := range k {
			e(service(0), i)
		}
		if d := time.Since(start); d > burst/2 {
			break
		}
		start = time.Now()
	}
	if number > 1 { // warm, with both there
		for i := range 64 {
			e(service(1), i)
		}
	}
	cpu, wall := make([][]float64, number), make([][]float64, number)
	var gate atomic.Int64
	var wg sync.WaitGroup
	for thread := range number {
		wg.Go(func() {
			runtime.LockOSThread() // never unlocked: the thread dies with what it is pinned to
			var set unix.CPUSet
			set.Set(thread % runtime.NumCPU())
			must(0, unix.SchedSetaffinity(0, &set))
			for r := range bursts {
				gate.Add(1)
				for spin := 1; gate.Load() < int64(r+1)*int64(number); spin++ {
					if spin%20000 == 0 {
						_, _, _ = unix.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0)
					}
				}
				c, w := clock(unix.CLOCK_THREAD_CPUTIME_ID), time.Now()
				for i := range k {
					e(service(thread), i)
				}
				wall[thread] = append(wall[thread], float64(time.Since(w)))
				cpu[thread] = append(cpu[thread], float64(clock(unix.CLOCK_THREAD_CPUTIME_ID)-c))
			}
		})
	}
	wg.Wait()
	var cpus, walls []float64
	for r := range bursts {
		var c, w float64
		for thread := range number {
			c += cpu[thread][r]
			w = max(w, wall[thread][r])
		}
		cpus, walls = append(cpus, c), append(walls, w)
	}
	events := float64(number * k)
	return cost{median(cpus) / events, median(walls) / events}
}

// alone runs an event on one thread for about d, and returns what the whole
// process spends, the collector of garbage included.
func alone(d time.Duration, e event) cost {
	n := 1000
	for {
		c, w := clock(unix.CLOCK_PROCESS_CPUTIME_ID), time.Now()
		for i := range n {
			e(0, i)
		}
		if took := time.Since(w); took >= d {
			return cost{float64(clock(unix.CLOCK_PROCESS_CPUTIME_ID)-c) / float64(n), float64(took) / float64(n)}
		}
		n *= 2
	}
}

func clock(id int32) int64 {
	var ts unix.Timespec
	must(0, unix.ClockGettime(id, &ts))
	return ts.Nano()
}

func median(all []float64) float64 {
	all = slices.Sorted(slices.Values(all))
	return all[len(all)/2]
}
