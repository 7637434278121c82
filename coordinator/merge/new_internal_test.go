package merge

import (
	"io"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/messages"
)

// readAll returns the ids of all rows, after looking at every value.
func readAll(t require.TestingT, m Merger, hidden int) []int64 {
	var ids []int64
	for {
		at, err := m.Next(background)
		if err == io.EOF {
			_, again := m.Next(background)
			require.Equal(t, io.EOF, again)
			return ids
		}
		require.NoError(t, err)
		fields := at.Batch().Description.Fields
		require.Len(t, at.Description().Fields, len(fields)-hidden)
		require.Len(t, at.Raw(), len(fields)-hidden)
		for i, f := range at.Description().Fields {
			require.Equal(t, fields[i].Name, f.Name)
			require.Equal(t, fields[i].DataTypeOID, f.DataTypeOID)
		}
		id, ok := readInt(at.Value(len(fields) - 1))
		require.True(t, ok)
		require.Equal(t, int(id/1000), at.Batch().Source)
		ids = append(ids, id)
	}
}

// TestOrderAgainstModel merges random sources and compares with a stable sort of them all.
func TestOrderAgainstModel(t *testing.T) {
	for _, dialect := range []messages.Dialect{messages.PostgreSQL, messages.SQLite} {
		t.Run(dialect.String(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				m := drawModel(t, dialect)
				m.ask(t)
				merger, err := New(&m.spec, m.feed(t), m.options)
				require.NoError(t, err)
				m.require(t, readAll(t, merger, m.spec.Hidden))
			})
		})
	}
}

// ask draws what comes after the order.
func (m *model) ask(t *rapid.T) {
	m.options.Limit = -1
	if m.spec.Cut = rapid.Bool().Draw(t, "cut"); m.spec.Cut {
		m.options.Offset = rapid.Int64Range(0, 10).Draw(t, "offset")
		m.options.Limit = rapid.Int64Range(-1, 10).Draw(t, "limit")
	}
	visible := true // an order of SELECT DISTINCT is over what is selected
	for _, k := range m.spec.Order {
		visible = visible && m.column(k) < modelVisible
	}
	kinds := []Distinct{AllRows, DistinctRows}
	if len(m.spec.Order) > 0 && visible {
		kinds = append(kinds, DistinctKeys)
	}
	m.spec.Distinct = rapid.SampledFrom(kinds).Draw(t, "distinct")
	if m.spec.Distinct == DistinctKeys {
		n := rapid.IntRange(1, len(m.spec.Order)).Draw(t, "distinct keys")
		m.spec.DistinctOn = rapid.Permutation(slices.Clone(m.spec.Order[:n])).Draw(t, "distinct on")
	}
}

// require requires the rows that the model answers with. Without an order only what was dropped is known.
func (m *model) require(t require.TestingT, got []int64) {
	all := slices.Concat(m.rows...)
	sorted := len(m.spec.Order) > 0
	if sorted {
		slices.SortStableFunc(all, m.compare)
	}
	kept := m.distinct(all)
	if sorted || m.options.Sources <= 1 {
		want := m.cut(kept)
		require.Len(t, got, len(want))
		for i, row := range want {
			require.Equal(t, row.id, got[i], "row %d", i)
		}
		return
	}
	require.Len(t, got, len(m.cut(kept)))
	byID := map[int64]modelRow{}
	for _, row := range all {
		byID[row.id] = row
	}
	var rows []modelRow
	for _, id := range got {
		row, ok := byID[id]
		require.True(t, ok)
		delete(byID, id)
		rows = append(rows, row)
	}
	require.Len(t, m.distinct(rows), len(rows), "a row repeats")
}

func (m *model) distinct(rows []modelRow) []modelRow {
	var kept []modelRow
	for _, row := range rows {
		repeats := slices.ContainsFunc(kept, func(k modelRow) bool { return m.same(k, row) })
		if m.spec.Distinct == AllRows || !repeats {
			kept = append(kept, row)
		}
	}
	return kept
}

func (m *model) same(a, b modelRow) bool {
	if m.spec.Distinct == DistinctKeys {
		for _, on := range m.spec.DistinctOn {
			i := slices.IndexFunc(m.spec.Order, func(k Key) bool { return k == on })
			if !equalModel(m.options.Order[i], a.values[m.column(on)], b.values[m.column(on)]) {
				return false
			}
		}
		return true
	}
	for column := range modelVisible {
		if !equalModel(m.options.Distinct, a.values[column], b.values[column]) {
			return false
		}
	}
	return true
}

func (m *model) cut(rows []modelRow) []modelRow {
	if !m.spec.Cut {
		return rows
	}
	rows = rows[min(int(m.options.Offset), len(rows)):]
	if m.options.Limit >= 0 {
		rows = rows[:min(int(m.options.Limit), len(rows))]
	}
	return rows
}
