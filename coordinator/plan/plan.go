package plan

import (
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

// Plan is how a statement runs over several shards. It is immutable and safe for concurrent use.
type Plan struct {
	// Analysis is what is known of the statement's tables and keys.
	Analysis *statement.Analysis
	// Refusal is why several shards can't answer the statement; nil if Gather or Insert says how they do. One shard may be asked
	// anything.
	Refusal *statement.Refusal
	// Gather is how the shards answer together; nil if the statement is refused or an Insert.
	Gather *Gather
	// Insert is how the rows of an INSERT go to their shards.
	Insert *Insert
	// Everywhere is why an Exec that asks for all shards may not run the text on each of them as it is; nil if it may.
	Everywhere *statement.Refusal
	// AsksTimes says that the plan depends on Options.Times.
	AsksTimes bool
}

// Options are what a plan depends on beside text and tables.
type Options struct {
	// ExplicitNulls says that shards of several dialects answer: every sort key gets PostgreSQL's place of NULLs spelled out.
	ExplicitNulls bool
	// Times are the columns of SQLite's tables that may be times; nil if none is, or they aren't known: see Plan.AsksTimes. It is
	// known by its address, and may have columns that the tables don't.
	Times *Times
}

// Build plans a statement. Its error is that of a text that can't be read, see [statement.Read]; what is refused over several
// shards is a plan with a Refusal.
func Build(d messages.Dialect, sql string, c *statement.Catalogue, o Options) (*Plan, error) {
	t, err := statement.Read(d, sql)
	if err != nil {
		return nil, err
	}
	p := &planner{d: d, stmt: t, catalogue: c, options: o, a: statement.Analyse(t, c)}
	if c == nil {
		p.catalogue = &statement.Catalogue{}
	}
	plan := &Plan{Analysis: p.a}
	plan.Refusal = p.a.Scatter
	if plan.Refusal == nil {
		plan.Refusal = p.plan(plan)
	} else if g := p.elsewhere(plan.Refusal); g != nil {
		plan.Gather, plan.Refusal = g, nil
	}
	plan.Everywhere = p.everywhere(plan)
	plan.AsksTimes = p.asksTimes
	return plan, nil
}

// planner makes one plan.
type planner struct {
	d         messages.Dialect
	stmt      *tree.Statement
	catalogue *statement.Catalogue
	options   Options
	a         *statement.Analysis
	asksTimes bool
}

// plan plans the outermost block of a statement of which the rest is no obstacle.
func (p *planner) plan(plan *Plan) (r *statement.Refusal) {
	switch root := p.stmt.Root.(type) {
	case *tree.Query:
		plan.Gather, r = p.query(root)
	case *tree.InsertStmt:
		plan.Gather, plan.Insert, r = p.insert(root)
	case *tree.UpdateStmt, *tree.DeleteStmt:
		plan.Gather, r = p.change()
	default:
		r = p.misread()
	}
	return r
}

// newGather returns a gather of what s makes of the statement, after checking that it reads as expected.
func (p *planner) newGather(s *splice, expected tree.Node, slot *tree.Param) (*Gather, *statement.Refusal) {
	g := &Gather{Text: p.stmt.Text, dialect: p.d, params: p.count(), names: p.names()}
	if len(s.edits) == 0 {
		return g, nil
	}
	r, ok := render(p.stmt, s.pieces(whole(p.stmt.Text)), s.slotFor)
	if slot != nil {
		slot.Name = r.slotName
	}
	if !ok || !p.reads(r, expected) {
		return nil, p.misread()
	}
	g.Text, g.Args = r.text, r.args
	return g, nil
}

func whole(text string) tree.Span { return tree.Span{End: len(text)} }

// reads reports whether a text that was made by splicing has the tree that it should have.
func (p *planner) reads(r rendered, expected tree.Node) bool {
	again := p.stmt
	if r.text != p.stmt.Text {
		var err error
		if again, err = statement.Read(p.d, r.text); err != nil || again.Root == nil {
			return false
		}
	}
	c := tree.Comparer{Old: r.old}
	return c.Equal(expected, again.Root)
}

func (p *planner) misread() *statement.Refusal {
	return refuse(statement.NotUnderstood, p.stmt.Name, p.stmt.Body, "not fully understood: its text for the shards reads differently", hintRewrite)
}

// count returns how many arguments the statement takes.
func (p *planner) count() int {
	n := 0
	for _, param := range p.stmt.Params {
		n = max(n, param.Ordinal)
	}
	return n
}

func (p *planner) names() map[int]string {
	var names map[int]string
	for _, param := range p.stmt.Params {
		if param.Name != "" {
			if names == nil {
				names = map[int]string{}
			}
			names[param.Ordinal] = param.Name
		}
	}
	return names
}
