package oracletest

import "fmt"

// query is a SELECT, or several combined.
type query struct {
	with []commonTable
	// recursive says that the common tables may read themselves.
	recursive bool
	arms      []*selection
	ops       []string // between the arms
	order     []orderKey
	limit     *leaf
	offset    *leaf
	// comma says that SQLite's LIMIT a, b is used, and fetch that PostgreSQL's FETCH FIRST is.
	comma, fetch bool
}

type commonTable struct {
	name    string
	columns []string
	query   *query
	hint    string // materialized

	variable *variable // what it offers to those that read it
}

// selection is one SELECT.
type selection struct {
	distinct bool
	on       []*expression // of DISTINCT ON
	targets  []target
	from     *source
	where    *expression
	group    []*expression
	having   *expression
	windows  string // a WINDOW clause
}

// target is what is selected.
type target struct {
	expression *expression
	alias      string
	star       string // of which source, or "*" for all
}

// source is a part of FROM: a table, a query or a join.
type source struct {
	table  *table
	name   string // of the table or common table
	query  *query // a derived table
	common *query // of the common table that name is of
	alias  string

	join        string // such as "left join", or ","
	left, right *source
	on          *expression
	using       []string
	enclosed    bool
}

// orderKey is one of ORDER BY. It always has the expression, for the companion; ordinal or alias say how it is written.
type orderKey struct {
	expression *expression
	ordinal    int
	alias      string
	desc       bool
	nulls      string
	// column is where the key stands among the columns, for a query that can't be given more of them; else -1.
	column int
}

func (q *query) write(w *writer) {
	if len(q.with) > 0 {
		w.put(map[bool]string{true: "with recursive ", false: "with "}[q.recursive])
		for i, c := range q.with {
			if i > 0 {
				w.put(", ")
			}
			w.name(c.name)
			if len(c.columns) > 0 {
				writeNames(w, c.columns)
			}
			w.put(" as " + c.hint + "(")
			c.query.write(w)
			w.put(")")
		}
		w.put(" ")
	}
	for i, arm := range q.arms {
		if i > 0 {
			w.put(" " + q.ops[i-1] + " ")
		}
		arm.write(w)
	}
	for i, k := range q.order {
		w.put([2]string{" order by ", ", "}[min(i, 1)])
		k.write(w)
	}
	q.writeLimit(w)
}

func (q *query) writeLimit(w *writer) {
	if q.comma && q.limit != nil && q.offset != nil {
		w.put(" limit ")
		w.leaf(q.offset)
		w.put(", ")
		w.leaf(q.limit)
		return
	}
	if q.fetch && q.limit != nil && !q.limit.null {
		if q.offset != nil {
			w.put(" offset ")
			w.leaf(q.offset)
			w.put(" rows")
		}
		w.put(" fetch first (")
		w.leaf(q.limit)
		w.put(") rows only")
		return
	}
	if q.limit != nil {
		w.put(" limit ")
		w.leaf(q.limit)
	}
	if q.offset != nil {
		w.put(" offset ")
		w.leaf(q.offset)
	}
}

func writeNames(w *writer, names []string) {
	w.put(" (")
	for i, n := range names {
		if i > 0 {
			w.put(", ")
		}
		w.name(n)
	}
	w.put(")")
}

func (k orderKey) write(w *writer) {
	switch {
	case k.ordinal > 0:
		w.put(fmt.Sprint(k.ordinal))
	case k.alias != "":
		w.name(k.alias)
	default:
		k.expression.write(w)
	}
	if k.desc {
		w.put(" desc")
	}
	if k.nulls != "" {
		w.put(" nulls " + k.nulls)
	}
}

func (s *selection) write(w *writer) {
	w.put("select ")
	if s.distinct {
		w.put("distinct ")
	}
	if len(s.on) > 0 {
		w.put("distinct on (")
		writeList(w, s.on)
		w.put(") ")
	}
	for i, t := range s.targets {
		if i > 0 {
			w.put(", ")
		}
		t.write(w)
	}
	if s.from != nil {
		w.put(" from ")
		s.from.write(w)
	}
	if s.where != nil {
		w.put(" where ")
		s.where.write(w)
	}
	if len(s.group) > 0 {
		w.put(" group by ")
		writeList(w, s.group)
	}
	if s.having != nil {
		w.put(" having ")
		s.having.write(w)
	}
	if s.windows != "" {
		w.put(" window " + s.windows)
	}
}

func writeList(w *writer, list []*expression) {
	for i, e := range list {
		if i > 0 {
			w.put(", ")
		}
		e.write(w)
	}
}

func (t target) write(w *writer) {
	switch t.star {
	case "":
		t.expression.write(w)
	case "*":
		w.put("*")
	default:
		w.name(t.star)
		w.put(".*")
	}
	if t.alias != "" {
		w.put(" as ")
		w.name(t.alias)
	}
}

func (s *source) write(w *writer) {
	if s.enclosed {
		w.put("(")
		defer w.put(")")
	}
	switch {
	case s.join != "":
		s.left.write(w)
		w.put(map[bool]string{true: ", ", false: " " + s.join + " "}[s.join == ","])
		s.right.write(w)
		if s.on != nil {
			w.put(" on ")
			s.on.write(w)
		}
		if len(s.using) > 0 {
			w.put(" using")
			writeNames(w, s.using)
		}
		return
	case s.query != nil:
		w.put("(")
		s.query.write(w)
		w.put(")")
	default:
		w.name(s.name)
	}
	if s.alias != "" {
		w.put(" as ")
		w.name(s.alias)
	}
}
