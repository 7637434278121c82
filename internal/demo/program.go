package demo

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// The exit statuses.
const (
	Succeeded = 0
	Failed    = 1 // an assertion, or a call
	Misused   = 2 // the command line
)

// Program is a program that shows something, on a troupe that it configures, and asserts what it shows.
type Program struct {
	// Name is the command's. It has no default.
	Name string
	// Usage is what -h says before the flags, with a newline at its end. Defaults to nothing.
	Usage string
	// Shards are the ids of the troupe's shards. It has no default.
	Shards []messages.ShardID
	// OneDatabase says that all shards are in one database: -dsn is its URL then. Defaults to false: -dsn is id=url, for each shard by itself.
	OneDatabase bool
	// Flags declares flags beside those that all programs have. Defaults to none.
	Flags func(*flag.FlagSet)
	// Accept refuses a command line that was parsed. Defaults to accepting it.
	Accept func(*Stage) error
	// Configure says how the troupe is made. What it opens for that is closed with the troupe. It has no default.
	Configure func(ctx context.Context, s *Stage) (coordinator.Config, error)
	// Play does what the program is for, on s.Troupe. It has no default.
	Play func(ctx context.Context, s *Stage) error
}

// Interruptible returns a context that ends with the first Ctrl-C. A second one ends the process at once.
func Interruptible() context.Context {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop)
	return ctx
}

// Run runs the program with args, the command line without the command, and returns its exit status. What it found goes to stdout,
// what went wrong and the SQL of -echo to stderr. When it returns, all that it opened is closed, and its files are removed.
func (p Program) Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	started := time.Now()
	s := &Stage{Report: &Report{out: stdout}, ids: p.Shards}
	complain := func(format string, args ...any) { _, _ = fmt.Fprintf(stderr, p.Name+": "+format+"\n", args...) }
	err := p.parse(s, args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return Succeeded
	case err != nil:
		complain("%v (-h explains the flags)", err)
		return Misused
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	err = p.play(ctx, s)
	switch {
	case err == nil:
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		complain("not done within %v: %v", s.timeout, err)
	case ctx.Err() != nil:
		complain("interrupted: %v", err)
	default:
		complain("%v", err)
	}
	if errors.Is(err, messages.ErrInvalidConfig) {
		return Misused // a URL of -dsn that can't be read
	}
	s.Printf("\n%d shards (%s): %d assertions hold, %d fail; %v\n", len(p.Shards), strings.Join(s.engines, ", "),
		s.held, s.broken, time.Since(started).Round(10*time.Millisecond))
	if err != nil || s.broken > 0 {
		return Failed
	}
	return Succeeded
}

// play sets the stage, has the program play, and clears the stage again.
func (p Program) play(ctx context.Context, s *Stage) (err error) {
	if s.Dir, err = os.MkdirTemp("", "troupe-"+p.Name+"-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(s.Dir)) }()
	cfg, err := p.Configure(ctx, s)
	if err != nil {
		return err
	}
	if s.Troupe, err = coordinator.Spawn(ctx, cfg); err != nil {
		return errors.Join(err, closeBackends(ctx, cfg.Shards))
	}
	// Close has a limit of its own, Config.CloseTimeout, and is needed most when ctx has ended.
	defer func() { err = errors.Join(err, s.Troupe.Close(context.WithoutCancel(ctx))) }()
	if err := s.show(cfg.Shards); err != nil {
		return err
	}
	return p.Play(ctx, s)
}
