package oracletest

import "github.com/troupedb/troupe/messages"

// statement is what is run: a query or a write.
type statement struct {
	query *query
	write *write
	shape string // what the generator meant, for the report
	// oddity makes the text's white space, comments and case odd; 0 doesn't.
	oddity uint64
	style  int
	// inline makes literals of all values.
	inline bool
}

// write is an INSERT, UPDATE or DELETE.
type write struct {
	verb  string // insert into, update, delete from, …
	table *table
	alias string

	columns []string
	rows    [][]*expression
	query   *query
	// conflict says that there is an ON CONFLICT; without sets it does nothing.
	conflict bool
	sets     []assignment
	from     *source
	where    *expression

	returning []target
}

type assignment struct {
	column string
	value  *expression
}

// render returns a statement's text and arguments.
func (s *statement) render(d messages.Dialect) (string, []any) {
	w := s.rendered(d, s.style)
	if w.repeats && s.style == 2 { // "?" can't be repeated
		w = s.rendered(d, 1)
	}
	return w.b.String(), w.args
}

func (s *statement) rendered(d messages.Dialect, style int) *writer {
	w := &writer{dialect: d, numbers: map[*value]int{}, style: style, inline: s.inline}
	if s.oddity != 0 {
		w.odd = random(s.oddity, 1)
	}
	if s.query != nil {
		s.query.write(w)
	} else {
		s.write.write(w)
	}
	if w.odd != nil && w.odd.IntN(4) == 0 {
		w.b.WriteString(among(w.odd, []string{";", " ; ", " -- the end", " /* where k = 2 */"}))
	}
	return w
}

func (s *write) write(w *writer) {
	w.put(s.verb + " ")
	w.name(s.table.name)
	if s.alias != "" {
		w.put(" as ")
		w.name(s.alias)
	}
	if len(s.columns) > 0 {
		writeNames(w, s.columns)
	}
	for i, row := range s.rows {
		w.put([2]string{" values ", ", "}[min(i, 1)])
		w.put("(")
		writeList(w, row)
		w.put(")")
	}
	if s.query != nil {
		w.put(" ")
		s.query.write(w)
	}
	if !s.conflict {
		s.writeSets(w, " set ")
	}
	if s.from != nil {
		w.put(map[bool]string{true: " using ", false: " from "}[s.verb == "delete from"])
		s.from.write(w)
	}
	if !s.conflict && s.where != nil {
		w.put(" where ")
		s.where.write(w)
	}
	if s.conflict {
		w.put(" on conflict ")
		if len(s.sets) == 0 {
			w.put("do nothing")
		} else {
			s.writeTarget(w)
			s.writeSets(w, " do update set ")
		}
	}
	for i, t := range s.returning {
		w.put([2]string{" returning ", ", "}[min(i, 1)])
		t.write(w)
	}
}

func (s *write) writeTarget(w *writer) {
	w.put("(")
	for i, c := range s.table.primary() {
		if i > 0 {
			w.put(", ")
		}
		w.name(s.table.columns[c].name)
	}
	w.put(")")
}

func (s *write) writeSets(w *writer, before string) {
	for i, a := range s.sets {
		w.put([2]string{before, ", "}[min(i, 1)])
		w.name(a.column)
		w.put(" = ")
		a.value.write(w)
	}
}
