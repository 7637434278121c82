package statement_test

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"
)

// generator draws statements that both dialects understand, for the oracle.
type generator struct {
	t      *rapid.T
	sqlite bool
	names  int
	ctes   []cteDrawn
}

// cteDrawn is a common table expression with the columns c0, c1, ….
type cteDrawn struct {
	name    string
	columns []string
}

// visible is a range variable that expressions may refer to.
type visible struct {
	name    string
	columns []string
}

func (g *generator) n(count int) int { return rapid.IntRange(0, count-1).Draw(g.t, "n") }

// one draws true once in so many times.
func (g *generator) one(in int) bool { return g.n(in) == 0 }

func (g *generator) of(list ...string) string { return list[g.n(len(list))] }

func (g *generator) name(prefix string) string {
	g.names++
	return fmt.Sprint(prefix, g.names)
}

// statement draws a statement. plain says that its outermost block is put together from shards by concatenation.
func (g *generator) statement() (text string, plain, changes bool) {
	with := g.with()
	switch g.n(10) {
	case 0:
		return with + g.update(), true, true
	case 1:
		return with + g.delete(), true, true
	case 2:
		return with + g.block(2, nil, true) + " UNION ALL " + g.block(2, nil, true), true, false
	case 3:
		return with + g.query(3, nil), false, false
	default:
		return with + g.block(3, nil, true), true, false
	}
}

func (g *generator) with() string {
	if !g.one(5) {
		return ""
	}
	text := "WITH "
	if g.one(8) {
		text += "RECURSIVE "
	}
	for i := range 1 + g.n(2) {
		if i > 0 {
			text += ", "
		}
		name := g.name("c")
		if g.one(6) {
			name = g.of("users", "orders")
		}
		body := g.query(2, nil)
		text += name + " (c0, c1) AS (" + body + ")"
		g.ctes = append(g.ctes, cteDrawn{name, []string{"c0", "c1"}})
	}
	return text + " "
}

// query draws a query of two columns with any clauses.
func (g *generator) query(depth int, outer []visible) string {
	text := g.block(depth, outer, false)
	if g.one(5) {
		text += " " + g.of("UNION", "UNION ALL", "UNION ALL", "EXCEPT", "INTERSECT") + " " + g.block(depth-1, outer, false)
	}
	if g.one(4) {
		text += " ORDER BY 1, 2 LIMIT " + g.of("1", "2", "3")
		if g.one(3) {
			text += " OFFSET 1"
		}
	}
	return text
}

// block draws a SELECT of two columns; a plain one has no clauses that would have to be merged.
func (g *generator) block(depth int, outer []visible, plain bool) string {
	from, vars := g.from(depth, outer)
	scope := append(append([]visible{}, vars...), outer...)
	where := ""
	if !g.one(5) {
		where = " WHERE " + g.condition(depth, scope, vars)
	}
	column := func() string { return g.column(vars) }
	if plain {
		return "SELECT " + g.output(depth, scope, vars) + ", " + g.output(depth, scope, vars) + from + where
	}
	switch g.n(9) {
	case 0:
		key := column()
		having := ""
		if g.one(3) {
			having = " HAVING count(*) > " + g.of("0", "1", "2")
		}
		return "SELECT " + key + " AS c0, " + g.of("count(*)", "sum("+column()+")", "max("+column()+")") + " AS c1" + from + where + " GROUP BY " + key + having
	case 1:
		x, y := column(), column()
		return "SELECT " + x + " AS c0, " + y + " AS c1" + from + where + " GROUP BY " + x + ", " + y
	case 2:
		return "SELECT count(*) AS c0, max(" + column() + ") AS c1" + from + where
	case 3:
		return "SELECT DISTINCT " + column() + " AS c0, " + column() + " AS c1" + from + where
	case 4:
		return "SELECT " + column() + " AS c0, count(*) OVER (PARTITION BY " + column() + ") AS c1" + from + where
	default:
		return "SELECT " + column() + " AS c0, " + column() + " AS c1" + from + where
	}
}

// output draws an output of the outermost block.
func (g *generator) output(depth int, scope, vars []visible) string {
	switch g.n(12) {
	case 0:
		return "coalesce(" + g.column(vars) + ", 9)"
	case 1:
		return "(SELECT count(*)" + g.correlated(depth-1, scope) + ")"
	case 2:
		return "CASE WHEN " + g.condition(1, scope, vars) + " THEN 1 ELSE 2 END"
	default:
		return g.column(vars)
	}
}

func (g *generator) column(vars []visible) string {
	v := vars[g.n(len(vars))]
	// Keys come first, and are drawn most.
	if g.one(2) {
		return v.key()
	}
	return v.column(g.n(len(v.columns)))
}

// from draws a FROM and what it makes visible.
func (g *generator) from(depth int, outer []visible) (string, []visible) {
	text, vars := g.item(depth, outer, nil)
	for range g.n(3) {
		if g.one(3) {
			next, more := g.item(depth, outer, vars)
			text, vars = text+", "+next, append(vars, more...)
			continue
		}
		if strings.Contains(text, ",") && !g.sqlite {
			// A JOIN binds tighter than a comma: its ON sees its own sides only.
			break
		}
		next, more := g.item(depth, outer, vars)
		kind := g.of("JOIN", "JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN")
		both := append(append([]visible{}, vars...), more...)
		on := g.on(both, more)
		if kind != "FULL JOIN" && g.one(4) {
			on += " AND " + g.condition(1, both, both)
		}
		if kind == "JOIN" && g.one(4) && len(vars) == 1 && len(more) == 1 && vars[0].columns[0] == more[0].columns[0] {
			// What both have in common is one column without a qualifier.
			common := vars[0].columns[0]
			text, vars = text+" JOIN "+next+" USING ("+common+")", append(both, visible{"", []string{common}})
			continue
		}
		text, vars = text+" "+kind+" "+next+" ON "+on, both
	}
	return " FROM " + text, vars
}

func (g *generator) on(both, more []visible) string {
	if g.one(4) {
		return g.column(both) + " = " + g.column(more)
	}
	return both[g.n(len(both)-len(more))].key() + " = " + more[0].key()
}

func (v visible) key() string { return v.column(0) }

func (v visible) column(i int) string {
	if v.name == "" {
		return v.columns[i]
	}
	return v.name + "." + v.columns[i]
}

// item draws an item of a FROM. A lateral one sees siblings.
func (g *generator) item(depth int, outer, siblings []visible) (string, []visible) {
	alias := g.name("t")
	switch n := g.n(14); {
	case (n == 0 || n > 11) && depth > 0:
		return "(" + g.query(depth-1, nil) + ") AS " + alias + g.renaming(), []visible{{alias, []string{"c0", "c1"}}}
	case n == 1 && depth > 0:
		return "(" + g.block(depth-1, nil, false) + ") AS " + alias, []visible{{alias, []string{"c0", "c1"}}}
	case n == 2 && depth > 0 && !g.sqlite && len(siblings) > 0:
		return "LATERAL (SELECT s.k AS c0, s.x AS c1 FROM " + g.of("users", "orders") + " AS s WHERE s.k = " + g.column(siblings) +
			g.of("", " ORDER BY 1, 2 LIMIT 1") + ") AS " + alias, []visible{{alias, []string{"c0", "c1"}}}
	case n == 3 && depth > 0 && len(siblings) == 0:
		inner, vars := g.from(depth-1, nil)
		if len(vars) > 1 && !strings.Contains(inner, ",") {
			return "(" + strings.TrimPrefix(inner, " FROM ") + ")", vars
		}
	case n == 4:
		return "colors AS " + alias, []visible{{alias, []string{"id", "x"}}}
	case n == 5:
		return "logs AS " + alias, []visible{{alias, []string{"k", "id", "x"}}}
	case n <= 7 && len(g.ctes) > 0:
		c := g.ctes[g.n(len(g.ctes))]
		return c.name + " AS " + alias, []visible{{alias, c.columns}}
	}
	if g.sqlite && depth > 0 && g.one(8) {
		return "(SELECT * FROM " + g.of("users", "items") + ") AS " + alias, []visible{{alias, []string{"k", "id", "x"}}}
	}
	table := g.of("users", "orders", "items")
	for _, c := range g.ctes {
		if c.name == table {
			return table + " AS " + alias, []visible{{alias, c.columns}}
		}
	}
	return table + " AS " + alias, []visible{{alias, []string{"k", "id", "x"}}}
}

// correlated draws FROM and WHERE of a subquery, most often bound to what is around it.
func (g *generator) correlated(depth int, scope []visible) string {
	from, vars := g.from(max(depth, 0), scope)
	text := from + " WHERE "
	if !g.one(4) {
		text += vars[0].key() + " = " + scope[g.n(len(scope))].key() + " AND "
	}
	return text + g.condition(min(depth, 1), append(append([]visible{}, vars...), scope...), vars)
}

// condition draws a condition over what is visible, mostly over vars, which are the block's own.
func (g *generator) condition(depth int, scope, vars []visible) string {
	if depth <= 0 || g.one(3) {
		return g.comparison(scope, vars)
	}
	switch g.n(12) {
	case 0, 1, 2, 3:
		return "(" + g.condition(depth-1, scope, vars) + " AND " + g.condition(depth-1, scope, vars) + ")"
	case 4, 5:
		return "(" + g.condition(depth-1, scope, vars) + " OR " + g.condition(depth-1, scope, vars) + ")"
	case 6:
		return "NOT (" + g.condition(depth-1, scope, vars) + ")"
	case 7:
		return "(" + g.condition(depth-1, scope, vars) + ") IS " + g.of("TRUE", "NOT TRUE", "FALSE", "NOT FALSE")
	case 8, 9:
		return g.of("", "", "NOT ") + "EXISTS (SELECT 1" + g.correlated(depth-1, scope) + ")"
	case 10:
		return g.column(vars) + g.of(" IN", " IN", " NOT IN") + " (SELECT c0 FROM (" + g.query(depth-1, nil) + ") AS " + g.name("d") + g.renaming() + ")"
	default:
		from, inner := g.from(depth-1, nil)
		return g.column(vars) + " IN (SELECT " + g.column(inner) + from + ")"
	}
}

func (g *generator) comparison(scope, vars []visible) string {
	constant := func() string { return g.of("1", "2", "3", "4", "5", "6", "$1", "NULL", "(2)", "-1") }
	column := g.column(vars)
	switch g.n(14) {
	case 0:
		return column + " IN (" + constant() + ", " + constant() + ")"
	case 1:
		return column + " NOT IN (" + g.of("1", "2") + ")"
	case 2:
		return column + g.of(" ", " NOT ") + "BETWEEN " + constant() + " AND " + constant()
	case 3:
		return column + " IS " + g.of("", "NOT ") + "NULL"
	case 4:
		return column + " IS " + g.of("", "NOT ") + "DISTINCT FROM " + constant()
	case 5:
		return "(" + column + ", " + g.column(vars) + ") " + g.of("=", "=", "<>") + " (" + constant() + ", " + constant() + ")"
	case 6:
		return constant() + g.of(" = ", " < ", " >= ", " <> ") + column
	case 7, 8:
		return column + g.of(" = ", " = ", " < ", " <> ") + g.column(scope)
	case 9:
		return "(" + column + ", " + g.column(vars) + ") IN ((" + constant() + ", " + constant() + "), (" + constant() + ", 1))"
	case 10:
		return "coalesce(" + column + ", 1) = " + constant()
	default:
		return column + g.of(" = ", " = ", " = ", " <= ", " > ") + constant()
	}
}

// renaming is an alias's column list, which SQLite hasn't. The columns are called so anyway.
func (g *generator) renaming() string {
	if g.sqlite {
		return ""
	}
	return g.of("", " (c0, c1)")
}

func (g *generator) update() string {
	table := g.of("users", "orders", "items")
	vars := []visible{{table, []string{"k", "id", "x"}}}
	scope := vars
	from := ""
	if g.one(3) {
		text, more := g.from(1, nil)
		from, scope = text, append(append([]visible{}, vars...), more...)
		return "UPDATE " + table + " SET x = 7" + from + " WHERE " + g.condition(2, scope, scope)
	}
	value := "x + 10"
	if g.one(4) {
		value = "(SELECT count(*)" + g.correlated(1, scope) + ")"
	}
	return "UPDATE " + table + " SET x = " + value + " WHERE " + g.condition(3, scope, vars)
}

func (g *generator) delete() string {
	table := g.of("users", "orders", "items")
	vars := []visible{{table, []string{"k", "id", "x"}}}
	if !g.sqlite && g.one(3) {
		text, more := g.from(1, nil)
		scope := append(append([]visible{}, vars...), more...)
		return "DELETE FROM " + table + " USING " + strings.TrimPrefix(text, " FROM ") + " WHERE " + g.condition(2, scope, scope)
	}
	return "DELETE FROM " + table + " WHERE " + g.condition(3, vars, vars)
}
