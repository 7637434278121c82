package compare

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/troupedb/troupe/bench/results"
)

// experiment is one that can be run.
type experiment struct {
	// about is what is known of it beforehand.
	about results.Experiment
	// open makes what the variants work on, and returns them. What has to be closed is the stage's.
	open func(ctx context.Context, s *stage) ([]contender, error)
	// best is what variants are called that have a number of connections or workers behind a dash, and of which the fastest one counts; "" if none does.
	best string
	// whole measures everything at once, in place of open.
	whole func(ctx context.Context, s *stage) ([]results.Experiment, error)
	// rounds is how many there are at the most; 0 for as many as were asked for.
	rounds int
}

// contender is a variant that can be measured.
type contender struct {
	name string
	// sample measures it for about d, and checks what it answered.
	sample func(d time.Duration) (results.Round, error)
}

// skipped is why something can't be measured here. It isn't a failure.
type skipped string

// Error returns the reason.
func (s skipped) Error() string { return string(s) }

// bestEnding is what the fastest variant's copy is called.
const bestEnding = "-best"

// run measures an experiment. What it returns has Skipped where it couldn't, also beside an error.
func (e *experiment) run(ctx context.Context, s *stage) (measured []results.Experiment, err error) {
	defer func() { err = errors.Join(err, s.reset()) }()
	about := e.about
	if s.quick {
		about.Notes = append(slices.Clone(about.Notes), "sizes and times of --quick: the figures mean nothing")
	}
	s.notes = nil
	if e.whole != nil {
		measured, err = e.whole(ctx, s)
		for i := range measured {
			measured[i].Notes = append(measured[i].Notes, about.Notes...)
		}
	} else if about.Variants, err = e.interleave(ctx, s); err == nil {
		err = e.addBest(&about, s)
	}
	if err == nil && e.whole != nil {
		return measured, nil
	}
	about.Notes = append(about.Notes, s.notes...)
	var reason skipped
	switch {
	case errors.As(err, &reason):
		about.Skipped, err = reason.Error(), nil
	case err != nil:
		about.Skipped = "it failed"
		err = fmt.Errorf("%s: %w", e.about.Name, err)
	}
	if about.Skipped != "" {
		about.Variants = nil
	}
	return []results.Experiment{about}, err
}

// interleave measures the variants in rounds after each has run once unmeasured. Each round begins with another one, and every other round goes
// backwards, so that nobody always comes after the same one.
func (e *experiment) interleave(ctx context.Context, s *stage) ([]results.Variant, error) {
	contenders, err := e.open(ctx, s)
	if err != nil {
		return nil, err
	}
	variants := make([]results.Variant, len(contenders))
	sample := func(i int, d time.Duration) (results.Round, error) {
		if err := ctx.Err(); err != nil {
			return results.Round{}, err
		}
		r, err := contenders[i].sample(d)
		if err == nil && r.Count == 0 {
			err = errors.New("a wrong answer: nothing was done")
		}
		if err != nil {
			return r, fmt.Errorf("%s: %w", contenders[i].name, err)
		}
		return r, nil
	}
	for i, c := range contenders {
		variants[i].Name = c.name
		if _, err := sample(i, s.time/2); err != nil {
			return nil, err
		}
	}
	rounds := s.rounds
	if e.rounds > 0 {
		rounds = min(rounds, e.rounds)
	}
	for round := range rounds {
		for i := range contenders {
			n := (i + round) % len(contenders)
			if round%2 == 1 {
				n = len(contenders) - 1 - n
			}
			r, err := sample(n, s.time)
			if err != nil {
				return nil, err
			}
			variants[n].Rounds = append(variants[n].Rounds, r)
		}
	}
	return variants, nil
}

// addBest adds the copy of the fastest one, by the median of its rates.
func (e *experiment) addBest(about *results.Experiment, s *stage) error {
	if e.best == "" {
		return nil
	}
	best, rate := "", -1.0
	for _, v := range about.Variants {
		number, of := strings.CutPrefix(v.Name, e.best+"-")
		if _, err := strconv.Atoi(number); !of || err != nil {
			continue
		}
		spread, err := v.Values(results.Rate)
		if err != nil {
			return err
		}
		if spread.Median > rate {
			best, rate = v.Name, spread.Median
		}
	}
	name := e.best + bestEnding
	about.Variants = append(about.Variants, results.Variant{Name: name, Rounds: about.Variant(best).Rounds})
	s.note("%s is %s, which was the fastest of them here", name, best)
	return nil
}
