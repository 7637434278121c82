package merge

import (
	"fmt"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/troupedb/troupe/messages"
)

// newGroup returns what merges the partial groups of feed. What can't be merged whatever the rows are is refused here.
func newGroup(spec *Spec, feed Feed, o Options) (Merger, error) {
	g := &groups{spec: spec, feed: feed, budget: o.Budget, declared: o.Declared}
	if g.budget == 0 {
		g.budget = DefaultBudget
	}
	if g.declared == nil {
		return nil, &messages.Error{Code: messages.ErrProtocol, Op: opMerge, Detail: "groups are merged of columns that nothing describes"}
	}
	if err := g.resolveKeys(&o); err != nil {
		return nil, err
	}
	if err := g.planAggregates(&o); err != nil {
		return nil, err
	}
	return g, g.compile(&o)
}

func (g *groups) resolveKeys(o *Options) error {
	for i := range g.spec.Group.Keys {
		k := &g.spec.Group.Keys[i]
		column, err := k.resolve(g.declared, 0)
		if err != nil {
			return err
		}
		collation := k.collation(o.Group, i)
		if err := g.checkEquality(column, collation); err != nil {
			return err
		}
		g.keys = append(g.keys, groupKey{column, collation})
	}
	return nil
}

// checkEquality refuses a type of PostgreSQL of which it isn't known when two values are equal.
func (g *groups) checkEquality(column int, c Collation) error {
	f := &g.declared.Fields[column]
	if g.spec.Dialect != messages.PostgreSQL {
		return nil
	}
	switch kindOf(g.spec.Dialect, f) {
	case opaqueValue, labelValue, textValue, blankValue, networkValue:
		_, err := appendIdentity(nil, g.spec.Dialect, f, c, []byte{})
		return err
	default:
		return nil
	}
}

func (g *groups) planAggregates(o *Options) error {
	for i, spec := range g.spec.Group.Aggregates {
		if spec.Column < 0 || spec.Column >= len(g.declared.Fields) || spec.Func == Avg && (spec.Count < 0 || spec.Count >= len(g.declared.Fields)) {
			return &messages.Error{Code: messages.ErrProtocol, Op: opMerge, Detail: fmt.Sprintf("aggregate %d is of a column that the rows don't have", i)}
		}
		f := &g.declared.Fields[spec.Column]
		a := aggregate{Aggregate: spec, raw: f.DataTypeOID, collation: spec.Collation, name: f.Name}
		if a.collation == CollationUnknown && i < len(o.Aggregates) {
			a.collation = o.Aggregates[i]
		}
		plan := a.planSQLite
		if g.spec.Dialect == messages.PostgreSQL {
			plan = a.planPostgreSQL
		}
		if err := plan(); err != nil {
			return err
		}
		if a.isDistinct() {
			if err := g.checkEquality(spec.Column, a.collation); err != nil {
				return err
			}
		}
		// Distinct values that are counted are only told apart, which any form allows whose type checkEquality knows.
		if !a.passes() && a.step != countValues && f.Format != pgtype.BinaryFormatCode {
			return textForm(f.Name)
		}
		a.compare = *newComparer(g.spec.Dialect, f.Name, a.collation)
		g.aggregates = append(g.aggregates, a)
	}
	return nil
}
