package bulktest_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// TestCopyTellsColumnsApartAsTheDatabaseDoes: to PostgreSQL "ID" is another column than the key's.
func TestCopyTellsColumnsApartAsTheDatabaseDoes(t *testing.T) {
	troupe := spawn(t, databases(t), nil)
	ctx := within(t)
	_, err := troupe.Exec(coordinator.AllShards(ctx), `alter table item add column "ID" bigint`)
	require.NoError(t, err)
	for _, columns := range [][]string{{"ID", "id", "name"}, {"id", "ID", "name"}} {
		_, err = troupe.Exec(ctx, "delete from item")
		require.NoError(t, err)
		row := []any{nil, nil, "x"}
		_, err = troupe.CopyFrom(ctx, item, columns, pgx.CopyFromSlice(8, func(i int) ([]any, error) {
			for c, column := range columns[:2] {
				row[c] = i * 4
				if column == "ID" {
					row[c] = i
				}
			}
			return row, nil
		}))
		require.NoError(t, err)
		require.Equal(t, [4]int64{8, 0, 0, 0}, count(t, troupe, "item"), columns)
	}
	_, err = troupe.CopyFrom(ctx, item, []string{"ID", "name"}, pgx.CopyFromRows([][]any{{1, "x"}}))
	require.ErrorIs(t, err, messages.ErrInvalidRequest)
	require.ErrorContains(t, err, "column id")
}

// TestCopyAcrossEnginesWantsTheKeyInItsOwnCase: for in another it is the key on some shards only.
func TestCopyAcrossEnginesWantsTheKeyInItsOwnCase(t *testing.T) {
	rows := func() pgx.CopyFromSource { return pgx.CopyFromRows([][]any{{6, "x", 7}}) }
	for _, c := range []struct {
		columns      []string
		mixed, files string // what is wrong
	}{
		{[]string{"id", "name", "note"}, "", ""},
		{[]string{"ID", "name", "note"}, "another case", ""},
		{[]string{"ID", "name", "id"}, "twice", "twice"},
	} {
		for engine, says := range map[string]string{"mixed": c.mixed, "files": c.files} {
			dsns := mixed
			if engine == "files" {
				dsns = files
			}
			t.Run(engine+" "+c.columns[0]+c.columns[2], func(t *testing.T) {
				troupe := spawn(t, dsns(t), nil)
				_, err := troupe.CopyFrom(within(t), item, c.columns, rows())
				if says == "" {
					require.NoError(t, err)
					require.Equal(t, [4]int64{0, 0, 1, 0}, count(t, troupe, "item"))
					return
				}
				require.ErrorIs(t, err, messages.ErrInvalidRequest)
				require.ErrorContains(t, err, says)
				require.Equal(t, [4]int64{}, count(t, troupe, "item"))
			})
		}
	}
}

// TestCopyTellsTablesApartAsTheDatabaseDoes: a copy and an INSERT find the same declaration, or none.
func TestCopyTellsTablesApartAsTheDatabaseDoes(t *testing.T) {
	insert := func(troupe *coordinator.Troupe, table pgx.Identifier) error {
		_, err := troupe.Exec(within(t), "insert into "+table.Sanitize()+" (id, name) values (2, 'x')")
		return err
	}
	for name, dsns := range map[string]func(testing.TB) func(int) string{"SQLite": files, "PostgreSQL": databases, "mixed": mixed} {
		t.Run(name, func(t *testing.T) {
			troupe := spawn(t, dsns(t), nil)
			for _, table := range []pgx.Identifier{{"ITEM"}, {"public.item"}} {
				_, err := troupe.CopyFrom(within(t), table, []string{"id", "name"}, pgx.CopyFromRows([][]any{{1, "x"}}))
				inserted := insert(troupe, table)
				if name == "SQLite" && len(table[0]) == 4 {
					require.NoError(t, err)
					require.NoError(t, inserted)
					continue
				}
				require.ErrorIs(t, err, messages.ErrNoRoute, table)
				require.ErrorIs(t, inserted, messages.ErrRefused, table)
			}
		})
	}
}

// loud is a row whose columns are called as PostgreSQL tells them apart.
type loud struct {
	ID    int64  `db:"id,pk"`
	Other int64  `db:"ID"`
	Name  string `db:"name"`
}

func (loud) TableName() string { return "item" }

func TestAddTellsColumnsApartAsTheDatabaseDoes(t *testing.T) {
	troupe := spawn(t, databases(t), nil)
	ctx := within(t)
	_, err := troupe.Exec(coordinator.AllShards(ctx), `alter table item add column "ID" bigint`)
	require.NoError(t, err)
	require.NoError(t, troupe.Add(ctx, &loud{ID: 4, Other: 1, Name: "x"}, &loud{ID: 5, Other: 3, Name: "y"}))
	require.Equal(t, [4]int64{1, 1, 0, 0}, count(t, troupe, "item"))

	_, err = spawn(t, mixed(t), nil).ShardFor(ctx, &loud{ID: 4})
	require.ErrorIs(t, err, messages.ErrInvalidRequest)
}
