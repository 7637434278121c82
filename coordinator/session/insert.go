package session

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"

	"github.com/troupedb/troupe/coordinator/mapping"
	"github.com/troupedb/troupe/messages"
)

// insert inserts rows of one table on one shard, parents first.
func (f *flushing) insert(shard messages.ShardID, group []*entry) error {
	for len(group) > 0 {
		batch, err := f.batch(shard, group)
		if err != nil {
			return err
		}
		group = group[len(batch):]
		if err := f.insertBatch(shard, batch); err != nil {
			return err
		}
	}
	return nil
}

// batch returns the first rows of a group that can be inserted at once: none of them needs the key that another is given by the
// database.
func (f *flushing) batch(shard messages.ShardID, group []*entry) ([]*entry, error) {
	before, noted := map[*entry]bool{}, 0 // the first ones of the group, when somebody asks
	for i, e := range group {
		refs := f.late[e]
		if len(refs) == 0 {
			continue
		}
		for _, ref := range refs {
			p := f.s.known(e.parent(ref))
			if p == nil || p.mapping != e.mapping {
				continue // its own group went before
			}
			for ; noted < i; noted++ {
				before[group[noted]] = true
			}
			if before[p] {
				return group[:i], nil
			}
		}
		if err := f.followLate(e, refs); err != nil {
			return nil, err
		}
		if err := f.checkDeclared(e, shard); err != nil {
			return nil, err
		}
	}
	return group, nil
}

// insertBatch inserts rows in as few statements as there can be.
func (f *flushing) insertBatch(shard messages.ShardID, rows []*entry) error {
	m := rows[0].mapping
	var given, auto []int
	for i, c := range m.Columns {
		if c.Auto {
			auto = append(auto, i)
		} else {
			given = append(given, i)
		}
	}
	per := 1
	switch {
	case len(given) == 0:
	case len(auto) == 0, autoInteger(m) >= 0:
		per = max(1, f.s.parameters(shard)/len(given))
	}
	for part := range slices.Chunk(rows, per) {
		if err := f.insertRows(shard, part, given, auto); err != nil {
			return err
		}
	}
	return nil
}

// autoInteger returns the integer column of the primary key that the database gives, by which returned rows are told apart; -1 if there
// is none.
func autoInteger(m *mapping.Struct) int {
	for _, k := range m.Keys {
		t := m.Columns[k].Type
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if v := reflect.New(t).Elem(); m.Columns[k].Auto && (v.CanInt() || v.CanUint()) {
			return k
		}
	}
	return -1
}

func (f *flushing) insertRows(shard messages.ShardID, rows []*entry, given, auto []int) error {
	m := rows[0].mapping
	back := returning(m, auto)
	t := f.s.insertText(shard, rows, given, back)
	if len(back) == 0 {
		tag, err := f.s.troupe.Exec(f.s.on(f.ctx, shard), t.String(), t.args...)
		if err != nil {
			return err
		}
		return insertedAll(m, shard, len(rows), int(tag.RowsAffected()))
	}
	var returned []reflect.Value
	err := f.s.query(f.ctx, shard, t.String(), t.args, func(r scanner) error {
		fresh := reflect.New(m.Type).Elem()
		returned = append(returned, fresh)
		return r.Scan(destinations(m, fresh, back)...)
	})
	if err != nil {
		return err
	}
	if err := insertedAll(m, shard, len(rows), len(returned)); err != nil {
		return err
	}
	if key := autoInteger(m); key >= 0 {
		slices.SortStableFunc(returned, func(a, b reflect.Value) int { return compareIntegers(m.Field(a, key), m.Field(b, key)) })
		if err := f.checkRowids(shard, m, key, returned); err != nil {
			return err
		}
	}
	for i, e := range rows {
		for _, column := range auto {
			if err := e.set(column, m.Field(returned[i], column).Interface()); err != nil {
				return err
			}
		}
	}
	if len(back) > len(auto) {
		return checkTexts(shard, rows, returned)
	}
	return nil
}

func insertedAll(m *mapping.Struct, shard messages.ShardID, want, have int) error {
	if want == have {
		return nil
	}
	return &messages.Error{
		Code: messages.ErrStatement, Shard: shard, Op: "flush",
		Detail: fmt.Sprintf("%d rows were to be inserted into %s, and the database says that %d were: does a trigger or rule take some away?",
			want, m.Table, have),
	}
}

func compareIntegers(a, b reflect.Value) int {
	for a.Kind() == reflect.Pointer && b.Kind() == reflect.Pointer && !a.IsNil() && !b.IsNil() {
		a, b = a.Elem(), b.Elem()
	}
	switch {
	case a.CanInt() && b.CanInt():
		return cmp.Compare(a.Int(), b.Int())
	case a.CanUint() && b.CanUint():
		return cmp.Compare(a.Uint(), b.Uint())
	default:
		return 0
	}
}

func (s *Session) insertText(shard messages.ShardID, rows []*entry, given, returned []int) *text {
	m := rows[0].mapping
	t := s.bareText(shard)
	t.add("INSERT INTO ", mapping.QuoteTable(m.Table))
	if len(given) == 0 {
		t.add(" DEFAULT VALUES")
	} else {
		t.add(" (", mapping.QuoteAll(m.NamesAt(given)), ") VALUES ")
		for i, e := range rows {
			if i > 0 {
				t.add(", ")
			}
			for n, v := range m.Values(e.value, given) {
				t.add([]string{"(", ", "}[min(n, 1)], t.arg(v))
			}
			t.add(")")
		}
	}
	if len(returned) > 0 {
		t.add(" RETURNING ", mapping.QuoteAll(m.NamesAt(returned)))
	}
	return t
}
