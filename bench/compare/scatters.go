package compare

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/troupedb/troupe/bench/compare/load"
	"github.com/troupedb/troupe/bench/results"
	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/fake"
)

const nothingMuch = "select n from t"

func scatters(sizes sizes) (all []experiment) {
	for _, shards := range sizes.scatter {
		all = append(all, experiment{
			about: results.Experiment{
				Name:  fmt.Sprintf("scatter/%d", shards),
				Title: fmt.Sprintf("a row from each of %d shards of a scripted backend, called directly one after the other, and by a troupe: the difference is our own cost", shards),
				Unit:  "shards", Group: "scatter", X: float64(shards), XLabel: "shards",
				Goals: []results.Goal{{Variant: troupeName, Baseline: "backend", Figure: results.Own, Must: 3e-6, Aim: 1.5e-6}},
			},
			open: func(ctx context.Context, s *stage) ([]contender, error) { return openScatter(ctx, s, shards) },
		})
	}
	return all
}

// openScatter spawns anew for each sample, because a scripted backend logs what it is asked.
func openScatter(ctx context.Context, _ *stage, shards int) ([]contender, error) {
	crew := new(load.Crew)
	sample := func(ask func(t *coordinator.Troupe, fakes []*fake.Backend) error) func(d time.Duration) (results.Round, error) {
		return func(d time.Duration) (r results.Round, err error) {
			var cfg coordinator.Config
			var fakes []*fake.Backend
			for i := range shards {
				f := fake.New(fake.Config{Dialect: messages.SQLite})
				f.Reply("select", fake.Rows(fake.Column("n", 20)).Row(int64(1)))
				fakes = append(fakes, f)
				cfg.Shards = append(cfg.Shards, shardworker.Shard{ID: shardID(i), Backend: f})
			}
			t, err := coordinator.Spawn(ctx, cfg)
			if err != nil {
				return r, err
			}
			defer func() { err = errors.Join(err, closeTroupe(t)) }()
			if err := ask(t, fakes); err != nil {
				return r, err
			}
			r, err = crew.Run(1, d, func(int) error { return ask(t, fakes) })
			r.Count *= shards // the units
			return r, err
		}
	}
	return []contender{{"backend", sample(askAllDirectly)}, {troupeName, sample(scatterOnce)}}, nil
}

func askAllDirectly(_ *coordinator.Troupe, fakes []*fake.Backend) error {
	for _, f := range fakes {
		if err := askDirectly(f); err != nil {
			return err
		}
	}
	return nil
}

func scatterOnce(t *coordinator.Troupe, fakes []*fake.Backend) error {
	rows, err := t.Query(coordinator.AllShards(context.Background()), nothingMuch)
	if err != nil {
		return err
	}
	defer rows.Close()
	got := 0
	for rows.Next() {
		got++
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return checkCount(got, len(fakes))
}

// askDirectly does what a worker does.
func askDirectly(f *fake.Backend) error {
	ctx := context.Background()
	conn, err := f.Acquire(ctx, 0)
	if err != nil {
		return err
	}
	defer conn.Release()
	cursor, err := conn.Query(ctx, nothingMuch, nil)
	if err != nil {
		return err
	}
	batch := messages.NewRowBatch(cursor.Description())
	got := 0
	for cursor.Next() {
		cursor.Append(batch)
		got++
	}
	batch.Recycle(messages.DefaultBatchBytes)
	if _, err := cursor.Close(); err != nil {
		return err
	}
	return checkCount(got, 1)
}

func checkCount(got, want int) error {
	if got != want {
		return fmt.Errorf("a wrong answer: %d rows, and not %d", got, want)
	}
	return nil
}
