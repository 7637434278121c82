package plan

import (
	"fmt"
	"strings"

	"github.com/troupedb/troupe/coordinator/merge"
)

// Description is what an explanation of a plan shows.
type Description struct {
	// Refused is the refusal's code, Reason why in a sentence; both empty if several shards can answer.
	Refused, Reason string
	// Text is what each shard is sent; of an INSERT that is split it is empty.
	Text string
	// Args are where Text's arguments come from; nil if they are the statement's own.
	Args []string
	// Hidden are the columns that are asked for beyond the statement's own, as they are written.
	Hidden []string
	// Steps are what is done with the shards' rows, one after the other: of Kinds "concatenate", "group", "having", "order",
	// "distinct", "cut", "split".
	Steps []Step
	// Lookups are the collations that have to be known.
	Lookups []string
	// Rows is how many rows an INSERT has that are sent to their shards; 0 if it isn't split.
	Rows int
}

// Step is one step of a merge.
type Step struct {
	// Kind is one word, Detail the step in words.
	Kind, Detail string
}

// Describe describes the plan.
func (p *Plan) Describe() Description {
	switch {
	case p.Refusal != nil:
		return Description{Refused: string(p.Refusal.Code), Reason: p.Refusal.Err().Error()}
	case p.Insert != nil:
		d := Description{Rows: p.Insert.Rows()}
		d.add("split", "each of the %d rows is sent to the shard of its key; counts are added", d.Rows)
		if p.Insert.Returning {
			d.add("concatenate", "the returned rows come in no order")
		}
		return d
	default:
		return p.Gather.describe()
	}
}

func (d *Description) add(kind, format string, args ...any) {
	d.Steps = append(d.Steps, Step{kind, fmt.Sprintf(format, args...)})
}

func (g *Gather) describe() Description {
	d := Description{Text: g.Text, Hidden: g.Hidden}
	for _, a := range g.Args {
		d.Args = append(d.Args, a.String())
	}
	for _, l := range g.Lookups {
		d.Lookups = append(d.Lookups, l.String())
	}
	m := g.Merge
	if m == nil {
		d.add("concatenate", "rows come as the shards send them; counts are added")
		return d
	}
	if m.Group != nil {
		d.describeGroup(m.Group)
	} else if len(m.Order) > 0 {
		d.add("order", "the shards' sorted rows are merged by %s", keysText(m.Order))
	} else {
		d.add("concatenate", "rows come as the shards send them")
	}
	switch m.Distinct {
	case merge.DistinctRows:
		d.add("distinct", "rows that repeat are dropped")
	case merge.DistinctKeys:
		d.add("distinct", "the first row is kept of those that are equal in %s", keysText(m.DistinctOn))
	}
	if m.Cut {
		d.add("cut", "%s", cutText(g.Limit, g.Offset))
	}
	return d
}

func (d *Description) describeGroup(g *merge.Group) {
	what := "one group"
	if len(g.Keys) > 0 {
		what = "groups of equal " + keysText(g.Keys)
	}
	names := make([]string, len(g.Aggregates))
	for i, a := range g.Aggregates {
		names[i] = fmt.Sprintf("%s of column %d", funcNames[a.Func], a.Column+1)
		if a.Func == merge.Avg {
			names[i] = fmt.Sprintf("column %d divided by column %d", a.Column+1, a.Count+1)
		}
	}
	if len(names) > 0 {
		what += ": " + strings.Join(names, ", ")
	}
	d.add("group", "the shards' partial rows are combined to %s", what)
	if g.Having != nil {
		d.add("having", "groups that don't satisfy HAVING are dropped")
	}
	if len(g.Order) > 0 {
		d.add("order", "the groups are sorted by %d keys", len(g.Order))
	}
}

var funcNames = map[merge.Func]string{
	merge.AddCounts: "the sum of counts", merge.Sum: "the sum", merge.Total: "the total", merge.Min: "the least", merge.Max: "the greatest",
	merge.Avg: "the average", merge.And: "the conjunction", merge.Or: "the disjunction", merge.CountDistinct: "the count of distinct values",
	merge.SumDistinct: "the sum of distinct values", merge.AvgDistinct: "the average of distinct values", merge.Any: "the value",
}

func keysText(keys []merge.Key) string {
	texts := make([]string, len(keys))
	for i, k := range keys {
		switch {
		case k.Name != "":
			texts[i] = "column " + k.Name
		case k.Column < 0:
			texts[i] = fmt.Sprintf("column %d from the right", -k.Column)
		default:
			texts[i] = fmt.Sprintf("column %d", k.Column+1)
		}
		if k.Desc {
			texts[i] += " descending"
		}
		if k.NullsFirst != k.Desc {
			texts[i] += map[bool]string{true: " with NULLs first", false: " with NULLs last"}[k.NullsFirst]
		}
	}
	return strings.Join(texts, ", ")
}

func cutText(limit, offset Bound) string {
	var parts []string
	if offset.Kind != Unbound {
		parts = append(parts, offset.String()+" rows are skipped")
	}
	if limit.Kind != Unbound {
		parts = append(parts, "at most "+limit.String()+" rows are kept")
	}
	return strings.Join(parts, ", ")
}

// String returns the bound as it is given: a number, or its parameter.
func (b Bound) String() string {
	switch {
	case b.Kind == Unbound:
		return "no"
	case b.Kind == BoundLiteral:
		return fmt.Sprint(b.Value)
	case b.Name != "":
		return b.Name
	default:
		return fmt.Sprintf("argument %d", b.Ordinal)
	}
}

// String says where the argument comes from.
func (a Arg) String() string {
	switch {
	case a.Limit:
		return "limit + offset"
	case a.Name != "":
		return a.Name
	default:
		return fmt.Sprintf("argument %d", a.Ordinal)
	}
}

// String says what the collation is of.
func (l Lookup) String() string {
	what := [...]string{"sort key", "group key", "aggregate", "distinct rows"}[l.Use]
	if l.Use != DistinctRow {
		what = fmt.Sprintf("%s %d", what, l.Index+1)
	}
	if l.Table != "" {
		what += fmt.Sprintf(" (%s.%s)", l.Table, l.Column)
	}
	return what
}
