package profile

import (
	"bytes"
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"syscall"
	"time"
)

// measurement is what one run of a test has cost.
type measurement struct {
	wall, cpu   time.Duration
	allocations uint64
	bytes       uint64
	cycles      uint32        // of the garbage collector
	pauses      time.Duration // all together
	heap        uint64        // bytes that live at the end
	profile     []byte        // pprof's; nil without one
	answer      Answer
	operations  int
}

// take measures f. CPU is this process's, on all threads.
func take(profiled bool, f func() error) (m measurement, err error) {
	var before, after runtime.MemStats
	var profile bytes.Buffer
	runtime.GC()
	runtime.ReadMemStats(&before)
	if profiled {
		if err := pprof.StartCPUProfile(&profile); err != nil {
			return m, err
		}
	}
	cpu, err := processCPU()
	if err == nil {
		start := time.Now()
		err = f()
		m.wall = time.Since(start)
	}
	if profiled {
		pprof.StopCPUProfile()
		m.profile = profile.Bytes()
	}
	if err != nil {
		return m, err
	}
	end, err := processCPU()
	m.cpu = end - cpu
	runtime.ReadMemStats(&after)
	m.allocations, m.bytes = after.Mallocs-before.Mallocs, after.TotalAlloc-before.TotalAlloc
	m.cycles, m.pauses = after.NumGC-before.NumGC, time.Duration(after.PauseTotalNs-before.PauseTotalNs)
	m.heap = after.HeapAlloc
	return m, err
}

func processCPU() (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, fmt.Errorf("getrusage: %w", err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}

func stack() string { return string(debug.Stack()) }

// result is what a test has cost in all its runs.
type result struct {
	suite string
	test  test
	stage *Stage
	runs  []measurement // at least one
	files []string      // of --raw
}

// of returns what the runs have of something, in ascending order.
func of[T cmp.Ordered](res *result, what func(measurement) T) []T {
	var values []T
	for _, m := range res.runs {
		values = append(values, what(m))
	}
	slices.Sort(values)
	return values
}

// middle returns the median of sorted values: the lower one of two.
func middle[T any](sorted []T) T { return sorted[(len(sorted)-1)/2] }

// collections says in a line what the garbage collector did.
func (res *result) collections() string {
	var cycles uint32
	var pauses time.Duration
	var bytes, allocations uint64
	for _, m := range res.runs {
		cycles, pauses, bytes, allocations = cycles+m.cycles, pauses+m.pauses, bytes+m.bytes, allocations+m.allocations
	}
	return fmt.Sprintf("gc: %d collections, paused %.3f ms; %d allocations of %.1f MiB; %.1f MiB on the heap at the end",
		cycles, float64(pauses.Microseconds())/1e3, allocations, mebibytes(bytes), mebibytes(res.runs[len(res.runs)-1].heap))
}

func mebibytes(n uint64) float64 { return float64(n) / (1 << 20) }
