package statement

import (
	"slices"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// level is what one block's FROM names.
type level struct {
	outer  *view // what the block sees of those around it; nil if it is the outermost
	vars   []*rangeVar
	merged []mergedColumn
	budget *budget
}

// budget bounds the work of finding out what names mean, which grows with the names times what they may mean. Beyond it they
// mean nothing that is known. It is kept until the analysis is finished, and not touched after that.
type budget struct {
	left     int
	finished bool
}

// maxSteps is how many range variables and columns are looked at for all names together.
const maxSteps = 1 << 24

// spend takes from the budget what a look at the view costs, and reports whether there was enough.
func (v view) spend() bool {
	b := v.level.budget
	if b == nil || b.finished {
		return true
	}
	b.left -= 1 + len(v.level.merged)
	for _, r := range v.level.vars[v.lo:v.hi] {
		b.left--
		if r.columns != nil {
			b.left -= len(r.columns.columns)
		}
	}
	return b.left > 0
}

// view is a part of a level that an expression sees: the range variables from lo to before hi.
type view struct {
	level  *level
	lo, hi int
}

// whole returns the view of everything in the level.
func (l *level) whole() view { return view{l, 0, len(l.vars)} }

// rangeVar is one item of a FROM that columns may be qualified with.
type rangeVar struct {
	name   string
	schema string // of a table without alias, if it is written
	table  *tree.Table
	decl   *Table
	entity *entity // of a sharded table
	// columns replace the declaration's, if it isn't just a table.
	columns *outputs
	base    bool // it is a table
	// hidden says that it is inside a join with an alias, nullable that it is on the null-extended side of an outer join.
	hidden, nullable bool
}

// outputs are the columns of a query, as far as they are known.
type outputs struct {
	columns []output
	// complete says that there are no others, and that they are in this order.
	complete bool
}

// output is one column. Without slot it is no key, without table it is no table's own column.
type output struct {
	name   string
	slot   *slot
	table  string
	column string
}

// presence says whether something has a column.
type presence uint8

const (
	absent presence = iota
	possible
	certain
)

// has says whether v has a column of that name.
func (v *rangeVar) has(name string) presence {
	if v.columns != nil {
		return v.columns.has(name)
	}
	if v.decl == nil {
		return possible
	}
	if v.decl.keyIndex(name) >= 0 {
		return certain
	}
	if len(v.decl.Columns) == 0 {
		return possible
	}
	if slices.Contains(v.decl.Columns, name) {
		return certain
	}
	return absent
}

// slot returns the key column that v has under that name, or nil.
func (v *rangeVar) slot(name string) *slot {
	if v.columns != nil {
		o := v.columns.find(name)
		if o == nil {
			return nil
		}
		return o.slot
	}
	if v.entity == nil || v.decl == nil {
		return nil
	}
	if i := v.decl.keyIndex(name); i >= 0 && i < len(v.entity.slots) {
		return &v.entity.slots[i]
	}
	return nil
}

// own returns the table and column that a column of v is, if it is a table's own.
func (v *rangeVar) own(name string) (table, column string, ok bool) {
	if v.columns == nil {
		if !v.base || v.table == nil {
			return "", "", false
		}
		return v.table.Name.Name, name, true
	}
	if o := v.columns.find(name); o != nil && o.table != "" {
		return o.table, o.column, true
	}
	return "", "", false
}

func (t *Table) keyIndex(name string) int {
	for i := range t.Keys {
		if t.Keys[i].Name == name {
			return i
		}
	}
	return -1
}

func (o *outputs) has(name string) presence {
	for i := range o.columns {
		if o.columns[i].name == name {
			return certain
		}
	}
	if o.complete {
		return absent
	}
	return possible
}

// find returns the one column of that name, or nil.
func (o *outputs) find(name string) *output {
	var found *output
	for i := range o.columns {
		if o.columns[i].name != name {
			continue
		}
		if found != nil {
			return nil
		}
		found = &o.columns[i]
	}
	return found
}

// mergedColumn is a column that USING or NATURAL makes one of two, for the range variables from lo to before hi. Without
// owner it isn't known to equal either.
type mergedColumn struct {
	name   string
	lo, hi int
	owner  *rangeVar
}

// resolved is what a column's name means.
type resolved struct {
	// in is the range variable it belongs to; nil if that isn't certain.
	in *rangeVar
	// up is how many blocks further out that is.
	up int
}

// resolve finds what a column belongs to, by the rules of both dialects: the innermost block that has the name decides.
func (v view) resolve(c *tree.Column) resolved {
	for up := 0; ; up++ {
		if !v.spend() {
			return resolved{}
		}
		var found *rangeVar
		var done bool
		if len(c.Qualifier) > 0 {
			found, done = v.qualified(c)
		} else {
			found, done = v.unqualified(c.Name.Name)
		}
		if done {
			return resolved{found, up}
		}
		if v.level.outer == nil {
			return resolved{}
		}
		v = *v.level.outer
	}
}

func (v view) qualified(c *tree.Column) (found *rangeVar, done bool) {
	name := c.Qualifier[len(c.Qualifier)-1].Name
	schema := ""
	if len(c.Qualifier) > 1 {
		schema = c.Qualifier[len(c.Qualifier)-2].Name
	}
	for _, r := range v.level.vars[v.lo:v.hi] {
		if r.hidden || r.name != name || schema != "" && !r.in(schema) {
			continue
		}
		if found != nil {
			return nil, true
		}
		found = r
	}
	return found, found != nil
}

// in reports whether v may be meant by its table's name with that schema before it.
func (v *rangeVar) in(schema string) bool {
	return v.base && v.table != nil && v.table.Alias == nil && (v.schema == "" || v.schema == schema)
}

func (v view) unqualified(name string) (found *rangeVar, done bool) {
	// The last of the joins is the outermost, and merges what those within it have merged already.
	for i := len(v.level.merged) - 1; i >= 0; i-- {
		if m := &v.level.merged[i]; m.name == name && v.lo <= m.lo && m.hi <= v.hi {
			if v.others(name, m.lo, m.hi) {
				return nil, true
			}
			return m.owner, true
		}
	}
	sure, maybe := 0, 0
	var candidate *rangeVar
	for _, r := range v.level.vars[v.lo:v.hi] {
		if r.hidden {
			continue
		}
		switch r.has(name) {
		case certain:
			sure++
			found = r
		case possible:
			maybe++
			candidate = r
		}
	}
	switch {
	case sure == 1 && maybe == 0:
		return found, true
	case sure == 0 && maybe == 0:
		return nil, false
	case sure == 0 && maybe == 1 && v.level.outer == nil:
		// It is this one's, or there is no such column.
		return candidate, true
	default:
		return nil, true
	}
}

// others reports whether a range variable outside lo to hi may have the column.
func (v view) others(name string, lo, hi int) bool {
	for i := v.lo; i < v.hi; i++ {
		if r := v.level.vars[i]; (i < lo || i >= hi) && !r.hidden && r.has(name) != absent {
			return true
		}
	}
	return false
}

// slot returns the key column that an expression is, and how many blocks further out it belongs; nil if it is none.
func (v view) slot(e tree.Expr) (*slot, resolved) {
	c, ok := tree.Bare(e).(*tree.Column)
	if !ok {
		return nil, resolved{}
	}
	r := v.resolve(c)
	if r.in == nil {
		return nil, r
	}
	return r.in.slot(c.Name.Name), r
}
