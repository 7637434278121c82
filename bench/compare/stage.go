package compare

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/troupedb/troupe/coordinator"
)

// stage is what experiments work on. One experiment at a time uses it.
type stage struct {
	*options
	dir string
	log *slog.Logger

	notes   []string       // of the experiment that runs
	closers []func() error // of the experiment that runs
	last    []func() error // of the whole run
	files   int

	points string   // the database to select from, once it is made
	scans  []string // those to scan
	server *server
	noPG   error // why there is no server
	mattn  string
	noC    error // why there is no mattn
}

// closeLimit is how long a troupe may take to close.
const closeLimit = 30 * time.Second

func newStage(o *options, stderr io.Writer) (*stage, error) {
	dir, err := os.MkdirTemp("", "troupe-compare-")
	if err != nil {
		return nil, err
	}
	s := &stage{options: o, dir: dir, log: slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	s.last = append(s.last, func() error { return os.RemoveAll(dir) })
	return s, nil
}

// note says something beside an experiment's figures.
func (s *stage) note(format string, args ...any) {
	s.notes = append(s.notes, fmt.Sprintf(format, args...))
}

// onReset has f called when the experiment is over; what was given last comes first.
func (s *stage) onReset(f func() error) { s.closers = append(s.closers, f) }

// reset closes what the experiment has opened.
func (s *stage) reset() error {
	err := closeAll(s.closers)
	s.closers = nil
	return err
}

// close closes everything.
func (s *stage) close() error {
	err := errors.Join(s.reset(), closeAll(s.last))
	s.last = nil
	return err
}

func closeAll(closers []func() error) (err error) {
	for i := len(closers) - 1; i >= 0; i-- {
		err = errors.Join(err, closers[i]())
	}
	return err
}

// spawn returns a troupe that is closed with the experiment.
func (s *stage) spawn(ctx context.Context, cfg coordinator.Config) (*coordinator.Troupe, error) {
	cfg.Logger = s.log
	t, err := coordinator.Spawn(ctx, cfg)
	if err != nil {
		return nil, err
	}
	s.onReset(func() error { return closeTroupe(t) })
	return t, nil
}

func closeTroupe(t *coordinator.Troupe) error {
	ctx, cancel := context.WithTimeout(context.Background(), closeLimit)
	defer cancel()
	return t.Close(ctx)
}
