package oracletest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// naive is what the oracle must not believe: it sends every statement to some shards, and puts the answers one after the other.
type naive struct {
	*coordinator.Troupe
	shards []messages.ShardID
}

// spawnNaive asks all shards but the last few.
func spawnNaive(skip int) Spawn {
	return func(ctx context.Context, cfg coordinator.Config) (Database, error) {
		cfg.Tables = nil
		t, err := coordinator.Spawn(ctx, cfg)
		if err != nil {
			return nil, err
		}
		return naive{t, t.Shards()[:max(1, len(t.Shards())-skip)]}, nil
	}
}

func (n naive) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if Pinned(ctx) {
		return n.Troupe.Query(ctx, sql, args...)
	}
	all := &concatenated{shards: n.shards, at: -1}
	for _, id := range n.shards {
		rows, err := n.Troupe.Query(coordinator.OnShard(ctx, id), sql, args...)
		if err != nil {
			return nil, err
		}
		all.fields = slices.Clone(rows.FieldDescriptions())
		for rows.Next() {
			row := gathered{fields: slices.Clone(rows.FieldDescriptions())}
			for _, raw := range rows.RawValues() {
				row.raw = append(row.raw, slices.Clone(raw))
			}
			all.rows = append(all.rows, row)
		}
		rows.Close()
		all.tag = rows.CommandTag()
		if err := rows.Err(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (n naive) Exec(ctx context.Context, sql string, args ...any) (tag pgconn.CommandTag, err error) {
	if Pinned(ctx) {
		return n.Troupe.Exec(ctx, sql, args...)
	}
	for _, id := range n.shards {
		var failed error
		tag, failed = n.Troupe.Exec(coordinator.OnShard(ctx, id), sql, args...)
		err = errors.Join(err, failed)
	}
	return tag, err
}

// concatenated are rows that were gathered already.
type concatenated struct {
	pgx.Rows // what the oracle doesn't call
	fields   []pgconn.FieldDescription
	rows     []gathered
	at       int
	tag      pgconn.CommandTag
	shards   []messages.ShardID
}

type gathered struct {
	fields []pgconn.FieldDescription
	raw    [][]byte
}

func (c *concatenated) Next() bool                    { c.at++; return c.at < len(c.rows) }
func (c *concatenated) RawValues() [][]byte           { return c.rows[c.at].raw }
func (c *concatenated) Close()                        {}
func (c *concatenated) Err() error                    { return nil }
func (c *concatenated) CommandTag() pgconn.CommandTag { return c.tag }
func (c *concatenated) Shards() []messages.ShardID    { return c.shards }
func (c *concatenated) FieldDescriptions() []pgconn.FieldDescription {
	if c.at < 0 || c.at >= len(c.rows) {
		return c.fields
	}
	return c.rows[c.at].fields
}

var dialects = []messages.Dialect{messages.SQLite, messages.PostgreSQL}

// TestConcatenationIsFoundOut judges what answers a third of the statements wrongly.
func TestConcatenationIsFoundOut(t *testing.T) {
	for _, dialect := range dialects {
		t.Run(dialect.String(), func(t *testing.T) {
			r := Run(t, Config{Dialect: dialect, Statements: 600, Sizes: []int{3}, Mismatches: 600, Spawn: spawnNaive(0)})
			t.Log(r)
			require.Greater(t, len(r.Mismatches), 150)
			kinds := map[string]bool{}
			for _, m := range r.Mismatches {
				kind, _, _ := strings.Cut(m.What, " ")
				kinds[kind] = true
			}
			require.Greater(t, len(kinds), 4, "%v", kinds)
		})
	}
}

// TestOneShardIsRight judges what must always be right: one database against another with the same rows.
func TestOneShardIsRight(t *testing.T) {
	for _, dialect := range dialects {
		t.Run(dialect.String(), func(t *testing.T) {
			r := Run(t, Config{Dialect: dialect, Statements: 1000, Sizes: []int{1}, Mismatches: 5, Spawn: spawnNaive(0)})
			t.Log(r)
			require.Empty(t, r.Mismatches)
			require.Equal(t, 1000, r.Compared)
			require.Equal(t, 0, r.ScaleDiffers)
		})
	}
}

// TestWitnessFindsLostRows judges what never asks the last shard, and looks at those answers only that are right all the same.
func TestWitnessFindsLostRows(t *testing.T) {
	r := Run(t, Config{Dialect: messages.SQLite, Statements: 2000, Sizes: []int{2}, Mismatches: 2000, Spawn: spawnNaive(1)})
	t.Log(r)
	require.Greater(t, r.Witnessed, 50)
	lost := 0
	for _, m := range r.Mismatches {
		if strings.HasPrefix(m.What, "narrowing loses rows") {
			lost++
		}
	}
	require.Greater(t, lost, 5)
}

// TestShrinking shrinks a wrong answer.
func TestShrinking(t *testing.T) {
	r := Run(t, Config{Dialect: messages.SQLite, Statements: 300, Sizes: []int{2}, Mismatches: shrinkMost, Spawn: spawnNaive(0), Shrink: true})
	require.Len(t, r.Mismatches, shrinkMost)
	for _, m := range r.Mismatches {
		t.Log(m)
		require.NotEmpty(t, m.Smaller)
		require.LessOrEqual(t, len(m.Smaller), len(m.SQL)+20)
	}
}
