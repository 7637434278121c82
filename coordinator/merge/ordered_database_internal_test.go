package merge

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
)

const databaseSources = 3

// requireRanks merges rows of (value, its place in the whole order) and requires that the places never go down.
func requireRanks(t *testing.T, dialect messages.Dialect, f *batchFeed, key Key, rows int) {
	t.Helper()
	spec := Spec{Dialect: dialect, Order: []Key{key}, Hidden: 1}
	m, err := New(&spec, f, Options{Sources: databaseSources})
	require.NoError(t, err)
	last := 0
	for range rows {
		at, err := m.Next(background)
		require.NoError(t, err)
		rank, err := int4(at.Value(1))
		require.NoError(t, err)
		require.GreaterOrEqual(t, rank, last)
		last = rank
	}
	_, err = m.Next(background)
	require.Equal(t, io.EOF, err)
}

// TestMergeHasPostgreSQLsOrder merges what PostgreSQL sorted in parts, and compares with how it sorts the whole.
func TestMergeHasPostgreSQLsOrder(t *testing.T) {
	db := pgtest.Shared(t)
	conn, err := pgx.Connect(t.Context(), db.DSN())
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(context.Background())) }()
	for _, test := range postgresValues {
		if test.typ == "inet" || test.typ == "cidr" {
			continue
		}
		t.Run(test.typ, func(t *testing.T) {
			values := slices.Repeat(append([]string{"<null>"}, test.values...), 4)
			for _, desc := range []bool{false, true} {
				for _, format := range []int16{pgx.BinaryFormatCode, pgx.TextFormatCode} {
					f := &batchFeed{}
					for source := range databaseSources {
						f.batches = append(f.batches, postgresSource(t, conn, test.typ, values, source, desc, format))
					}
					requireRanks(t, messages.PostgreSQL, f, Key{Desc: desc, NullsFirst: desc, Collation: Bytewise}, len(values))
				}
			}
		})
	}
}

func postgresSource(t *testing.T, conn *pgx.Conn, typ string, values []string, source int, desc bool, format int16) (batches []*messages.RowBatch) {
	direction := map[bool]string{true: "desc"}[desc]
	sql := fmt.Sprintf(`with v as (select i, nullif(s, '<null>')::%s as v from unnest($1::text[]) with ordinality u(s, i)),
		ranked as (select i, v, dense_rank() over (order by v %s) as r from v)
		select v, r from ranked where i %% %d = %d order by v %s`, typ, direction, databaseSources, source, direction)
	rows, err := conn.Query(t.Context(), sql, pgx.QueryResultFormats{format, pgx.BinaryFormatCode}, values)
	require.NoError(t, err)
	d := &messages.Description{Fields: append([]pgconn.FieldDescription(nil), rows.FieldDescriptions()...)}
	for rows.Next() {
		if n := len(batches); n == 0 || batches[n-1].Rows() > 5 {
			batches = append(batches, batchOf(source, d))
		}
		batches[len(batches)-1].AppendRow(rows.RawValues())
	}
	require.NoError(t, rows.Err())
	return batches
}

// TestMergeHasSQLitesOrder does the same for SQLite's values of all storage classes in one column.
func TestMergeHasSQLitesOrder(t *testing.T) {
	all := append(append(append([]string{"null", "null", "'2024-02-29'", "'6ba7b810-9dad-11d1-80b4-00c04fd430c8'"}, sqliteTexts...), sqliteNumbers...), sqliteBlobs...)
	for _, declared := range []string{"", "boolean", "numeric", "integer", "real", "text", "date", "uuid", "json"} {
		for name, collation := range map[string]Collation{"binary": Bytewise, "nocase": NoCase, "rtrim": TrimRight} {
			t.Run(declared+"/"+name, func(t *testing.T) {
				conn := openSQLite(t)
				for _, sql := range []string{
					fmt.Sprintf("create table t (i integer primary key, v %s collate %s)", declared, name),
					"insert into t (v) values (" + strings.Join(all, "), (") + ")",
					"insert into t (v) select v from t",
				} {
					_, err := conn.Exec(t.Context(), sql, nil)
					require.NoError(t, err)
				}
				for _, desc := range []bool{false, true} {
					f := &batchFeed{}
					for source := range databaseSources {
						var batches []*messages.RowBatch
						direction := map[bool]string{true: "desc"}[desc]
						sqliteRows(t, conn, fmt.Sprintf(`with ranked as (select i, v, dense_rank() over (order by v %s) as r from t)
							select v, r from ranked where i %% %d = %d order by v %s`, direction, databaseSources, source, direction),
							func(d *messages.Description, raw [][]byte) {
								if n := len(batches); n == 0 || batches[n-1].Description != d {
									batches = append(batches, batchOf(source, d))
								}
								batches[len(batches)-1].AppendRow(raw)
							})
						f.batches = append(f.batches, batches)
					}
					requireRanks(t, messages.SQLite, f, Key{Desc: desc, NullsFirst: !desc, Collation: collation}, 2*len(all))
				}
			})
		}
	}
}
