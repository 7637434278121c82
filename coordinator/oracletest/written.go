package oracletest

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// place is a table on one shard of one troupe.
type place struct {
	*databases
	table *table
	shard int
}

// rest returns the rows that a place has before a write.
func (o *oracle) rest(ctx context.Context, p place) (*answer, error) {
	if a := o.resting[p]; a != nil {
		return a, nil
	}
	a, err := p.dump(ctx, p.table, p.shard)
	if err == nil {
		o.resting[p] = a
	}
	return a, err
}

// written compares the tables after a write, and undoes it on the troupe.
func (c *trial) written(ctx context.Context, d *databases, report *Report) (string, error) {
	report.Compared++
	wrong := c.one.difference(c.troupe)
	switch {
	case wrong != "" || c.one.err != nil:
	case c.one.tag != c.troupe.tag:
		wrong = fmt.Sprintf("the tag is %q and %q", c.one.tag, c.troupe.tag)
	case !sameBag(c.one.rows, c.troupe.rows):
		wrong = "other rows returned"
	}
	t := c.st.write.table
	if c.after == nil {
		var err error
		if c.after, err = c.oracle.one.dump(ctx, t, 0); err != nil {
			return "", err
		}
	}
	found, err := c.undo(ctx, d, t)
	if err != nil || wrong != "" || c.one.err != nil {
		return wrong, err
	}
	report.Written++
	return c.tables(d, t, found), nil
}

// untouched checks that a write that was refused has changed nothing.
func (c *trial) untouched(ctx context.Context, d *databases) (string, error) {
	for i := range d.shards {
		before, err := c.rest(ctx, place{d, c.st.write.table, i})
		if err != nil {
			return "", err
		}
		after, err := d.dump(ctx, c.st.write.table, i)
		if err != nil {
			return "", err
		}
		if !sameBag(before.rows, after.rows) {
			return fmt.Sprintf("a write was refused and changed %s: %s", d.shards[i], after), nil
		}
	}
	return "", nil
}

// undo returns what a table has on each shard, and gives it its first rows back.
func (c *trial) undo(ctx context.Context, d *databases, t *table) ([]*answer, error) {
	found := make([]*answer, len(d.shards))
	for i := range d.shards {
		var err error
		if found[i], err = d.dump(ctx, t, i); err != nil {
			return nil, err
		}
		if first := c.resting[place{d, t, i}]; first != nil && sameBag(first.rows, found[i].rows) {
			continue
		}
		if err := d.refill(ctx, t, i); err != nil {
			return nil, err
		}
		if _, err := c.rest(ctx, place{d, t, i}); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// restore undoes a write on the one database.
func (c *trial) restore(ctx context.Context) error {
	if c.st.write == nil || c.one == nil {
		return nil
	}
	p := place{c.oracle.one, c.st.write.table, 0}
	if first := c.resting[p]; first != nil && c.after != nil && sameBag(first.rows, c.after.rows) {
		return nil
	}
	if err := p.refill(ctx, p.table, p.shard); err != nil {
		return err
	}
	_, err := c.rest(ctx, p)
	return err
}

// tables compares a table on the shards with the one database's.
func (c *trial) tables(d *databases, t *table, found []*answer) string {
	var union [][]string
	for i, a := range found {
		if t.reference() {
			if !sameBag(a.rows, c.after.rows) {
				return fmt.Sprintf("the reference table %s differs on %s: %s", t.name, d.shards[i], a)
			}
			continue
		}
		for _, row := range a.rows {
			key, err := t.keyOf(row)
			if err != nil {
				return err.Error()
			}
			if n, ok := t.family.place.shard(key, len(d.shards)); len(d.shards) > 1 && (!ok || n != i) {
				return fmt.Sprintf("a row of %s is on %s and belongs on number %d: %s", t.name, d.shards[i], n, strings.Join(row, " | "))
			}
		}
		union = append(union, a.rows...)
	}
	if !t.reference() && !sameBag(union, c.after.rows) {
		return fmt.Sprintf("table %s has other rows: %s", t.name, &answer{rows: union})
	}
	return ""
}

// keyOf reads the key of a row that dump returned.
func (t *table) keyOf(row []string) ([]value, error) {
	key := make([]value, len(t.keys))
	for i := range t.keys {
		kind, shown, _ := strings.Cut(row[i], " ")
		var err error
		key[i].kind = t.family.kinds[i]
		switch {
		case kind == "int8" || kind == "int4":
			key[i].i, err = strconv.ParseInt(shown, 10, 64)
		case key[i].kind == text:
			key[i].s, err = strconv.Unquote(shown)
		default:
			err = fmt.Errorf("a key of %s is %s", t.name, row[i])
		}
		if err != nil {
			return nil, err
		}
	}
	return key, nil
}
