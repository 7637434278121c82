package load

import (
	"fmt"
	"runtime"
	"syscall"
	"time"

	"github.com/troupedb/troupe/bench/results"
)

// Meter measures what this process spends from Start to Stop. The zero value is ready, and may be used again and again, by one goroutine.
type Meter struct {
	// Server returns the processor time that the database's processes have had. Defaults to none.
	Server func() time.Duration

	begun       time.Time
	cpu, server time.Duration
	memory      runtime.MemStats
	resident    *watch
}

// Start collects garbage, and starts.
func (m *Meter) Start() error {
	runtime.GC()
	m.resident = startWatch()
	if m.Server != nil {
		m.server = m.Server()
	}
	runtime.ReadMemStats(&m.memory)
	cpu, err := processCPU()
	if err != nil {
		m.resident.stop()
		return err
	}
	m.cpu, m.begun = cpu, time.Now()
	return nil
}

// Stop returns what was spent on count units since Start. It has to be called once after each Start.
func (m *Meter) Stop(count int) (results.Round, error) {
	wall := time.Since(m.begun)
	cpu, err := processCPU()
	if err != nil {
		m.resident.stop()
		return results.Round{}, err
	}
	var after runtime.MemStats
	runtime.ReadMemStats(&after)
	r := results.Round{
		Count: count, Wall: wall, ClientCPU: cpu - m.cpu,
		Allocs: after.Mallocs - m.memory.Mallocs, AllocBytes: after.TotalAlloc - m.memory.TotalAlloc,
	}
	if m.Server != nil {
		r.ServerCPU = max(0, m.Server()-m.server)
	}
	r.PeakRSS = m.resident.stop()
	return r, nil
}

// processCPU returns the processor time of this process, on all threads, in user and system mode.
func processCPU() (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, fmt.Errorf("getrusage: %w", err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}
