package txtest_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// verdict is what a writer was told about one of its transactions, for each shard that it wrote to.
type verdict struct {
	number int64
	shards []messages.ShardID
	err    error
}

// Writers go on while their connections are killed and cut, their deadlines pass and their own functions fail. In the end each of
// their transactions is where it was said to be, whole, and nowhere else.
func TestStorm(t *testing.T) {
	for _, kinds := range []string{"psp", "ppp"} {
		t.Run(kinds, func(t *testing.T) {
			s := openWith(t, kinds, 2, func(cfg *coordinator.Config) { cfg.MaxInFlight = 6 })
			s.everywhere(t, createLedger)
			stop := make(chan struct{})
			time.AfterFunc(time.Duration(repeats(2, 60))*time.Second, func() { close(stop) })
			var storm, writing sync.WaitGroup
			calm := make(chan struct{})
			storm.Go(func() { s.strikeUntil(t, calm) })
			verdicts := make([][]verdict, 8)
			var numbers atomic.Int64
			for w := range verdicts {
				random := rand.New(rand.NewPCG(uint64(w), 11))
				writing.Go(func() {
					for open := true; open; {
						select {
						case <-stop:
							open = false
						default:
							verdicts[w] = append(verdicts[w], s.writeInTheStorm(t, random, numbers.Add(1)))
						}
					}
				})
			}
			writing.Wait()
			close(calm)
			storm.Wait()
			s.requireIdle(t)
			s.settle(t, verdicts)
			s.requireWorking(t, -1)
		})
	}
}

// strikeUntil kills and cuts the connections to a shard, one after the other, until calm.
func (s *stage) strikeUntil(t *testing.T, calm <-chan struct{}) {
	random := rand.New(rand.NewPCG(5, 5))
	for {
		select {
		case <-calm:
			return
		case <-time.After(time.Duration(random.IntN(20)) * time.Millisecond):
		}
		d := s.dbs[random.IntN(len(s.dbs))]
		switch {
		case d.proxy == nil:
		case random.IntN(2) == 0:
			d.proxy.cut()
		default:
			d.terminate(t)
		}
	}
}

var errOwn = errors.New("the writer's own")

// writeInTheStorm runs one transaction: two rows on each of some shards, one of them within a savepoint that may be given up.
func (s *stage) writeInTheStorm(t *testing.T, random *rand.Rand, number int64) verdict {
	v := verdict{number: number}
	order := random.Perm(len(s.dbs))[:1+random.IntN(len(s.dbs))]
	for _, i := range order {
		v.shards = append(v.shards, s.dbs[i].id)
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	if random.IntN(4) == 0 {
		cancel()
		ctx, cancel = context.WithTimeout(context.Background(), time.Duration(random.IntN(30))*time.Millisecond)
	}
	defer cancel()
	fails, givesUp := random.IntN(10) == 0, random.IntN(3) == 0
	write := func(ctx context.Context, part string) error {
		for _, id := range v.shards {
			if _, err := s.Exec(coordinator.OnShard(ctx, id), "insert into ledger values ($1, $2)", number, part); err != nil {
				return err
			}
		}
		return nil
	}
	mustReturn(t, func() {
		v.err = s.InTx(ctx, coordinator.TxOptions{MaxAttempts: 100}, func(ctx context.Context, tx *coordinator.Tx) error {
			if err := write(ctx, "one"); err != nil {
				return err
			}
			if givesUp {
				err := s.InTx(ctx, coordinator.TxOptions{}, func(ctx context.Context, _ *coordinator.Tx) error {
					return errors.Join(errOwn, write(ctx, "undone"))
				})
				if tx.Shards() == nil || !errors.Is(err, errOwn) {
					return err
				}
			}
			if err := write(ctx, "two"); err != nil {
				return err
			}
			if fails {
				return errOwn
			}
			return nil
		})
	})
	return v
}

// settle holds all verdicts against the tables.
func (s *stage) settle(t *testing.T, verdicts [][]verdict) {
	committed, failed, partly, unknown := 0, 0, 0, 0
	for _, of := range verdicts {
		for _, v := range of {
			there := s.entries(t, v.number)
			want := map[messages.ShardID]int{} // -1: it may be there
			var ce *coordinator.CommitError
			switch {
			case v.err == nil:
				committed++
				for _, id := range v.shards {
					want[id] = 2
				}
			case errors.As(v.err, &ce):
				partly++
				for _, o := range ce.Committed {
					want[o.Shard] = 2
				}
				for _, o := range ce.Unknown {
					want[o.Shard] = -1
				}
			case errors.Is(v.err, messages.ErrOutcomeUnknown):
				unknown++
				for _, id := range v.shards {
					want[id] = -1
				}
			default:
				failed++
				if !errors.Is(v.err, errOwn) {
					requireTyped(t, v.err)
				}
			}
			for id, n := range there {
				if want[id] < 0 {
					assert.Contains(t, []int{0, 2}, n, "%s of %d: %v", id, v.number, v.err)
					continue
				}
				assert.Equal(t, want[id], n, "%s of %d, on %v: %v", id, v.number, v.shards, v.err)
			}
		}
	}
	for _, d := range s.dbs {
		require.Zero(t, d.number(t, "select count(*) from ledger where part = 'undone'"), d.id)
	}
	t.Logf("%d committed, %d failed, %d in part or unknown by a CommitError, %d unknown", committed, failed, partly, unknown)
	require.Positive(t, committed)
	require.Positive(t, failed)
}
