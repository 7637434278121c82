package statement

import (
	"slices"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// relation is what is known of the rows of a query or of an item of a FROM.
type relation struct {
	// exact says that each shard has all of them that matter: for the row around the query if there is one. Else the rows are
	// partitioned: those of all shards together are the relation.
	exact bool
	// sharded says that a sharded table is anywhere in it.
	sharded bool
	// entities are those through which it can be linked with others.
	entities []*entity
	// anchors are the occurrences that its rows come from.
	anchors []*Occurrence
	// outputs are its columns, of a query.
	outputs *outputs
}

// item is an item of a FROM, bound: the range variables from lo to before hi.
type item struct {
	relation
	lo, hi int
	offset int
	join   *joining // nil for what is no join
}

// joining is a join, bound.
type joining struct {
	tree *tree.Join
	l, r *item
	// below says that it is on the null-extended side of an outer join.
	below bool
	// links are keys that the condition of an outer join equates, bound those that a condition equates with a block further out.
	links []link
	bound []link
}

// link are two key columns that are equal.
type link struct{ a, b *slot }

// maxLinks is how many links are kept of one condition; others are left out.
const maxLinks = 256

// withLink returns links with one more.
func withLink(links []link, l link) []link {
	if len(links) == maxLinks {
		return links
	}
	return append(links, l)
}

// connected reports whether links equate all key columns of an entity among as with one's among bs whose rows live together.
func connected(links []link, as, bs []*entity) bool {
	for _, a := range as {
		for _, b := range bs {
			if together(a.decl, b.decl) && pairwise(links, a, b) {
				return true
			}
		}
	}
	return false
}

// pairwise reports whether links equate all key columns of a and b, or of columns that always equal these.
func pairwise(links []link, a, b *entity) bool {
	for i := range a.slots {
		x, y := a.slots[i].root(), b.slots[i].root()
		found := false
		for _, l := range links {
			if l.a.root() == x && l.b.root() == y || l.a.root() == y && l.b.root() == x {
				found = true
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// boundOutside reports whether links equate the key of an entity among list with that of one further out.
func boundOutside(links []link, list []*entity) bool {
	if len(links) == 0 {
		return false
	}
	for _, e := range list {
		if len(e.slots) == 0 {
			continue
		}
		for _, l := range links {
			if outer := l.b.entity; together(e.decl, outer.decl) && pairwise(links, e, outer) {
				return true
			}
		}
	}
	return false
}

// anyColocated reports whether an entity of as and one of bs have equal keys in all rows that matter.
func anyColocated(as, bs []*entity) bool {
	for _, a := range as {
		for _, b := range bs {
			if colocated(a, b) {
				return true
			}
		}
	}
	return false
}

// combine returns the rows of a bound item, refusing joins that shards can't make each for itself.
func (a *analyser) combine(i *item, bound []link) relation {
	if i.join == nil {
		r := i.relation
		r.exact = r.exact || boundOutside(bound, r.entities)
		return r
	}
	j := i.join
	l, r := a.combine(j.l, bound), a.combine(j.r, bound)
	switch j.tree.Kind {
	case tree.Inner, tree.Cross:
		l.exact = l.exact || boundOutside(j.bound, l.entities)
		r.exact = r.exact || boundOutside(j.bound, r.entities)
	case tree.Left:
		r.exact = r.exact || boundOutside(j.bound, r.entities)
	case tree.Right:
		l.exact = l.exact || boundOutside(j.bound, l.entities)
	}
	return a.pair(l, r, j.tree.Kind, j.links, j.r.offset)
}

// pair returns the rows of a join. Its second side begins at offset.
func (a *analyser) pair(l, r relation, kind tree.JoinKind, links []link, offset int) relation {
	both := relation{sharded: l.sharded || r.sharded}
	switch {
	case len(l.entities) == 0:
		both.entities = r.entities
	case len(r.entities) == 0:
		both.entities = l.entities
	default:
		both.entities = append(l.entities[:len(l.entities):len(l.entities)], r.entities...)
	}
	switch kind {
	case tree.Left:
		both.anchors = l.anchors
	case tree.Right:
		both.anchors = r.anchors
	default:
		both.anchors = allAnchors(l.anchors, r.anchors)
	}
	if len(both.entities) > maxOccurrences {
		a.complex = true
		return relation{exact: true}
	}
	linked := connected(links, l.entities, r.entities) || kind != tree.Full && anyColocated(l.entities, r.entities)
	switch {
	case l.exact && r.exact:
		both.exact = true
	case !l.exact && !r.exact:
		if !linked {
			a.refuse(unlinked(kind, l, r, offset))
		}
	case kind == tree.Inner || kind == tree.Cross:
	case kind == tree.Left && r.exact, kind == tree.Right && l.exact:
	case kind != tree.Full && linked:
		// The rows that are kept are bound to a row further out, and those that are looked up for them are as well.
		both.exact = true
	default:
		a.refuse(newRefusal(RepeatedRows, joinName(kind), offset, reasonRepeat,
			"begin the join with the sharded table, or "+hintPin).about(append(l.entities, r.entities...)...))
	}
	return both
}

// allAnchors returns the occurrences of both lists, each once: an expression that is referred to twice, by one that is as well,
// and so on, has no more of them for it.
func allAnchors(l, r []*Occurrence) []*Occurrence {
	if len(l) == 0 {
		return r
	}
	all := l[:len(l):len(l)]
	for _, o := range r {
		if !slices.Contains(l, o) {
			all = append(all, o)
		}
	}
	return all
}

func unlinked(kind tree.JoinKind, l, r relation, offset int) *Refusal {
	for _, e := range append(l.entities[:len(l.entities):len(l.entities)], r.entities...) {
		if e.decl == nil {
			return newRefusal(UndeclaredTable, joinName(kind), offset, "which of its rows live together isn't declared", hintDeclare).about(e)
		}
	}
	return newRefusal(UnlinkedJoin, joinName(kind), offset, reasonElsewhere, hintKey).
		about(append(l.entities[:len(l.entities):len(l.entities)], r.entities...)...)
}

func joinName(kind tree.JoinKind) string {
	switch kind {
	case tree.Left:
		return "LEFT JOIN"
	case tree.Right:
		return "RIGHT JOIN"
	case tree.Full:
		return "FULL JOIN"
	default:
		return "JOIN"
	}
}
