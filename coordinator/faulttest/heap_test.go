package faulttest_test

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"testing"
	"time"
)

// heapWatch samples how large the heap is, what the collector has not got round to included.
type heapWatch struct {
	start, peak uint64
	live        uint64 // what the collector has found in use, at most
	percent     int    // of garbage that the collector allowed before
	stop        chan struct{}
	done        sync.WaitGroup
}

func watchHeap() *heapWatch {
	runtime.GC()
	runtime.GC() // what pools have kept goes with the second
	// As much garbage as there are live bytes would hide what is looked for.
	w := &heapWatch{percent: debug.SetGCPercent(25), start: heapBytes(), stop: make(chan struct{})}
	w.peak = w.start
	w.done.Go(func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			w.peak = max(w.peak, heapBytes())
			w.live = max(w.live, metric("/gc/heap/live:bytes"))
			select {
			case <-tick.C:
			case <-w.stop:
				return
			}
		}
	})
	return w
}

// growth ends the watch and returns by how much the heap was larger than at the start, at most.
func (w *heapWatch) growth(t testing.TB) uint64 {
	close(w.stop)
	w.done.Wait()
	debug.SetGCPercent(w.percent)
	t.Logf("heap: %.1f MiB at the start, %.1f MiB at the peak, of which the collector found %.1f MiB in use at most",
		mebibytes(w.start), mebibytes(w.peak), mebibytes(w.live))
	return w.peak - w.start
}

func heapBytes() uint64 { return metric("/memory/classes/heap/objects:bytes") }

func metric(name string) uint64 {
	sample := []metrics.Sample{{Name: name}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

func mebibytes(n uint64) float64 { return float64(n) / (1 << 20) }
