package sqlite_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

func TestParse(t *testing.T) {
	for dsn, want := range map[string]sqlite.Config{
		"sqlite:europe.db":                     {Path: "europe.db"},
		"sqlite:path/to/file.db":               {Path: "path/to/file.db"},
		"sqlite:/var/lib/a.db?mode=ro":         {Path: "/var/lib/a.db", Mode: sqlite.ReadOnly},
		"sqlite:file:a.db?mode=rw":             {Path: "a.db", Mode: sqlite.ReadWrite},
		"sqlite:a%3Fb%25%23.db":                {Path: "a?b%#.db"},
		"sqlite:asia?mode=memory":              {Path: "asia", Mode: sqlite.Memory},
		"sqlite:?mode=memory":                  {Mode: sqlite.Memory},
		"sqlite::memory:":                      {Mode: sqlite.Memory},
		"sqlite::memory:asia":                  {Path: "asia", Mode: sqlite.Memory},
		"sqlite:a.db?busy_timeout=250":         {Path: "a.db", BusyTimeout: 250 * time.Millisecond},
		"sqlite:a.db?busy_timeout=2s":          {Path: "a.db", BusyTimeout: 2 * time.Second},
		"sqlite:a.db?foreign_keys=off":         {Path: "a.db", NoForeignKeys: true},
		"sqlite:a.db?foreign_keys=1&readers=2": {Path: "a.db", Readers: 2},
		"sqlite:a.db?group_commit=off":         {Path: "a.db", NoGroupCommit: true},
		"sqlite:a.db?caller_runs=on":           {Path: "a.db", CallerRuns: true},
		"sqlite:a.db?journal_mode=delete&synchronous=normal&max_row_bytes=9000&statements=3&cache_bytes=65536": {
			Path: "a.db", Journal: "delete", Synchronous: "normal", MaxRowBytes: 9000, Statements: 3, CacheBytes: 65536,
		},
	} {
		cfg, err := sqlite.Parse(dsn)
		require.NoError(t, err, dsn)
		require.Equal(t, want, cfg, dsn)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, dsn := range []string{
		"", "europe.db", "postgres://u:secret@h/d", "sqlite:", "sqlite:?mode=rw", "sqlite:///a.db", "sqlite://host/a.db",
		"sqlite:a%zz.db", "sqlite:a#b.db", "sqlite:a.db?mode=fast", "sqlite:a.db?cache=shared", "sqlite:a.db?_pragma=x",
		"sqlite:a.db?readers=x", "sqlite:a.db?readers=1&readers=2", "sqlite::memory:?mode=ro", "sqlite:a.db?foreign_keys=maybe",
		"sqlite:a.db?busy_timeout=soon", "sqlite:a.db?%zz",
	} {
		_, err := sqlite.Parse(dsn)
		require.ErrorIs(t, err, messages.ErrInvalidConfig, dsn)
		require.NotContains(t, err.Error(), "secret")
	}
}

func TestNewRefuses(t *testing.T) {
	for name, cfg := range map[string]sqlite.Config{
		"no path":            {},
		"memory as a path":   {Path: ":memory:"},
		"unknown mode":       {Path: "a", Mode: "fast"},
		"unknown journal":    {Path: "a", Journal: "OFF"},
		"SQL in synchronous": {Path: "a", Synchronous: "FULL; DROP TABLE t"},
		"NUL":                {Path: "a\x00b"},
		"negative":           {Path: "a", Readers: -1},
		"tiny rows":          {Path: "a", MaxRowBytes: 5},
		"huge rows":          {Path: "a", MaxRowBytes: 2_000_000_000},
	} {
		_, err := sqlite.New(cfg)
		require.ErrorIs(t, err, messages.ErrInvalidConfig, name)
	}
}

func TestLanes(t *testing.T) {
	b := open(t, sqlite.Config{Path: "lanes", Mode: sqlite.Memory, Readers: 3})
	require.Equal(t, []int{3, 1}, b.Lanes())
	require.Equal(t, messages.SQLite, b.Dialect())
	require.False(t, b.Prompt(), "one instruction can take seconds")
	require.True(t, open(t, sqlite.Config{Mode: sqlite.Memory, CallerRuns: true}).Prompt())
	for sql, lane := range map[string]int{
		"select 1":                             readers,
		"with a as (select 1) select * from a": readers,
		"values (1)":                           readers,
		"explain query plan select 1":          readers,
		"select 'insert'":                      readers,
		"insert into t values (1)":             writer,
		"with a as (select 1) insert into t select * from a": writer,
		"pragma user_version":                                writer,
		"begin":                                              writer,
		"select 1; delete from t":                            writer,
		"create table t (a)":                                 writer,
		"vacuum":                                             writer,
		"":                                                   writer,
	} {
		require.Equal(t, lane, b.Lane(sql, true), sql)
	}
}

func TestReadersCannotWrite(t *testing.T) {
	b, _ := openFile(t)
	exec(t, b, "create table t (a)")
	_, err := acquire(t, b, readers).Exec(background(t), "insert into t values (1)", nil)
	require.ErrorIs(t, err, messages.ErrUnwritable)
	var cause *sqlite.Error
	require.ErrorAs(t, err, &cause)
	require.Equal(t, 8, cause.Code())
}

func TestOnConnect(t *testing.T) {
	b := open(t, sqlite.Config{Mode: sqlite.Memory, OnConnect: "pragma case_sensitive_like=1; pragma temp_store=2"})
	require.Equal(t, int64(0), one(t, b, "select 'A' like 'a'"))

	bad, err := sqlite.New(sqlite.Config{Mode: sqlite.Memory, OnConnect: "nonsense"})
	require.ErrorIs(t, err, messages.ErrStatement)
	require.Nil(t, bad)
}
