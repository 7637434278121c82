package sqlite_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

func TestCompany(t *testing.T) {
	b := memory(t)
	alone := open(t, sqlite.Config{Mode: sqlite.Memory, NoGroupCommit: true})
	for sql, want := range map[string]shardworker.Company{
		"select a from t where id = $1":                      shardworker.AmongReads,
		" -- a comment\nSELECT 1 ;\n;":                       shardworker.AmongReads,
		"values (1), (2)":                                    shardworker.AmongReads,
		"with w as (select 1) select * from w":               shardworker.AmongReads,
		"with w as materialized (values (1)) values (2)":     shardworker.AmongReads,
		"select ';' from t":                                  shardworker.AmongReads,
		"insert into t values ($1)":                          shardworker.AmongWrites,
		"REPLACE into t values (1);":                         shardworker.AmongWrites,
		"insert or rollback into t values (1) returning a":   shardworker.AmongWrites,
		"/* */ update t set a = 1":                           shardworker.AmongWrites,
		"delete from t":                                      shardworker.AmongWrites,
		"with w as (select 1) insert into t select * from w": shardworker.AmongWrites,
		"with w(\"select\") as (select 1) delete from t":     shardworker.AmongWrites,
		"":                   shardworker.Alone,
		";":                  shardworker.Alone,
		"select 1; select 2": shardworker.Alone,
		"insert into t values (1); insert into t values (2)": shardworker.Alone,
		"insert into t values (1); 'x'":                      shardworker.Alone,
		"insert into t values (1); -- done":                  shardworker.Alone,
		"select last_insert_rowid()":                         shardworker.Alone,
		"insert into t values (LAST_INSERT_ROWID())":         shardworker.Alone,
		"insert into t select \"Changes\"()":                 shardworker.Alone,
		"update t set a = total_changes()":                   shardworker.Alone,
		"explain select 1":                                   shardworker.Alone,
		"explain query plan delete from t":                   shardworker.Alone,
		"pragma user_version":                                shardworker.Alone,
		"pragma foreign_keys = 0":                            shardworker.Alone,
		"attach 'a' as b":                                    shardworker.Alone,
		"begin":                                              shardworker.Alone,
		"commit":                                             shardworker.Alone,
		"savepoint s":                                        shardworker.Alone,
		"create table insert_ (a)":                           shardworker.Alone,
		"create trigger x after insert on t begin delete from t; end": shardworker.Alone,
		"vacuum":  shardworker.Alone,
		"analyze": shardworker.Alone,
		"reindex": shardworker.Alone,
	} {
		require.Equal(t, want, b.Company(sql, nil, true), sql)
		if want == shardworker.AmongReads {
			require.Equal(t, shardworker.Alone, b.Company(sql, nil, false), "%s without its rows", sql)
		} else {
			require.Equal(t, want, b.Company(sql, nil, false), sql)
			require.Equal(t, shardworker.Alone, alone.Company(sql, nil, false), sql)
		}
	}
}

// TestCompaniesHaveOneLane: whatever the text, reads are for readers and writes for the writer.
func TestCompaniesHaveOneLane(t *testing.T) {
	b := memory(t)
	parts := rapid.SampledFrom([]string{
		"select", "insert", "into", "values", "with", "as", "(", ")", ";", "'", "\"", "`", "[", "]", "--", "/*", "*/", "\n", "update", "delete",
		"from", "t", "$1", "1", ",", "explain", "begin", "or", "replace", "returning", "\ufeff", "pragma", "é", ".", "changes",
	})
	rapid.Check(t, func(t *rapid.T) {
		sql := ""
		for _, part := range rapid.SliceOfN(parts, 1, 12).Draw(t, "parts") {
			sql += part + rapid.SampledFrom([]string{"", " "}).Draw(t, "space")
		}
		for _, wantRows := range []bool{false, true} {
			switch b.Company(sql, nil, wantRows) {
			case shardworker.AmongReads:
				require.Equal(t, readers, b.Lane(sql, wantRows), sql)
			case shardworker.AmongWrites:
				require.Equal(t, writer, b.Lane(sql, wantRows), sql)
			}
		}
	})
}

func BenchmarkCompany(b *testing.B) {
	backend := memory(b)
	for range b.N {
		backend.Company("insert into customer (id, name, description) values ($1, $2, $3) on conflict (id) do nothing", nil, false)
	}
}
