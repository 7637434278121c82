package coordinator

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/keyset"
	"github.com/troupedb/troupe/messages"
)

// rowRoute says on which shard a row of a declared table lives, by the values of its columns.
type rowRoute struct {
	troupe *Troupe
	table  *statement.Table
	route  router
	at     []int // the positions of the key's columns in a row
	key    []any // of the row that is looked at
	among  []int // the shards that a row may go to
}

// rowRoute returns the route of rows that have these columns, as far as it leads to shards among these.
func (t *Troupe) rowRoute(ctx context.Context, table *statement.Table, columns []string, among []int) (*rowRoute, error) {
	r := &rowRoute{
		troupe: t, table: table, route: t.catalogue.routerFor(aside(ctx), table),
		at: make([]int, len(table.Keys)), key: make([]any, len(table.Keys)), among: among,
	}
	for i, key := range table.Keys {
		var problem string
		if r.at[i], problem = t.columnOf(columns, key.Name); problem != "" {
			return nil, &messages.Error{
				Code: messages.ErrInvalidRequest, Op: "route",
				Detail: fmt.Sprintf("the key of table %s has the column %s, which %s among those of the rows: without it nobody knows their shards",
					table.Name, key.Name, problem),
			}
		}
	}
	return r, nil
}

// shards returns where the rows may go, in ascending order.
func (r *rowRoute) shards() []int {
	set := newShardSet(len(r.troupe.cfg.Shards))
	any := make([]keyset.Keys, len(r.table.Keys))
	for i := range any {
		any[i] = keyset.Keys{All: true}
	}
	if err := r.route.add(any, set); err != nil { // no route looks at the keys then, and none can fail
		set.addAll()
	}
	return slices.DeleteFunc(set.numbers(), func(shard int) bool { return !slices.Contains(r.among, shard) })
}

// shard returns the shard of a row, of which number is its place in the source. The route may be the user's code; it runs on the
// calling goroutine, as the source does.
func (r *rowRoute) shard(row []any, number int64) (shard int, err error) {
	defer func() {
		if err != nil {
			err = r.ofRow(err, number)
		}
	}()
	defer r.troupe.recoverChooser("route", &err)
	for i, at := range r.at {
		canonical, ok := keyset.Canonical(r.table.Keys[i].Type, row[at])
		switch {
		case !ok:
			return 0, invalidRow("the value of the key column %s, a %T, is none of its declared type for certain", r.table.Keys[i].Name, row[at])
		case canonical == nil:
			return 0, invalidRow("the key column %s is NULL", r.table.Keys[i].Name)
		}
		r.key[i] = canonical
	}
	shard, err = r.route.shard(r.key)
	if err == nil && !slices.Contains(r.among, shard) {
		return 0, &messages.Error{
			Code: messages.ErrInvalidRequest, Op: "route", Shard: r.troupe.cfg.Shards[shard].ID, Detail: "the row belongs there, and the copy was sent elsewhere",
		}
	}
	return shard, err
}

func invalidRow(format string, args ...any) error {
	return &messages.Error{Code: messages.ErrInvalidRequest, Op: "route", Detail: fmt.Sprintf(format, args...)}
}

// ofRow returns err with the row's number.
func (r *rowRoute) ofRow(err error, number int64) error {
	var e *messages.Error
	if !errors.As(err, &e) {
		return err
	}
	return &messages.Error{Code: e.Code, Shard: e.Shard, Op: "route", Detail: fmt.Sprintf("row %d of the copy into %s", number, r.table.Name), Err: err}
}
