package load

import (
	"bytes"
	"os"
	"strconv"
	"sync"
	"time"
)

// sampleEvery is how often the resident memory is looked at where the kernel doesn't note its peak for us.
const sampleEvery = 2 * time.Millisecond

// Resident returns how many bytes of this process are in memory; 0 where /proc doesn't say.
func Resident() int64 { return statusBytes("VmRSS:") }

// watch sees how far the resident memory grows.
type watch struct {
	from int64
	// noted says that the kernel notes the peak, from when the watch started.
	noted bool

	end  chan struct{}
	done sync.WaitGroup
	peak int64 // of the goroutine that samples, until done
}

func startWatch() *watch {
	w := &watch{}
	// 5 resets the peak. Not every container permits it.
	w.noted = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) == nil
	w.from = Resident()
	if w.noted || w.from == 0 {
		return w
	}
	w.end, w.peak = make(chan struct{}), w.from
	w.done.Go(func() {
		ticker := time.NewTicker(sampleEvery)
		defer ticker.Stop()
		for {
			select {
			case <-w.end:
				return
			case <-ticker.C:
				w.peak = max(w.peak, Resident())
			}
		}
	})
	return w
}

// stop returns by how many bytes the memory grew at the most: at least 1, because 0 says that it can't be known.
func (w *watch) stop() int64 {
	switch {
	case w.from == 0:
		return 0
	case w.noted:
		return max(1, statusBytes("VmHWM:")-w.from)
	}
	close(w.end)
	w.done.Wait()
	return max(1, w.peak-w.from, Resident()-w.from)
}

// statusBytes reads a line of /proc/self/status, such as "VmRSS:	   12345 kB".
func statusBytes(line string) int64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, found := bytes.Cut(text, []byte("\n"+line))
	fields := bytes.Fields(rest[:min(len(rest), 64)])
	if !found || len(fields) == 0 {
		return 0
	}
	kilobytes, err := strconv.ParseInt(string(fields[0]), 10, 64)
	if err != nil {
		return 0
	}
	return kilobytes << 10
}
