package statement

import (
	"cmp"
	"slices"

	"github.com/troupedb/troupe/coordinator/statement/keyset"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

// Bounds of what is looked at: a statement with more isn't understood.
const (
	maxOccurrences = 256  // sharded tables
	maxVars        = 1024 // items of FROMs
	maxMerged      = 1024 // columns after USING, of one block
)

// Analyse finds out what is known of a statement's rows. A nil catalogue declares nothing.
func Analyse(t *tree.Statement, c *Catalogue) *Analysis {
	if c == nil {
		c = &Catalogue{}
	}
	out := &Analysis{Tree: t, catalog: c}
	a := &analyser{tree: t, catalog: c, out: out, sqlite: isSQLite(t), budget: budget{left: maxSteps}}
	switch root := t.Root.(type) {
	case *tree.Query:
		a.anchor(a.query(root, nil, nil, outermost))
	case *tree.InsertStmt, *tree.UpdateStmt, *tree.DeleteStmt:
		a.anchor(a.change(root, nil, nil, true))
	default:
		out.Scatter = newRefusal(NotQuery, t.Name, t.Body.Start, reasonOnce, hintExec)
		if t.Scope != tree.Schema {
			out.Everywhere = newRefusal(NotQuery, t.Name, t.Body.Start, reasonSession, hintPin)
		}
		return out
	}
	a.finish()
	return out
}

func isSQLite(t *tree.Statement) bool { return t.Dialect == messages.SQLite }

// analyser makes one analysis, in one walk over the statement by its meaning.
type analyser struct {
	tree    *tree.Statement
	catalog *Catalogue
	out     *Analysis
	sqlite  bool
	census  tree.Census
	// refusal is the first thing that was found to stand in the way of several shards.
	refusal  *Refusal
	entities []*entity // those of occurrences
	budget   budget
	vars     int
	// complex says that a bound was hit, and nothing that was found counts.
	complex bool
	// passed are the keys that references to common table expressions pass on.
	passed []passedKey
}

// passedKey is a key of an expression that a reference to it passes on.
type passedKey struct {
	expression *expression
	from, to   *entity
}

func (a *analyser) newLevel(outer *view) *level { return &level{outer: outer, budget: &a.budget} }

func (a *analyser) refuse(r *Refusal) {
	if a.refusal == nil {
		a.refusal = r
	}
}

// anchor marks the occurrences whose shards are those of the whole statement.
func (a *analyser) anchor(r relation) {
	for _, o := range r.anchors {
		o.Anchor = true
	}
}

func (a *analyser) finish() {
	out := a.out
	a.budget.finished = true
	understood := a.census == a.tree.Census && !a.complex
	for _, p := range a.passed {
		// What holds for one of several references doesn't hold for the rows of the others.
		if p.expression.references == 1 {
			for i := range p.from.slots {
				p.from.slots[i].inherit(&p.to.slots[i])
			}
		}
	}
	for _, e := range a.entities {
		if e.decl == nil {
			continue
		}
		e.occurrence.Keys = make([]keyset.Set, len(e.slots))
		for i := range e.slots {
			var set keyset.Set = keyset.Any{}
			if understood {
				if solved, _ := e.slots[i].solve(); solved != nil {
					set = solved
				}
			}
			e.occurrence.Keys[i] = set
		}
	}
	if len(out.Occurrences) > 1 {
		slices.SortStableFunc(out.Occurrences, func(x, y *Occurrence) int {
			return cmp.Compare(x.Table.NameSpan.Start, y.Table.NameSpan.Start)
		})
	}
	if !understood {
		// Something was not walked that may hold a table.
		a.refusal = newRefusal(NotUnderstood, a.tree.Kind.String(), a.tree.Body.Start, reasonUnknown, hintPin)
		if a.complex {
			a.refusal = newRefusal(TooComplex, a.tree.Kind.String(), a.tree.Body.Start, "it has too many tables to look at them all", hintPin)
		}
		out.Occurrences = append(out.Occurrences, &Occurrence{Table: &tree.Table{Span: a.tree.Body}, Anchor: true})
	}
	if a.refusal == nil && len(out.Occurrences) == 0 && out.ChangesReference == "" {
		a.refusal = newRefusal(NoShardedTable, noTable(out), a.tree.Body.Start, reasonOnce, hintPin)
	}
	out.Scatter = a.refusal
	if a.tree.Kind != tree.Insert {
		out.Everywhere = a.refusal
	}
	if a.tree.Kind == tree.Insert && out.KeyAssigned == nil {
		out.Everywhere = insertedEverywhere(a.tree)
	}
}

func noTable(out *Analysis) string {
	if out.References > 0 {
		return out.Tree.Kind.String() + " of reference tables"
	}
	return out.Tree.Kind.String() + " without tables"
}

// insertedEverywhere refuses an INSERT on every shard that does more than insert what it yields on each.
func insertedEverywhere(t *tree.Statement) *Refusal {
	if n, ok := t.Root.(*tree.InsertStmt); ok && n.With != nil {
		return newRefusal(NestedMerge, "WITH", n.With.Start, reasonElsewhere, hintPin)
	}
	return nil
}
