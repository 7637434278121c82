package main

import (
	"fmt"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"
)

// variant is one way to do the same work. It returns how many rows or calls it saw, which must be what was asked for.
type variant struct {
	name string
	run  func() (int, error)
}

// sample is what one run of a variant cost.
type sample struct {
	wall, cpu time.Duration
	allocs    float64
	rows      int
}

// compare runs b.N rounds of all variants and reports, for each: rows/s, our process's CPU and allocations for a row, and the
// median of the rounds' ratios of the first variant's wall time and CPU to its own ("times as fast").
func compare(b *testing.B, want int, variants ...variant) {
	b.Helper()
	for _, v := range variants { // once unmeasured: connections, statements, pages
		measure(b, v, want)
	}
	samples := make([][]sample, len(variants))
	b.ResetTimer()
	for round := range b.N {
		for i := range variants {
			n := (i + round) % len(variants)
			samples[n] = append(samples[n], measure(b, variants[n], want))
		}
	}
	b.StopTimer()
	for i, v := range variants {
		wall, cpu, ratio, cpuRatio := make([]float64, 0, b.N), make([]float64, 0, b.N), make([]float64, 0, b.N), make([]float64, 0, b.N)
		allocs := 0.0
		for round, s := range samples[i] {
			rows := float64(s.rows)
			wall = append(wall, rows/s.wall.Seconds())
			cpu = append(cpu, float64(s.cpu.Nanoseconds())/rows)
			allocs += s.allocs / rows / float64(b.N)
			base := samples[0][round]
			ratio = append(ratio, base.wall.Seconds()/s.wall.Seconds())
			cpuRatio = append(cpuRatio, base.cpu.Seconds()/s.cpu.Seconds())
		}
		b.ReportMetric(median(wall), v.name+":rows/s")
		b.ReportMetric(median(cpu), v.name+":cpu-ns/row")
		b.ReportMetric(allocs, v.name+":allocs/row")
		if i > 0 {
			b.ReportMetric(median(ratio), v.name+":x-wall")
			b.ReportMetric(median(cpuRatio), v.name+":x-cpu")
		}
	}
	b.ReportMetric(0, "ns/op") // of a round: says nothing
}

func measure(b *testing.B, v variant, want int) sample {
	b.Helper()
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, start := processCPU(), time.Now()
	rows, err := v.run()
	s := sample{wall: time.Since(start), cpu: processCPU() - cpu, rows: rows}
	runtime.ReadMemStats(&after)
	s.allocs = float64(after.Mallocs - before.Mallocs)
	if err != nil {
		b.Fatalf("%s: %v", v.name, err)
	}
	if rows != want {
		b.Fatalf("%s: %d rows, want %d", v.name, rows, want)
	}
	return s
}

func processCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(fmt.Sprint("getrusage: ", err))
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
