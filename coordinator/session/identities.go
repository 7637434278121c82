package session

import "github.com/troupedb/troupe/messages"

// identities finds the entries that have a row by that: by table and primary key, and among equal ones by their shard. The zero value is
// empty.
type identities struct {
	tables map[string]map[messages.PrimaryKey]*entry // the first that has it, which leads to its twins
}

// get returns the entry of a row; nil if there is none.
func (i *identities) get(key messages.Key) *entry {
	e := i.tables[key.Table][key.PK]
	for e != nil && e.key.Shard != key.Shard {
		e = e.twin
	}
	return e
}

// all returns the entries of a row on all shards, in the order in which they were put there.
func (i *identities) all(r row) []*entry {
	var twins []*entry
	for e := i.tables[r.table][r.pk]; e != nil; e = e.twin {
		twins = append(twins, e)
	}
	return twins
}

// only returns the entry of a row on any shard; nil if there is none, or more than one.
func (i *identities) only(r row) *entry {
	if e := i.tables[r.table][r.pk]; e != nil && e.twin == nil {
		return e
	}
	return nil
}

// put adds an entry by its key. REQUIRES: there is none of that key.
func (i *identities) put(e *entry) {
	rows := i.tables[e.key.Table]
	if rows == nil {
		rows = i.reserve(e.key.Table, 0)
	}
	first := rows[e.key.PK]
	if first == nil {
		rows[e.key.PK] = e
		return
	}
	for first.twin != nil {
		first = first.twin
	}
	first.twin = e
}

// remove takes out an entry, whose key is still what it was put by.
func (i *identities) remove(e *entry) {
	rows := i.tables[e.key.Table]
	before := rows[e.key.PK]
	switch {
	case before == e && e.twin == nil:
		delete(rows, e.key.PK)
	case before == e:
		rows[e.key.PK] = e.twin
	default:
		for before.twin != e {
			before = before.twin
		}
		before.twin = e.twin
	}
	e.twin = nil
}

// reserve makes room for so many more rows of a table, where that saves time: a map that grows is filled anew again and again.
func (i *identities) reserve(table string, more int) map[messages.PrimaryKey]*entry {
	rows := i.tables[table]
	if rows != nil && more <= len(rows) {
		return rows
	}
	roomy := make(map[messages.PrimaryKey]*entry, len(rows)+more)
	for pk, e := range rows {
		roomy[pk] = e
	}
	if i.tables == nil {
		i.tables = map[string]map[messages.PrimaryKey]*entry{}
	}
	i.tables[table] = roomy
	return roomy
}

// reset empties the index. The entries that were in it are to be put anew, or given up: twins is all of them.
func (i *identities) reset(twins []*entry) {
	for _, rows := range i.tables {
		clear(rows)
	}
	for _, e := range twins {
		e.twin = nil
	}
}
