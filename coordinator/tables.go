package coordinator

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/keyset"
	"github.com/troupedb/troupe/messages"
)

// Tables declares tables by name; one that is not in PostgreSQL's public or SQLite's main by schema and name, "archive.users", too if
// statements call it so. A declared table's rows live where its route says, each on one shard, and
// nowhere else: that is what narrowing and merging build on. Who writes past the routes, with a pin or with a client
// of the database, vouches for it.
//
// Where tables are declared, statements need no chooser, and one over a table that isn't is refused over several shards.
type Tables map[string]Table

// Table declares one table.
type Table struct {
	// Key is the column that a row's shard is computed from; Keys are the columns if there are several. Their values are
	// never NULL and never updated; two values that the database finds equal are equal bytes: no citext, no NOCASE, no float.
	Key  string
	Keys []string
	// Type is the type of Key, Types are those of Keys. Defaults to the type of the route's own values, if it has any.
	Type  KeyType
	Types []KeyType
	// Route says where a key lives. It is required but for a reference table.
	Route Route
	// Group names tables whose rows live together if their keys are equal: they can be joined by key. Their routes must be the
	// same. Defaults to none: the table is joined by key with itself only.
	Group string
	// Reference says that every shard has all rows of the table, so that it can be joined anywhere. Defaults to false.
	Reference bool
	// Columns are the table's columns in order, for an INSERT without a column list. Defaults to unknown: such an INSERT is
	// refused over several shards.
	Columns []string
}

// KeyType is the type of a key column.
type KeyType = keyset.Type

// The key types. An Integer is of any width; a Text is compared by its bytes.
const (
	Integer = keyset.Integer
	Text    = keyset.Text
	UUID    = keyset.UUID
	Bytes   = keyset.Bytes
)

// catalogue is what a troupe knows of its tables: the declarations, and where keys live.
type catalogue struct {
	declared *statement.Catalogue
	routers  map[*statement.Table]router
	pure     bool // no route calls code of the user
}

// compile checks the declarations and makes them ready for use.
func (t Tables) compile(index map[messages.ShardID]int) (*catalogue, error) {
	c := &catalogue{
		declared: &statement.Catalogue{Tables: map[string]*statement.Table{}, Closed: len(t) > 0},
		routers:  map[*statement.Table]router{},
		pure:     true,
	}
	groups := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(t)) {
		table := t[name]
		declared, r, err := table.compile(name, index)
		if err != nil {
			return nil, err
		}
		if c.declared.Tables[declared.Name] != nil {
			return nil, invalidTable(name, "it is declared twice: names are in lower case")
		}
		c.declared.Tables[declared.Name] = declared
		c.routers[declared] = r
		if _, custom := r.(customRouter); custom {
			c.pure = false
		}
		if other, ok := groups[table.Group]; ok && table.Group != "" {
			if err := sameGroup(name, table, declared, other, t[other], c.declared.Tables[strings.ToLower(other)]); err != nil {
				return nil, err
			}
		}
		groups[table.Group] = name
	}
	return c, nil
}

func (t Table) compile(name string, index map[messages.ShardID]int) (*statement.Table, router, error) {
	declared := &statement.Table{
		Name: strings.ToLower(name), Reference: t.Reference, Group: t.Group, Columns: lowered(t.Columns),
	}
	if problem := t.problem(name); problem != "" {
		return nil, nil, invalidTable(name, problem)
	}
	if t.Reference {
		return declared, nil, nil
	}
	keys, types := t.Keys, t.Types
	if t.Key != "" {
		keys, types = []string{t.Key}, []KeyType{t.Type}
	}
	if types == nil {
		types = make([]KeyType, len(keys))
	}
	for i, key := range lowered(keys) {
		if types[i] > keyset.Bytes {
			return nil, nil, invalidTable(name, fmt.Sprintf("key %q has an unknown type", key))
		}
		declared.Keys = append(declared.Keys, statement.KeyColumn{Name: key, Type: types[i]})
	}
	r, err := t.Route.compile(declared.Keys, index)
	if err != nil {
		return nil, nil, invalidTable(name, err.Error())
	}
	return declared, r, nil
}

// problem returns what is wrong with the declaration by itself, or "".
func (t Table) problem(name string) string {
	switch {
	case name == "" || strings.Count(name, ".") > 1 || strings.HasPrefix(name, ".") || strings.HasSuffix(name, "."):
		return "it is no name of a table"
	case strings.HasPrefix(strings.ToLower(name), "public."), strings.HasPrefix(strings.ToLower(name), "main."):
		return "leave out public or main: that is what a name without schema means"
	case t.Key != "" && (t.Keys != nil || t.Types != nil), t.Key == "" && t.Type != keyset.Unknown:
		return "Key goes with Type, and Keys with Types: use one pair"
	case twice(t.Columns) != "":
		return fmt.Sprintf("column %q is named twice", twice(t.Columns))
	case slices.Contains(t.Columns, ""):
		return "a column has no name"
	case t.Reference && (t.Key != "" || len(t.Keys) > 0 || len(t.Types) > 0 || t.Route != nil || t.Group != ""):
		return "a reference table has no key, no route and no group"
	case t.Reference:
		return ""
	case t.Key == "" && (len(t.Keys) == 0 || slices.Contains(t.Keys, "")):
		return "it has no key, and is no reference table"
	case twice(t.Keys) != "":
		return fmt.Sprintf("key %q is named twice", twice(t.Keys))
	case t.Route == nil || reflect.ValueOf(t.Route).Kind() == reflect.Pointer && reflect.ValueOf(t.Route).IsNil():
		return "it has no route"
	case t.Types != nil && len(t.Types) != len(t.Keys):
		return fmt.Sprintf("%d types for %d keys", len(t.Types), len(t.Keys))
	}
	if len(t.Columns) > 0 {
		for _, key := range append(slices.Clone(t.Keys), t.Key) {
			if key != "" && !slices.ContainsFunc(t.Columns, func(c string) bool { return strings.EqualFold(c, key) }) {
				return fmt.Sprintf("key %q isn't among its columns", key)
			}
		}
	}
	return ""
}

// twice returns a name that is there twice, whatever its case; "" if none is.
func twice(names []string) string {
	low := lowered(names)
	for i, name := range low {
		if slices.Contains(low[:i], name) {
			return name
		}
	}
	return ""
}

// sameGroup checks that two tables of a group route alike.
func sameGroup(name string, t Table, d *statement.Table, otherName string, other Table, od *statement.Table) error {
	same := len(d.Keys) == len(od.Keys)
	for i := range d.Keys {
		same = same && d.Keys[i].Type == od.Keys[i].Type
	}
	if !same || !sameRoute(t.Route, other.Route) {
		return invalidTable(name, fmt.Sprintf("it is in group %q with %s, but keys or routes differ", t.Group, otherName))
	}
	return nil
}

func sameRoute(a, b Route) bool {
	f, isFunc := a.(RouteFunc)
	g, isFuncToo := b.(RouteFunc)
	if isFunc && isFuncToo {
		return sameFunc(f, g)
	}
	return reflect.DeepEqual(a, b)
}

func lowered(names []string) []string {
	if names == nil {
		return nil
	}
	low := make([]string, len(names))
	for i, n := range names {
		low[i] = strings.ToLower(n)
	}
	return low
}

func invalidTable(name, detail string) error {
	return invalidConfig(fmt.Sprintf("Tables[%q]: %s", cmp.Or(name, "?"), detail))
}
