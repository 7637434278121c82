package plan

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/troupedb/troupe/coordinator/merge"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

// prober writes the statements that ask a PostgreSQL database for collations.
type prober struct {
	*planner
	levels levels
	b      *tree.Block // of a union the first arm
	groups bool        // groups are merged
}

// classified asks for a collation by its OID: what ParseCollation reads. The collation of the database has its locale in
// pg_database, whose columns differ from version to version. PostgreSQL's own provider sorts by code points, which is by the
// bytes of UTF-8; so does C.UTF-8 of the C library.
const classified = `SELECT CASE
 WHEN coll.oid IS NULL THEN 'unknown'
 WHEN NOT coll.collisdeterministic THEN 'fuzzy'
 WHEN coll.collname <> 'default' AND coll.collprovider = 'c' AND upper(coll.collcollate) IN ('C', 'POSIX', 'C.UTF-8', 'C.UTF8') THEN 'bytewise'
 WHEN coll.collname <> 'default' AND coll.collprovider = 'b' THEN 'bytewise'
 WHEN coll.collname = 'default' AND coalesce(to_jsonb(db)->>'datlocprovider', 'c') = 'c' AND upper(db.datcollate) IN ('C', 'POSIX', 'C.UTF-8', 'C.UTF8') THEN 'bytewise'
 WHEN coll.collname = 'default' AND to_jsonb(db)->>'datlocprovider' = 'b' THEN 'bytewise'
 ELSE 'locale' END
FROM (%s) AS asked (name) LEFT JOIN pg_catalog.pg_collation AS coll ON coll.oid = asked.name::pg_catalog.regcollation,
 pg_catalog.pg_database AS db WHERE db.datname = pg_catalog.current_database()`

// anyFuzzy asks whether there is a collation under which different texts are equal.
const anyFuzzy = `SELECT CASE WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_collation WHERE NOT collisdeterministic) THEN 'fuzzy' ELSE 'locale' END`

// ParseCollation reads the answer to a [Gather.Probe].
func ParseCollation(answer string) (merge.Collation, error) {
	switch answer {
	case "bytewise":
		return merge.Bytewise, nil
	case "locale":
		return merge.Locale, nil
	case "fuzzy":
		return merge.Fuzzy, nil
	case "unknown": // collations are in conflict
		return merge.CollationUnknown, nil
	default:
		return merge.CollationUnknown, &messages.Error{
			Code: messages.ErrProtocol, Op: "plan", Detail: fmt.Sprintf("a shard calls a collation %q", answer),
		}
	}
}

// Probe returns the statement that asks a PostgreSQL database for the collation of l, one row with one text for [ParseCollation],
// and its arguments. It reads no rows of the tables. It is only for what is a text: of other types PostgreSQL has
// no collation and fails with SQLSTATE 42804. ok is false if the place of the column isn't known, or the dialect isn't PostgreSQL.
func (g *Gather) Probe(l Lookup, args []any) (sql string, out []any, ok bool, err error) {
	if g.dialect != messages.PostgreSQL {
		return "", nil, false, nil
	}
	if l.Use == DistinctRow && l.column == 0 {
		return anyFuzzy, nil, true, nil
	}
	pieces, ok := g.probe.pieces(l)
	if !ok {
		return "", nil, false, nil
	}
	before, after, _ := strings.Cut(classified, "%s")
	pieces = append(append([]piece{literal(before)}, pieces...), literal(after))
	r, _ := render(g.probe.stmt, pieces, 0) // PostgreSQL has one style of parameters
	if r.args == nil {
		return r.text, args, true, nil
	}
	a, err := argumentsOf(args)
	if err != nil {
		return "", nil, false, err
	}
	out, err = pick(a, r.args, nil)
	return r.text, out, true, err
}

// pieces returns the statement's text as a subquery that is never run, with the column asked for.
func (p *prober) pieces(l Lookup) ([]piece, bool) {
	s := splice{stmt: p.stmt}
	q := p.levels.query()
	if len(q.OrderBy) > 0 {
		s.remove(q.OrderSpan)
	}
	b := bounds{d: p.d, q: q}
	b.drop(&s)
	name := prefixFor(p.stmt.Text) + "probe"
	alias := "p"
	switch {
	case l.x != nil && p.groups:
		// A collation doesn't depend on groups, and what is compared needn't be among their columns.
		s.replace(p.b.TargetsSpan, source(l.x), literal(" AS "+name))
		end := beforeGroups(p.b)
		if n := len(p.b.GroupBy); n > 0 {
			s.remove(tree.Span{Start: end, End: p.b.GroupBy[n-1].Extent().End})
			end = p.b.GroupBy[n-1].Extent().End
		}
		if p.b.Having != nil {
			s.remove(tree.Span{Start: end, End: p.b.Having.Extent().End})
		}
	case l.x != nil:
		s.insert(p.b.TargetsSpan.End, literal(", "), source(l.x), literal(" AS "+name))
	case l.column > 0:
		alias += " (" + strings.Repeat("c, ", l.column-1) + name + ")"
		for i := range l.column - 1 {
			alias = strings.Replace(alias, "c,", "c"+strconv.Itoa(i+1)+",", 1)
		}
	default:
		return nil, false
	}
	body := s.pieces(p.stmt.Body)
	with := []piece{literal("SELECT pg_catalog.pg_collation_for(p." + name + ") FROM (SELECT 1) AS one LEFT JOIN (")}
	with = append(with, body...)
	return append(with, literal("\n) AS "+alias+" ON false")), true
}
