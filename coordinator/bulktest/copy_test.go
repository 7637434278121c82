package bulktest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

var (
	item    = pgx.Identifier{"item"}
	columns = []string{"note", "id", "name"}
)

// items returns a source of n items from first on, which uses its slices again for each row.
func items(first, n int) pgx.CopyFromSource {
	return itemsThen(first, n, func([]any) ([]any, error) { return nil, nil })
}

// itemsThen returns a source that ends with what then says.
func itemsThen(first, n int, then func(row []any) ([]any, error)) pgx.CopyFromSource {
	row, note, i := make([]any, 3), []byte("0000000000"), 0
	return pgx.CopyFromFunc(func() ([]any, error) {
		if i++; i > n {
			return then(row)
		}
		note = fmt.Appendf(note[:0], "%010d", first)
		row[0], row[1], row[2] = note, first, fmt.Sprintf("item %d", first)
		first++
		return row, nil
	})
}

func TestCopyGoesWhereTheKeysSay(t *testing.T) {
	onEngines(t, func(t *testing.T, troupe *coordinator.Troupe) {
		total := 0
		for _, n := range []int{0, 1, 3, 1000, 5001} {
			report, err := troupe.Copy(within(t), item, columns, items(total, n))
			require.NoError(t, err)
			require.EqualValues(t, n, report.Rows)
			sum := int64(0)
			for _, s := range report.Shards {
				require.Positive(t, s.Rows)
				sum += s.Rows
			}
			require.EqualValues(t, n, sum)
			total += n
		}
		counts := count(t, troupe, "item")
		require.Equal(t, [4]int64{1502, 1501, 1501, 1501}, counts)
		for i, shard := range shardIDs {
			var wrong int64
			ctx := coordinator.OnShard(within(t), shard)
			require.NoError(t, troupe.QueryRow(ctx, fmt.Sprintf("select count(*) from item where id %% 4 <> %d", i)).Scan(&wrong))
			require.Zero(t, wrong)
		}
		var note, name string
		require.NoError(t, troupe.QueryRow(within(t), "select cast(note as text), name from item where id = $1", 4321).Scan(&note, &name))
		require.Equal(t, "0000004321item 4321", note+name)
	})
}

func TestCopyToEveryShardAndToPinnedOnes(t *testing.T) {
	onEngines(t, func(t *testing.T, troupe *coordinator.Troupe) {
		ctx := within(t)
		kinds := func() pgx.CopyFromSource { return pgx.CopyFromRows([][]any{{"a", "A"}, {"b", "B"}}) }
		report, err := troupe.Copy(ctx, pgx.Identifier{"kind"}, []string{"code", "title"}, kinds())
		require.NoError(t, err)
		require.EqualValues(t, 2, report.Rows)
		require.Len(t, report.Shards, 4)
		require.Equal(t, [4]int64{2, 2, 2, 2}, count(t, troupe, "kind"))

		n, err := troupe.CopyFrom(coordinator.AllShards(ctx), pgx.Identifier{"other"}, []string{"id"}, pgx.CopyFromRows([][]any{{1}, {2}, {3}}))
		require.NoError(t, err)
		require.EqualValues(t, 3, n)
		require.Equal(t, [4]int64{3, 3, 3, 3}, count(t, troupe, "other"))

		n, err = troupe.CopyFrom(coordinator.OnShard(ctx, "s2"), item, columns, items(0, 1000))
		require.NoError(t, err)
		require.EqualValues(t, 1000, n)
		require.Equal(t, [4]int64{0, 0, 1000, 0}, count(t, troupe, "item"), "a pin of one shard takes any row")

		_, err = troupe.CopyFrom(coordinator.OnShards(ctx, []messages.ShardID{"s0", "s1", "s0"}), item, columns, items(5000, 2000))
		require.ErrorIs(t, err, messages.ErrInvalidRequest)
		require.ErrorContains(t, err, "row 3")
		require.Equal(t, [4]int64{0, 0, 1000, 0}, count(t, troupe, "item"))
	})
}

func TestCopyThatCannotBeRouted(t *testing.T) {
	troupe := spawn(t, files(t), nil)
	ctx := within(t)
	one := func(row ...any) pgx.CopyFromSource { return pgx.CopyFromRows([][]any{{nil, 1, "x"}, row}) }
	for name, c := range map[string]struct {
		ctx     context.Context
		table   pgx.Identifier
		columns []string
		src     pgx.CopyFromSource
		code    messages.Code
		says    string
	}{
		"undeclared":          {ctx, pgx.Identifier{"other"}, []string{"id"}, items(0, 1), messages.ErrNoRoute, "other"},
		"undeclared, pinned":  {coordinator.OnShards(ctx, shardIDs[:2]), pgx.Identifier{"other"}, []string{"id"}, items(0, 1), messages.ErrNoRoute, "other"},
		"pinned nowhere":      {coordinator.OnShards(ctx, nil), item, columns, items(0, 1), messages.ErrNoRoute, "pin"},
		"unknown shard":       {coordinator.OnShard(ctx, "sx"), item, columns, items(0, 1), messages.ErrUnknownShard, "pin"},
		"without its key":     {ctx, item, []string{"name", "note"}, items(0, 1), messages.ErrInvalidRequest, "column id"},
		"key is NULL":         {ctx, item, columns, one(nil, nil, "x"), messages.ErrInvalidRequest, "row 2"},
		"key is a NULL":       {ctx, item, columns, one(nil, (*int)(nil), "x"), messages.ErrInvalidRequest, "row 2"},
		"key of another type": {ctx, item, columns, one(nil, "7", "x"), messages.ErrInvalidRequest, "row 2"},
		"key that is a float": {ctx, item, columns, one(nil, 7.0, "x"), messages.ErrInvalidRequest, "row 2"},
		"key lives nowhere":   {ctx, item, columns, one(nil, -1, "x"), messages.ErrChooser, "row 2"},
		"route panics":        {ctx, item, columns, one(nil, -11, "x"), messages.ErrChooser, "row 2"},
		"too few values":      {ctx, item, columns, one(nil, 1), messages.ErrInvalidRequest, "row 2"},
		"no source":           {ctx, item, columns, nil, messages.ErrInvalidRequest, "source"},
		"no columns":          {ctx, item, nil, items(0, 1), messages.ErrInvalidRequest, "columns"},
	} {
		_, err := troupe.CopyFrom(c.ctx, c.table, c.columns, c.src)
		require.ErrorIs(t, err, c.code, name)
		require.ErrorContains(t, err, c.says, name)
	}
	require.Equal(t, [4]int64{}, count(t, troupe, "item"))

	required := spawn(t, files(t), func(cfg *coordinator.Config) { cfg.RequireShard = true })
	_, err := required.CopyFrom(ctx, item, columns, items(0, 1))
	require.ErrorIs(t, err, messages.ErrNoRoute)
	_, err = required.CopyFrom(coordinator.OnShard(ctx, "s1"), item, columns, items(0, 1))
	require.NoError(t, err)
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	_, err = troupe.CopyFrom(canceled, item, columns, items(0, 1))
	require.ErrorIs(t, err, messages.ErrCanceled)
}

func TestCopyTakesKeysOfAnyType(t *testing.T) {
	troupe := spawn(t, files(t), nil)
	seven := int64(7)
	n, err := troupe.CopyFrom(within(t), item, []string{"ID", "name"}, pgx.CopyFromRows([][]any{
		{int8(1), "a"}, {uint16(2), "b"}, {&seven, "c"}, {pgtype.Int8{Int64: 4, Valid: true}, "d"},
	}))
	require.NoError(t, err)
	require.EqualValues(t, 4, n)
	require.Equal(t, [4]int64{1, 1, 1, 1}, count(t, troupe, "item"))
}

var errSource = errors.New("the application's own error")

// TestCopyLeavesNothing has copies fail early, in the middle and late, for any reason.
func TestCopyLeavesNothing(t *testing.T) {
	onEngines(t, func(t *testing.T, troupe *coordinator.Troupe) {
		for _, n := range []int{0, 2, 1500, 6000} {
			for name, c := range map[string]struct {
				then func(cancel func(), row []any) ([]any, error)
				code messages.Code
			}{
				"source fails":  {func(func(), []any) ([]any, error) { return nil, errSource }, messages.ErrInvalidRequest},
				"source panics": {func(func(), []any) ([]any, error) { panic("the application's own panic") }, messages.ErrPanic},
				"no key":        {func(_ func(), row []any) ([]any, error) { row[1] = nil; return row, nil }, messages.ErrInvalidRequest},
				"no shard":      {func(_ func(), row []any) ([]any, error) { row[1] = -1; return row, nil }, messages.ErrChooser},
				"no value":      {func(_ func(), row []any) ([]any, error) { row[1] = n; row[0] = make(chan int); return row, nil }, messages.ErrInvalidRequest},
				"canceled":      {func(cancel func(), _ []any) ([]any, error) { cancel(); return nil, nil }, messages.ErrCanceled},
			} {
				ctx, cancel := context.WithCancel(within(t))
				done := false
				_, err := troupe.CopyFrom(ctx, item, columns, itemsThen(0, n, func(row []any) ([]any, error) {
					if done {
						return nil, nil
					}
					done = true
					return c.then(cancel, row)
				}))
				cancel()
				require.ErrorIs(t, err, c.code, "%s after %d", name, n)
				if name != "canceled" {
					require.ErrorContains(t, err, fmt.Sprintf("row %d", n+1), name)
				}
				require.Equal(t, [4]int64{}, count(t, troupe, "item"), "%s after %d", name, n)
			}
			bad := 3 * n / 4
			_, err := troupe.CopyFrom(within(t), item, columns, itemsThen(0, bad, func(row []any) ([]any, error) {
				if bad > n {
					return nil, nil
				}
				row[1], row[2] = bad, "good"
				if bad++; bad == 3*n/4+1 {
					row[2] = "bad"
				}
				return row, nil
			}))
			require.ErrorIs(t, err, messages.ErrStatement)
			require.Equal(t, [4]int64{}, count(t, troupe, "item"))
		}
		_, err := troupe.CopyFrom(within(t), item, columns, items(0, 4000))
		require.NoError(t, err)
		require.Equal(t, [4]int64{1000, 1000, 1000, 1000}, count(t, troupe, "item"))
	})
}

// TestCopyEndsWithItsDeadline has the source wait for ever between two rows. What it has given is undone in time.
func TestCopyEndsWithItsDeadline(t *testing.T) {
	onEngines(t, func(t *testing.T, troupe *coordinator.Troupe) {
		ctx, cancel := context.WithCancel(within(t))
		defer cancel()
		var began time.Time
		_, err := troupe.CopyFrom(ctx, item, columns, itemsThen(0, 3000, func([]any) ([]any, error) {
			began = time.Now()
			cancel()
			<-ctx.Done()
			return nil, ctx.Err()
		}))
		took := time.Since(began)
		t.Logf("it ended %v after its context", took)
		require.ErrorIs(t, err, messages.ErrCanceled)
		require.ErrorIs(t, err, context.Canceled)
		require.Less(t, took, time.Second)
		require.Equal(t, [4]int64{}, count(t, troupe, "item"))
	})
}
