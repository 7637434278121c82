package oracletest

import (
	"context"
	"fmt"
	"slices"
)

// judge runs a statement on the one database and on the troupes.
func (o *oracle) judge(ctx context.Context, st *statement) error {
	o.report.Statements++
	shape := o.report.shape(st)
	shape.Made++
	c := &trial{oracle: o, st: st}
	invalid := false
	for n, i := range o.sizes() {
		wrong, err := c.on(ctx, o.troupes[i], o.report)
		if err != nil {
			return err
		}
		if n == 0 && c.one.err != nil {
			invalid = true
		}
		if wrong == "" {
			continue
		}
		m := c.mismatch(len(o.troupes[i].shards), wrong)
		if o.cfg.Shrink && len(o.report.Mismatches) < shrinkMost {
			if err := c.restore(ctx); err != nil {
				return err
			}
			if err := o.shrink(ctx, st, o.troupes[i], &m); err != nil {
				return err
			}
		}
		o.report.Mismatches = append(o.report.Mismatches, m)
		break
	}
	if invalid {
		o.report.Invalid++
	}
	return c.restore(ctx)
}

// sizes returns on which of the troupes the statement runs. One shard is drawn seldom, for it has little to do wrong, and many
// are expensive.
func (o *oracle) sizes() []int {
	r := random(o.cfg.Seed+1, o.number)
	var drawn, pool []int
	for i, t := range o.troupes {
		for range map[int]int{1: 1, 2: 4, 3: 4}[len(t.shards)] + len(t.shards)/4*2 {
			pool = append(pool, i)
		}
	}
	for len(drawn) < o.cfg.Each {
		if i := among(r, pool); !slices.Contains(drawn, i) {
			drawn = append(drawn, i)
		}
	}
	return drawn
}

// trial is one statement on one database and on troupes.
type trial struct {
	*oracle
	st     *statement
	sql    string
	args   []any
	one    *answer
	after  *answer // the table that was written, on the one database
	troupe *answer // the last troupe's
}

// on runs the statement on a troupe and says what is wrong with the answer. report may be nil.
func (c *trial) on(ctx context.Context, d *databases, report *Report) (string, error) {
	if report == nil {
		report = newReport(c.cfg)
	}
	if c.one == nil {
		c.sql, c.args = c.st.render(c.schema.dialect)
		c.one = c.run(c.oracle.one.at(ctx, 0), c.oracle.one)
	}
	_, args := c.st.render(c.schema.dialect) // not those that somebody has had
	c.troupe = c.runWith(ctx, d, args)
	report.Executions++
	several := len(d.shards) > 1
	if several {
		report.Scattered++
		report.shape(c.st).Scattered++
	}
	if code, refused := refusal(c.troupe.err); refused {
		switch {
		case !several:
			return "a troupe over one shard refuses", nil
		case !knownReason(code):
			return fmt.Sprintf("an unknown reason for a refusal: %q", code), nil
		}
		report.Refused[code]++
		report.shape(c.st).Refused++
		if c.st.write != nil && report.Refused[code]%8 == 1 {
			return c.untouched(ctx, d)
		}
		return "", nil
	}
	if c.st.write != nil {
		return c.written(ctx, d, report)
	}
	return c.read(ctx, d, report)
}

// run runs the statement as an application would.
func (c *trial) run(ctx context.Context, d Database) *answer { return c.runWith(ctx, d, c.args) }

func (c *trial) runWith(ctx context.Context, d Database, args []any) *answer {
	if c.st.write != nil && len(c.st.write.returning) == 0 {
		return tell(ctx, d, c.sql, args)
	}
	return ask(ctx, d, c.sql, args)
}

// read compares a troupe's answer to a query with the one database's.
func (c *trial) read(ctx context.Context, d *databases, report *Report) (string, error) {
	report.Compared++
	narrowed := c.troupe.err == nil && len(c.troupe.shards) < len(d.shards)
	if narrowed {
		report.Narrowed++
	}
	if wrong := c.one.difference(c.troupe); wrong != "" || c.one.err != nil {
		return wrong, nil
	}
	wrong, err := c.rows(ctx)
	if wrong != "" || err != nil {
		return wrong, err
	}
	if c.one.scales != c.troupe.scales && sameBag(c.one.rows, c.troupe.rows) { // and not another choice of rows
		report.ScaleDiffers++
		report.Scale = c.sql
	}
	if narrowed && c.st.query.anchored() {
		return c.witness(ctx, d, report)
	}
	return "", nil
}

// rows compares the rows, as far as the statement says in which order they come and which they are.
func (c *trial) rows(ctx context.Context) (string, error) {
	a, b := c.one.rows, c.troupe.rows
	slack := c.schema.slack(c.st.query)
	if slack.sameList(a, b) {
		return "", nil
	}
	if !c.st.query.ordered() {
		if !slack.sameBag(a, b) {
			return "other rows", nil
		}
		return "", nil
	}
	q, hidden, columns := c.st.query.companion()
	sql, args := (&statement{query: q}).render(c.schema.dialect)
	all := ask(c.oracle.one.at(ctx, 0), c.oracle.one, sql, args)
	if all.err != nil {
		return "", fmt.Errorf("the companion of %s fails: %s: %w", c.sql, sql, all.err)
	}
	if len(columns) > 0 && slices.Max(columns) >= len(all.columns)-hidden {
		return "", fmt.Errorf("%s is ordered by a column that it hasn't", c.sql)
	}
	groups := newTies(all.rows, hidden, columns, slack)
	offset, limit := c.st.query.cut()
	if wrong := groups.allow(a, offset, limit); wrong != "" {
		return "", fmt.Errorf("the companion doesn't allow the one database's own answer to %s: %s: %s", c.sql, sql, wrong)
	}
	return groups.allow(b, offset, limit), nil
}

// witnesses is how many of the shards that weren't asked are, if a statement doesn't run on all troupes.
const witnesses = 2

// witness runs a statement on shards that it was kept from. A row there is one that the troupe's answer lacks.
func (c *trial) witness(ctx context.Context, d *databases, report *Report) (string, error) {
	report.Witnessed++
	n := len(d.shards)
	asked := 0
	for i := range n {
		i = (i + int(c.number%uint64(n))) % n
		if slices.Contains(c.troupe.shards, d.shards[i]) {
			continue
		}
		if asked++; asked > witnesses && c.cfg.Each < len(c.cfg.Sizes) {
			break
		}
		_, args := c.st.render(c.schema.dialect)
		a := ask(d.at(ctx, i), d, c.sql, args)
		if a.err == nil && len(a.rows) > 0 {
			return fmt.Sprintf("narrowing loses rows: shard %s, which wasn't asked, has %s", d.shards[i], line(a.rows[0])), nil
		}
	}
	return "", nil
}

func (c *trial) mismatch(shards int, what string) Mismatch {
	m := Mismatch{
		Dialect: c.schema.dialect, Seed: c.cfg.Seed, Number: c.number, Shards: shards, What: what, SQL: c.sql, Args: c.args,
		One: c.one.String(), Troupe: c.troupe.String(),
	}
	if c.after != nil {
		m.One += "\nits table then: " + c.after.String()
	}
	return m
}
