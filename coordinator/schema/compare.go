package schema

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/troupedb/troupe/messages"
)

const (
	missing = "missing"
	present = "present"
)

// comparison is one Drift after the shards have answered.
type comparison struct {
	shards []*catalogue // in configuration order
	mixed  bool         // of more than one dialect
	found  *Differences
}

// compare finds the differences. only lists the tables that are asked for, or is empty for all; except those that aren't.
func compare(shards []*catalogue, only, except []string) *Differences {
	c := &comparison{shards: shards, found: &Differences{Shards: []messages.ShardID{}, List: []Difference{}}}
	key := func(name string) string { return name }
	for _, s := range shards {
		c.found.Shards = append(c.found.Shards, s.shard)
		c.mixed = c.mixed || s.dialect != shards[0].dialect
		if s.dialect == messages.SQLite {
			key = folded
		}
	}
	names := map[string]bool{}
	for _, s := range shards {
		if c.mixed {
			s.fold()
		}
		for name := range s.tables {
			names[name] = name != versionTable
		}
	}
	if len(only) > 0 {
		clear(names)
		for _, name := range only {
			names[key(name)] = true
		}
	}
	for _, name := range except {
		delete(names, key(name))
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if names[name] {
			c.table(name)
		}
	}
	return c.found
}

// fold makes PostgreSQL's names comparable with SQLite's. Where two names differ by their case only, the second keeps it.
func (s *catalogue) fold() {
	tables := map[string]*table{}
	for _, name := range slices.Sorted(maps.Keys(s.tables)) {
		t := s.tables[name]
		if key := folded(name); tables[key] == nil {
			t.name = key
		}
		tables[t.name] = t
		seen := map[string]bool{}
		for _, c := range t.columns {
			if key := folded(c.name); !seen[key] {
				c.name = key
			}
			seen[c.name] = true
		}
		for i, name := range t.key {
			t.key[i] = folded(name)
		}
		for i := range t.indexes {
			t.indexes[i].plain = folded(t.indexes[i].plain)
		}
	}
	s.tables = tables
}

// holding is one table on one shard that has it.
type holding struct {
	*table
	shard   messages.ShardID
	dialect messages.Dialect
}

func (c *comparison) table(name string) {
	var holders []holding
	there := c.of(name, "", TableMissing)
	for _, s := range c.shards {
		if t := s.tables[name]; t != nil {
			holders = append(holders, holding{t, s.shard, s.dialect})
			there.add(present, s.shard)
		} else {
			there.add(missing, s.shard)
		}
	}
	if len(holders) == 0 { // it was asked for
		c.found.List = append(c.found.List, there.Difference)
		return
	}
	there.note()
	c.exactly(name, "", TableOptions, holders, func(h holding) string { return h.options })
	c.columns(name, holders)
	if !c.mixed || !c.differs(name, "", PrimaryKey, holders, func(h holding) string { return columnList(h.key) }) {
		c.exactly(name, "", PrimaryKey, holders, func(h holding) string { return cmp.Or(h.keyForm, "none") })
	}
	c.indexes(name, holders)
}

func columnList(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return "(" + strings.Join(names, ", ") + ")"
}

func (c *comparison) columns(name string, holders []holding) {
	var names []string // of any holder, in the order in which they are met
	common := map[string]int{}
	for _, h := range holders {
		for _, column := range h.columns {
			if common[column.name]++; common[column.name] == 1 {
				names = append(names, column.name)
			}
		}
	}
	for _, column := range names {
		there := c.of(name, column, ColumnMissing)
		var having []holding
		for _, h := range holders {
			if h.column(column) == nil {
				there.add(missing, h.shard)
				continue
			}
			there.add(present, h.shard)
			having = append(having, h)
		}
		there.note()
		c.column(name, column, having)
	}
	c.differs(name, "", ColumnOrder, holders, func(h holding) string {
		var shared []string
		for _, column := range h.columns {
			if common[column.name] == len(holders) {
				shared = append(shared, column.name)
			}
		}
		return columnList(shared)
	})
}

func (c *comparison) column(name, column string, having []holding) {
	if !c.mixed || !c.differs(name, column, ColumnType, having, func(h holding) string { return h.column(column).class }) {
		c.exactly(name, column, ColumnType, having, func(h holding) string { return h.column(column).exact })
	}
	c.differs(name, column, ColumnNull, having, func(h holding) string {
		if h.column(column).notNull || c.mixed && slices.Contains(h.key, column) { // SQLite's keys take NULL by mistake, or only seem to
			return "not null"
		}
		return "null"
	})
	c.exactly(name, column, ColumnDefault, having, func(h holding) string { return cmp.Or(h.column(column).value, "none") })
}

func (c *comparison) indexes(name string, holders []holding) {
	for _, dialect := range []messages.Dialect{messages.PostgreSQL, messages.SQLite} {
		same := speaking(holders, dialect)
		c.eachIndex(name, same, func(x index) string {
			if c.mixed && x.plain == x.exact {
				return "" // compared with the other dialect's
			}
			return x.exact
		})
	}
	if c.mixed {
		c.eachIndex(name, holders, func(x index) string { return x.plain })
	}
}

// eachIndex compares the indexes by the form that is asked for, where they have one.
func (c *comparison) eachIndex(name string, holders []holding, form func(index) string) {
	forms := map[string]map[messages.ShardID]bool{}
	for _, h := range holders {
		for _, x := range h.indexes {
			if f := form(x); f != "" {
				if forms[f] == nil {
					forms[f] = map[messages.ShardID]bool{}
				}
				forms[f][h.shard] = true
			}
		}
	}
	for _, f := range slices.Sorted(maps.Keys(forms)) {
		c.differs(name, "", Index, holders, func(h holding) string {
			if forms[f][h.shard] {
				return f
			}
			return missing
		})
	}
}

// exactly compares something among the shards of each dialect.
func (c *comparison) exactly(name, column string, aspect Aspect, holders []holding, form func(holding) string) {
	for _, dialect := range []messages.Dialect{messages.PostgreSQL, messages.SQLite} {
		c.differs(name, column, aspect, speaking(holders, dialect), form)
	}
}

// differs compares something among the shards, and reports whether it isn't the same on all.
func (c *comparison) differs(name, column string, aspect Aspect, holders []holding, form func(holding) string) bool {
	d := c.of(name, column, aspect)
	for _, h := range holders {
		d.add(form(h), h.shard)
	}
	return d.note()
}

func speaking(holders []holding, dialect messages.Dialect) []holding {
	var list []holding
	for _, h := range holders {
		if h.dialect == dialect {
			list = append(list, h)
		}
	}
	return list
}

// candidate is a difference, if its variants turn out to be several.
type candidate struct {
	Difference
	of *comparison
}

func (c *comparison) of(name, column string, aspect Aspect) *candidate {
	return &candidate{Difference{Table: name, Column: column, Aspect: aspect}, c}
}

func (d *candidate) add(value string, shard messages.ShardID) {
	for i := range d.Variants {
		if d.Variants[i].Value == value {
			d.Variants[i].Shards = append(d.Variants[i].Shards, shard)
			return
		}
	}
	d.Variants = append(d.Variants, Variant{Value: value, Shards: []messages.ShardID{shard}})
}

// note keeps the difference if it is one, and reports whether it is.
func (d *candidate) note() bool {
	if len(d.Variants) < 2 {
		return false
	}
	d.of.found.List = append(d.of.found.List, d.Difference)
	return true
}
