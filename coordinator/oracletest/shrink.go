package oracletest

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// shrinkTries bounds how many smaller statements, and sets of rows, are tried.
const shrinkTries = 600

// shrinkMost is how many mismatches are made smaller: a broken rule has thousands.
const shrinkMost = 5

// shrink looks for a smaller statement and for fewer rows that a troupe answers wrongly too, and adds them to m. The schema is
// as it was afterwards.
func (o *oracle) shrink(ctx context.Context, st *statement, d *databases, m *Mismatch) error {
	one, err := o.wrong(ctx, st, d)
	if err != nil || one == nil {
		return err // it isn't wrong every time: then there is nothing to look for
	}
	failed := one.one.err != nil
	tries := 0
	still := func(candidate *statement) bool {
		tries++
		t, err := o.wrong(ctx, candidate, d)
		return err == nil && t != nil && (t.one.err != nil) == failed && tries < shrinkTries
	}
	st = st.clone()
	for again := true; again; {
		again = false
		for i := 0; i < len(st.simplifications()); i++ {
			candidate := st.clone()
			candidate.simplifications()[i]()
			if still(candidate) {
				st, again = candidate, true
				i--
			}
		}
	}
	m.Smaller, m.SmallerArgs = st.render(o.schema.dialect)
	kept := o.keepRows()
	if err := o.shrinkRows(ctx, d, func() bool { return still(st) }); err != nil {
		return err
	}
	m.Contents = o.contents(d, st)
	kept()
	return o.reload(ctx, d)
}

// wrong runs a statement, and returns the trial if the troupe's answer is wrong; else nil.
func (o *oracle) wrong(ctx context.Context, st *statement, d *databases) (*trial, error) {
	t := &trial{oracle: o, st: st}
	wrong, err := t.on(ctx, d, nil)
	if restored := t.restore(ctx); restored != nil {
		return nil, restored
	}
	if err != nil || wrong == "" {
		return nil, err
	}
	return t, nil
}

// keepRows returns what gives the tables the rows that they have now.
func (o *oracle) keepRows() func() {
	var rows [][][]value
	for _, t := range o.schema.tables {
		rows = append(rows, t.rows)
	}
	return func() {
		for i, t := range o.schema.tables {
			t.rows = rows[i]
		}
	}
}

// shrinkRows drops rows in ever smaller runs as long as it fails.
func (o *oracle) shrinkRows(ctx context.Context, d *databases, fails func() bool) error {
	for _, t := range o.schema.tables {
		for run := len(t.rows); run > 0; run /= 2 {
			for at := 0; at < len(t.rows); {
				before := t.rows
				t.rows = slices.Delete(slices.Clone(before), at, min(len(before), at+run))
				if err := o.reload(ctx, d); err != nil {
					return err
				}
				if !fails() {
					t.rows = before
					at += run
				}
			}
		}
	}
	return o.reload(ctx, d)
}

// reload fills the one database and a troupe's anew.
func (o *oracle) reload(ctx context.Context, d *databases) error {
	clear(o.resting)
	for _, databases := range []*databases{o.one, d} {
		for _, t := range o.schema.tables {
			for shard := range databases.shards {
				if err := databases.refill(ctx, t, shard); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// contents shows the tables, their rows and where they are.
func (o *oracle) contents(d *databases, st *statement) string {
	sql, _ := st.render(o.schema.dialect)
	var b strings.Builder
	for _, t := range o.schema.tables {
		if len(t.rows) == 0 && !strings.Contains(strings.ToLower(sql), t.name) {
			continue
		}
		fmt.Fprintf(&b, "%s\n", t.create(o.schema.dialect))
		if !t.reference() {
			fmt.Fprintf(&b, "  routed by %T\n", t.family.place)
		}
		for shard, id := range d.shards {
			if fill := t.fill(o.schema.dialect, d.rowsOf(t, shard)); fill != "" {
				fmt.Fprintf(&b, "  on %s: %s\n", id, fill)
			}
		}
	}
	return b.String()
}
