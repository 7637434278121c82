package session

import (
	"context"
	"slices"
	"strings"

	"github.com/troupedb/troupe/coordinator/mapping"
	"github.com/troupedb/troupe/messages"
)

// update updates rows of one table on one shard.
func (f *flushing) update(shard messages.ShardID, changes []*change) error {
	m := changes[0].e.mapping
	var columns []int // that any of them changes
	for _, c := range changes {
		if err := f.followLate(c.e, c.late); err != nil {
			return err
		}
		columns = append(columns, c.columns...)
	}
	slices.Sort(columns)
	columns = slices.Compact(columns)
	per := max(1, min(rowsPerStatement, f.s.parameters(shard)/(len(m.Keys)+1+len(columns))))
	for part := range slices.Chunk(changes, per) {
		rows := make([]*entry, len(part))
		for i, c := range part {
			rows[i] = c.e
		}
		found := map[messages.PrimaryKey]bool{}
		if err := f.s.queryKeys(f.ctx, shard, m, updateText(m, part, columns), found); err != nil {
			return err
		}
		if err := stale(shard, rows, found); err != nil {
			return err
		}
	}
	return nil
}

// updateText returns the statement that updates rows of one table. Each row's new values stand in a CASE, so that a column of a row
// that hasn't changed stays what it is by now, and parameters have their columns' types.
func updateText(m *mapping.Struct, changes []*change, columns []int) *text {
	t := &text{}
	is := make([]string, len(changes)) // conditions
	for i, c := range changes {
		is[i] = t.is(m.KeyNames(), c.e.keyValues())
	}
	t.add("UPDATE ", mapping.QuoteTable(m.Table), " SET ")
	for n, column := range columns {
		if n > 0 {
			t.add(", ")
		}
		name := mapping.Quote(m.Columns[column].Name)
		if len(changes) == 1 {
			t.add(name, " = ", t.arg(m.Field(changes[0].e.value, column).Interface()))
			continue
		}
		t.add(name, " = CASE")
		for i, c := range changes {
			if slices.Contains(c.columns, column) {
				t.add(" WHEN ", is[i], " THEN ", t.arg(m.Field(c.e.value, column).Interface()))
			}
		}
		t.add(" ELSE ", name, " END")
	}
	if m.Version >= 0 {
		version := mapping.Quote(m.Columns[m.Version].Name)
		t.add(", ", version, " = ", version, " + 1")
		for i, c := range changes {
			is[i] += " AND " + version + " = " + t.arg(c.e.known.Value(m.Version))
		}
	}
	t.add(" WHERE ")
	if len(is) == 1 {
		t.add(is[0])
	} else {
		t.add("(", strings.Join(is, ") OR ("), ")")
	}
	t.add(" RETURNING ", mapping.QuoteAll(m.KeyNames()))
	return t
}

// deleteRows deletes rows of one table on one shard.
func (s *Session) deleteRows(ctx context.Context, shard messages.ShardID, rows []*entry) error {
	m := rows[0].mapping
	columns := m.KeyNames()
	if m.Version >= 0 {
		columns = append(columns, m.Columns[m.Version].Name)
	}
	for part := range slices.Chunk(rows, keysPer(len(columns))) {
		keys := make([][]any, len(part))
		for i, e := range part {
			keys[i] = e.knownKey()
			if m.Version >= 0 {
				keys[i] = append(keys[i], e.known.Value(m.Version))
			}
		}
		t := s.bareText(shard)
		t.add("DELETE FROM ", mapping.QuoteTable(m.Table), " WHERE ")
		t.among(columns, keys)
		t.add(" RETURNING ", mapping.QuoteAll(m.KeyNames()))
		found := map[messages.PrimaryKey]bool{}
		if err := s.queryKeys(ctx, shard, m, t, found); err != nil {
			return err
		}
		if err := stale(shard, part, found); err != nil {
			return err
		}
	}
	return nil
}

// knownKey returns the values that the row's primary key had.
func (e *entry) knownKey() []any { return e.known.Values(e.mapping.Keys) }

// stale returns an error that names the rows which weren't found; nil if all were.
func stale(shard messages.ShardID, rows []*entry, found map[messages.PrimaryKey]bool) error {
	var missing []string
	for _, e := range rows {
		if !found[e.key.PK] {
			missing = append(missing, e.key.String())
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if len(missing) > 10 {
		missing = append(missing[:10], "…")
	}
	why := "they are gone"
	if rows[0].mapping.Version >= 0 {
		why = "they are gone, or somebody else has changed them"
	}
	return &messages.Error{Code: messages.ErrStale, Shard: shard, Op: "flush", Detail: strings.Join(missing, ", ") + ": " + why}
}
