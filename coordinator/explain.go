package coordinator

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/troupedb/troupe/actors"
	"github.com/troupedb/troupe/coordinator/merge"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/messages"
)

// Explanation says what a troupe would do with a statement. It marshals to JSON; String is for people.
type Explanation struct {
	// SQL is the statement.
	SQL string `json:"sql"`
	// By is what chose the shards: "pin", "only shard", "tables", "execute chooser".
	By string `json:"by"`
	// Shards has every shard of the troupe, in configuration order.
	Shards []ExplainedShard `json:"shards"`
	// Tables has every occurrence of a sharded table, if the statement had to be understood.
	Tables []ExplainedTable `json:"tables,omitempty"`
	// Merge says step by step how the shards' rows become one answer; empty if they are handed out as they come.
	Merge []ExplainedStep `json:"merge,omitempty"`
	// Spec is the same for machines; nil if they are handed out as they come.
	Spec *merge.Spec `json:"spec,omitempty"`
	// Hidden are the columns that the shards are asked for beyond the statement's own.
	Hidden []string `json:"hidden,omitempty"`
	// Refusal is why the statement is refused; nil if it isn't.
	Refusal *statement.Refusal `json:"refusal,omitempty"`
}

// ExplainedShard is what one shard has to do with the statement.
type ExplainedShard struct {
	ID messages.ShardID `json:"id"`
	// Target says that the statement is sent to it, and Why why it is or isn't.
	Target bool   `json:"target"`
	Why    string `json:"why"`
	// SQL is what it is sent. Args is how many arguments go with it: their values aren't shown.
	SQL  string `json:"sql,omitempty"`
	Args int    `json:"args,omitempty"`
}

// ExplainedStep is one step of a merge: its kind in one word ("order", "group", "cut", …), and the step in words.
type ExplainedStep struct {
	Kind   string `json:"kind"`
	Detail string `json:"detail"`
}

// ExplainedTable is what is known of one occurrence of a sharded table.
type ExplainedTable struct {
	// Table is the table's name, Offset the byte of the text where it occurs.
	Table  string `json:"table"`
	Offset int    `json:"offset"`
	// Declared says that the table is declared, and Keys what each of its key columns may be then.
	Declared bool     `json:"declared"`
	Keys     []string `json:"keys,omitempty"`
	// Shards are those where rows of it may matter; empty where a pin or a chooser has decided, because nobody asked then.
	Shards []messages.ShardID `json:"shards"`
}

// Explain says what Query would do with a statement in ctx: which shards it would be sent to and why, what each would be sent, and
// how their rows would be merged. Nothing is sent; choosers and routes are asked, which is what may fail. A statement that is
// refused over several shards is an Explanation with a Refusal, not an error.
//
// What only the shards can tell isn't in it until a call has asked them: a collation for which Query would refuse the statement, and
// the hidden columns by which SQLite's times are merged.
func (t *Troupe) Explain(ctx context.Context, sql string, args ...any) (*Explanation, error) {
	c, err := t.callFor(ctx, inquiry{sql: sql, args: args, wantRows: true})
	if err != nil {
		return nil, err
	}
	if err := t.open(); err != nil {
		return nil, err
	}
	routed := &explaining{call: c}
	t.cfg.System.Go(routed)
	_, waited := routed.done.Future().Wait(ctx)
	_, err, settled := routed.done.Future().Result()
	if !settled {
		return nil, &messages.Error{Code: messages.ErrCanceled, Op: "explain", Err: waited}
	}
	if err != nil {
		var refusal *statement.Refusal
		if !errors.As(err, &refusal) {
			return nil, err
		}
		e := c.explain()
		e.Refusal = refusal
		for i := range e.Shards {
			e.Shards[i] = ExplainedShard{ID: e.Shards[i].ID, Why: "the statement is refused"}
		}
		e.Merge, e.Spec, e.Hidden = nil, nil, nil
		return e, nil
	}
	return c.explain(), nil
}

// explaining routes a call that is only explained, on a goroutine of its own: a chooser may block.
type explaining struct {
	call *call
	done actors.Promise[struct{}]
}

func (e *explaining) Run() {
	err := e.call.preset()
	if err == nil { // how texts are compared makes no difference here, so the shards aren't asked
		err = e.call.finishRouting()
	}
	if err == nil {
		err = e.call.translate()
	}
	e.done.Resolve(struct{}{}, err)
}

// explain describes a call that was routed, as far as that went.
func (c *call) explain() *Explanation {
	t := c.troupe
	e := &Explanation{SQL: c.sql, By: c.chosenBy()}
	if len(c.plans) > 0 {
		e.Tables = c.explainTables()
	}
	if g := c.gather; g != nil {
		e.Spec = g.spec
		d := c.plan().Describe()
		e.Hidden = d.Hidden
		for _, step := range d.Steps {
			e.Merge = append(e.Merge, ExplainedStep(step))
		}
	}
	position := map[int]int{}
	for i, shard := range c.targets {
		position[shard] = i
	}
	for shard := range t.cfg.Shards {
		s := ExplainedShard{ID: t.cfg.Shards[shard].ID}
		if i, ok := position[shard]; ok {
			var args []any
			s.Target = true
			s.SQL, args = c.statementFor(i)
			s.Args = len(args)
		}
		s.Why = c.why(shard, s.Target)
		e.Shards = append(e.Shards, s)
	}
	return e
}

func (c *call) chosenBy() string {
	switch o := c.options; {
	case o.AllShards, len(o.Shards) > 0:
		return "pin"
	case len(c.troupe.cfg.Shards) == 1:
		return "only shard"
	case c.troupe.cfg.ExecuteChooser != nil:
		return "execute chooser"
	default:
		return "tables"
	}
}

// why says why a shard is a target or isn't.
func (c *call) why(shard int, target bool) string {
	split := c.sent != nil && c.plan().Insert != nil
	switch {
	case split && target:
		return "rows of the INSERT belong there"
	case split:
		return "no row of the INSERT belongs there"
	}
	if by := c.chosenBy(); by != "tables" {
		if target {
			return "chosen by the " + by
		}
		return "not chosen by the " + by
	}
	switch {
	case len(c.plans) == 0:
		return "not decided"
	case c.narrowed == nil:
		return "not decided"
	case len(c.narrowed.occurrences) == 0 && target:
		return "any one shard can answer"
	case len(c.narrowed.occurrences) == 0:
		return "one shard is enough"
	}
	var tables []string
	for i, o := range c.plan().Analysis.Occurrences {
		if c.narrowed.occurrences[i].has[shard] {
			tables = append(tables, o.Table.Name.Name)
		}
	}
	switch {
	case target && len(tables) == 0:
		return "no shard has a matching row; this one says so"
	case target:
		return "may have matching rows of " + strings.Join(tables, ", ")
	case len(tables) > 0:
		return "its rows of " + strings.Join(tables, ", ") + " match nothing elsewhere"
	default:
		return "no key of the statement lives there"
	}
}

func (c *call) explainTables() []ExplainedTable {
	var tables []ExplainedTable
	for i, o := range c.plan().Analysis.Occurrences {
		table := ExplainedTable{Table: o.Table.Name.Name, Offset: o.Table.Start, Declared: o.Decl != nil}
		if o.Decl != nil {
			for k, keys := range keysOf(o, c.args) {
				table.Keys = append(table.Keys, fmt.Sprintf("%s: %s", o.Decl.Keys[k].Name, keysText(keys)))
			}
		}
		if c.narrowed != nil {
			for _, shard := range c.narrowed.occurrences[i].numbers() {
				table.Shards = append(table.Shards, c.troupe.cfg.Shards[shard].ID)
			}
		}
		tables = append(tables, table)
	}
	return tables
}

// keysText says how many keys there are, not which: they may be arguments.
func keysText(k Keys) string {
	switch {
	case k.All:
		return "any"
	case k.Empty():
		return "none"
	case len(k.Intervals) == 0:
		return fmt.Sprintf("%d values", len(k.Values))
	case len(k.Values) == 0:
		return fmt.Sprintf("%d ranges", len(k.Intervals))
	default:
		return fmt.Sprintf("%d values, %d ranges", len(k.Values), len(k.Intervals))
	}
}

// Targets returns the shards that the statement would be sent to, in configuration order.
func (e *Explanation) Targets() []messages.ShardID {
	var ids []messages.ShardID
	for _, s := range e.Shards {
		if s.Target {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// String returns the explanation in lines.
func (e *Explanation) String() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("%s", e.SQL)
	if r := e.Refusal; r != nil {
		line("  refused (%s): %s at byte %d: %s; %s", r.Code, r.Clause, r.Offset, r.Reason, r.Hint)
	}
	for _, t := range e.Tables {
		keys := "its key isn't declared"
		if t.Declared {
			keys = strings.Join(t.Keys, "; ")
		}
		line("  table %s at byte %d: %s: shards %v", t.Table, t.Offset, keys, t.Shards)
	}
	for _, s := range e.Shards {
		mark := " "
		if s.Target {
			mark = "→"
		}
		line("  %s %s: %s", mark, s.ID, s.Why)
		if s.Target && s.SQL != e.SQL {
			line("      %s  (%d arguments)", s.SQL, s.Args)
		}
	}
	for _, step := range e.Merge {
		line("  %s: %s", step.Kind, step.Detail)
	}
	for _, h := range e.Hidden {
		line("  hidden column: %s", h)
	}
	return b.String()
}
