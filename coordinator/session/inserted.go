package session

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/troupedb/troupe/coordinator/mapping"
	"github.com/troupedb/troupe/messages"
)

// returning returns the columns that an INSERT returns: those that the database gives, and the primary key if it has a text, which the
// database may keep in another form than it was given.
func returning(m *mapping.Struct, auto []int) []int {
	columns := slices.Clone(auto)
	for _, k := range m.Keys {
		t := m.Columns[k].Type
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if t.Kind() == reflect.String && !m.Columns[k].Auto {
			columns = append(columns, m.Keys...)
			slices.Sort(columns)
			return slices.Compact(columns)
		}
	}
	return columns
}

// checkTexts refuses rows whose key is another to the database than to the object: a UUID in capitals, a char(n) without its blanks.
// Reading them would make a second object.
func checkTexts(shard messages.ShardID, rows []*entry, returned []reflect.Value) error {
	m := rows[0].mapping
	there := map[messages.PrimaryKey]bool{}
	last := messages.PrimaryKey{}
	for _, r := range returned {
		pk, err := m.PrimaryKey(r)
		if err != nil {
			return err
		}
		there[pk], last = true, pk
	}
	for _, e := range rows {
		pk, err := m.PrimaryKey(e.value)
		if err != nil {
			return err
		}
		if there[pk] {
			continue
		}
		example := ""
		if len(rows) == 1 {
			example = ", which is " + last.String()
		}
		return &messages.Error{
			Code: messages.ErrInvalidRequest, Shard: shard, Op: "flush",
			Detail: fmt.Sprintf("%s(%v): the database has the key in another form%s: give keys as it returns them", m.Table, pk, example),
		}
	}
	return nil
}

// checkRowids refuses rowids that SQLite didn't count up, so that nobody can say which is whose: where the largest is in use it gives
// random ones. Returned are in ascending order.
func (f *flushing) checkRowids(shard messages.ShardID, m *mapping.Struct, key int, returned []reflect.Value) error {
	if f.s.parameters(shard) != parametersSQLite {
		return nil // sequences leave gaps
	}
	for i := 1; i < len(returned); i++ {
		if a, b := plainInteger(m.Field(returned[i-1], key)), plainInteger(m.Field(returned[i], key)); b != a+1 {
			return &messages.Error{
				Code: messages.ErrStatement, Shard: shard, Op: "flush",
				Detail: fmt.Sprintf("the keys that were given to new rows of %s aren't consecutive, so that it isn't clear which is whose: "+
					"is the largest in use? Insert them one by one, or see Config.IDs", m.Table),
			}
		}
	}
	return nil
}

func plainInteger(field reflect.Value) uint64 {
	for field.Kind() == reflect.Pointer && !field.IsNil() {
		field = field.Elem()
	}
	switch {
	case field.CanInt():
		return uint64(field.Int())
	case field.CanUint():
		return field.Uint()
	default:
		return 0
	}
}
