package session

import (
	"context"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/troupedb/troupe/coordinator/mapping"
	"github.com/troupedb/troupe/messages"
)

// text is a statement that is being written, with its arguments.
type text struct {
	strings.Builder
	args []any
	bare bool // parameters are "?", each for one place
}

// bareText returns a text in which no parameter is used twice. SQLite takes "$1" for a name, and looks for it among all others: for as
// many parameters as it may have that is seconds.
func (s *Session) bareText(shard messages.ShardID) *text {
	return &text{bare: s.parameters(shard) == parametersSQLite}
}

func (t *text) add(parts ...string) {
	for _, p := range parts {
		t.WriteString(p)
	}
}

// arg adds an argument and returns its parameter.
func (t *text) arg(v any) string {
	t.args = append(t.args, v)
	if t.bare {
		return "?"
	}
	return "$" + strconv.Itoa(len(t.args))
}

// is returns the condition that columns have the values of key.
func (t *text) is(columns []string, key []any) string {
	var b strings.Builder
	for i, c := range columns {
		if i > 0 {
			b.WriteString(" AND ")
		}
		b.WriteString(mapping.Quote(c) + " = " + t.arg(key[i]))
	}
	return b.String()
}

// among adds the condition that columns have the values of one of keys.
func (t *text) among(columns []string, keys [][]any) {
	if len(columns) == 1 {
		t.add(mapping.Quote(columns[0]), " IN (")
		for i, key := range keys {
			if i > 0 {
				t.add(", ")
			}
			t.add(t.arg(key[0]))
		}
		t.add(")")
		return
	}
	for i, key := range keys {
		if i > 0 {
			t.add(" OR ")
		}
		t.add("(", t.is(columns, key), ")")
	}
}

// The largest numbers of parameters that a statement may have.
const (
	parametersPostgreSQL = 65535
	parametersSQLite     = 32766
)

// rowsPerStatement is how many rows a statement is for that looks at each by a condition of its own: what the database does for it
// grows with their square.
const rowsPerStatement = 128

// keysPerStatement is how many keys a statement looks for.
const keysPerStatement = 4096

func (s *Session) parameters(shard messages.ShardID) int {
	if b, err := s.troupe.Shard(shard); err == nil && b.Dialect() == messages.PostgreSQL {
		return parametersPostgreSQL
	}
	return parametersSQLite
}

// keysPer returns how many keys of a number of columns a statement looks for.
func keysPer(columns int) int {
	if columns > 1 {
		return rowsPerStatement
	}
	return keysPerStatement
}

// keysThere returns which of keys a table has on a shard.
func (s *Session) keysThere(ctx context.Context, shard messages.ShardID, m *mapping.Struct, keys [][]any) (map[messages.PrimaryKey]bool, error) {
	found := map[messages.PrimaryKey]bool{}
	for part := range slices.Chunk(keys, keysPer(len(m.Keys))) {
		t := s.bareText(shard)
		t.add("SELECT ", mapping.QuoteAll(m.KeyNames()), " FROM ", mapping.QuoteTable(m.Table), " WHERE ")
		t.among(m.KeyNames(), part)
		if err := s.queryKeys(ctx, shard, m, t, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// queryKeys runs a statement that returns primary keys, and adds them to found.
func (s *Session) queryKeys(ctx context.Context, shard messages.ShardID, m *mapping.Struct, t *text, found map[messages.PrimaryKey]bool) error {
	fresh := reflect.New(m.Type).Elem()
	dest := destinations(m, fresh, m.Keys)
	return s.query(ctx, shard, t.String(), t.args, func(rows scanner) error {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		pk, err := m.PrimaryKey(fresh)
		found[pk] = true
		return err
	})
}

// destinations returns where the columns at positions of v are scanned to.
func destinations(m *mapping.Struct, v reflect.Value, positions []int) []any {
	dest := make([]any, len(positions))
	for i, p := range positions {
		dest[i] = m.Field(v, p).Addr().Interface()
	}
	return dest
}

// scanned returns a new struct, by its pointer, with a row of all columns.
func scanned(m *mapping.Struct, rows scanner) (reflect.Value, error) {
	fresh := reflect.New(m.Type)
	return fresh, rows.Scan(destinations(m, fresh.Elem(), everyColumn(m))...)
}

// everyColumn returns the positions of all columns.
func everyColumn(m *mapping.Struct) []int {
	all := make([]int, len(m.Columns))
	for i := range all {
		all[i] = i
	}
	return all
}
