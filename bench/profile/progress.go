package profile

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// progress tells on a terminal which test runs, and since when.
type progress struct {
	done chan struct{}
	wg   sync.WaitGroup
}

// showProgress begins to tell, if w is a terminal.
func showProgress(w io.Writer, title string) *progress {
	file, ok := w.(*os.File)
	if !ok || !isTerminal(file) {
		return nil
	}
	return startProgress(w, title, 200*time.Millisecond)
}

func startProgress(w io.Writer, title string, pause time.Duration) *progress {
	p := &progress{done: make(chan struct{})}
	p.wg.Go(func() {
		start, ticker := time.Now(), time.NewTicker(pause)
		defer ticker.Stop()
		for {
			_, _ = fmt.Fprintf(w, "\r\x1b[K%s: %.0f s", title, time.Since(start).Seconds())
			select {
			case <-p.done:
				_, _ = io.WriteString(w, "\r\x1b[K")
				return
			case <-ticker.C:
			}
		}
	})
	return p
}

// stop wipes the line out, and returns when nothing is printed any more.
func (p *progress) stop() {
	if p == nil {
		return
	}
	close(p.done)
	p.wg.Wait()
}

func isTerminal(file *os.File) bool {
	stat, err := file.Stat()
	return err == nil && stat.Mode()&os.ModeCharDevice != 0
}
