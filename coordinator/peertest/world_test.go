package peertest_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// world has the same rows twice: in one database, and over shards.
type world struct {
	dialect messages.Dialect
	whole   *coordinator.Troupe // one database, which gets every text untouched
	troupe  *coordinator.Troupe
	config  coordinator.Config // of the troupe
}

// newWorld makes the databases, filled.
func newWorld(t *testing.T, dialect messages.Dialect) *world {
	t.Helper()
	w := &world{dialect: dialect}
	whole := quiet(shardworker.Shard{ID: "whole", DSN: database(t, dialect, "whole")})
	w.config = quiet()
	for _, id := range shards {
		w.config.Shards = append(w.config.Shards, shardworker.Shard{ID: id, DSN: database(t, dialect, string(id))})
	}
	w.config.Tables = declarations()
	w.whole, w.troupe = spawn(t, whole), spawn(t, w.config)
	w.run(t, func(table *table, _ messages.ShardID) string { return table.create() })
	w.refill(t)
	return w
}

func declarations() coordinator.Tables {
	declared := coordinator.Tables{}
	for _, table := range tables {
		if table.name != strangers.name {
			declared[table.name] = table.declare
		}
	}
	return declared
}

func quiet(shards ...shardworker.Shard) coordinator.Config {
	return coordinator.Config{Shards: shards, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
}

// database makes an empty database.
func database(t *testing.T, dialect messages.Dialect, name string) shardworker.DSN {
	t.Helper()
	if dialect == postgres {
		return shardworker.DSN(pgtest.Shared(t).DSN() + "&pool_max_conns=3")
	}
	return shardworker.DSN("sqlite:" + filepath.Join(t.TempDir(), name+".db") + "?synchronous=OFF")
}

func spawn(t *testing.T, cfg coordinator.Config) *coordinator.Troupe {
	t.Helper()
	troupe, err := coordinator.Spawn(within(t), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, troupe.Close(within(t))) })
	return troupe
}

// refill gives every table its first rows back.
func (w *world) refill(t *testing.T) {
	t.Helper()
	w.run(t, (*table).fill)
}

// run runs a script for each table on every database. It is given the shard; "" for the whole.
func (w *world) run(t *testing.T, script func(*table, messages.ShardID) string) {
	t.Helper()
	all := func(shard messages.ShardID) string {
		var scripts []string
		for i := range tables {
			scripts = append(scripts, script(&tables[i], shard))
		}
		return strings.Join(scripts, "; ")
	}
	exec(t, w.whole, "whole", all(""))
	for _, id := range shards {
		exec(t, w.troupe, id, all(id))
	}
}

func exec(t *testing.T, troupe *coordinator.Troupe, shard messages.ShardID, sql string) {
	t.Helper()
	_, err := troupe.Exec(coordinator.OnShard(within(t), shard), sql)
	require.NoError(t, err, "%s on %s", sql, shard)
}

// answer is what came of a query: each row as its values with a space between, and each column as its name and type.
type answer struct {
	rows, columns []string
}

// ask runs a query to its end.
func ask(ctx context.Context, troupe *coordinator.Troupe, sql string, args ...any) (answer, error) {
	rows, err := troupe.Query(ctx, sql, args...)
	if err != nil {
		return answer{}, err
	}
	defer rows.Close()
	a := answer{columns: columns(rows)}
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			return answer{}, err
		}
		a.rows = append(a.rows, line(values))
	}
	return a, rows.Err()
}

// columns returns what the rows declare. In SQLite a value has its own type, and a column's before the first row is no more
// than a declaration.
func columns(rows pgx.Rows) []string {
	var all []string
	for _, f := range rows.FieldDescriptions() {
		all = append(all, fmt.Sprintf("%s %d", f.Name, f.DataTypeOID))
	}
	return all
}

func line(values []any) string {
	cells := make([]string, len(values))
	for i, v := range values {
		cells[i] = cell(v)
	}
	return strings.Join(cells, " ")
}

// cell writes a value so that the dialects' true are the same.
func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case bool:
		if v {
			return "1"
		}
		return "0"
	case float64:
		return fmt.Sprintf("%g", v)
	case pgtype.Numeric:
		text, err := v.Value()
		if err != nil {
			return err.Error()
		}
		return fmt.Sprint(text)
	case []byte:
		return string(v)
	default:
		return fmt.Sprint(v)
	}
}

// sorted returns rows whose order isn't promised in one that can be compared.
func sorted(rows []string) []string { return slices.Sorted(slices.Values(rows)) }
