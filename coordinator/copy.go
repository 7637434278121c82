package coordinator

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/coordinator/translate"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

const opCopy = "copy"

// CopyReport is what a copy has done.
type CopyReport struct {
	// Rows is how many rows were inserted. Those that every shard has count once.
	Rows int64
	// Shards are the shards that got rows, in configuration order.
	Shards []CopiedRows
}

// CopiedRows is how many rows a shard has inserted.
type CopiedRows struct {
	Shard messages.ShardID
	Rows  int64
}

// CopyFrom inserts the rows of src into table and returns how many there were: [Troupe.Copy] in the shape of pgx.
func (t *Troupe) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, src pgx.CopyFromSource) (int64, error) {
	report, err := t.Copy(ctx, table, columns, src)
	return report.Rows, err
}

// Copy inserts the rows of src into table by the databases' means for many rows: COPY on PostgreSQL, prepared INSERTs of several
// rows on SQLite. The table's name, with its schema before if need be, and the columns' are taken as they are: to PostgreSQL, "ID" isn't id.
//
// Each row goes to the shard that its key has by the table's declaration, so all key columns have to be among columns, in any Go type
// that an argument may have. Rows of a reference table go to every shard. A pin of one shard sends all rows there, whatever the
// table; one of several shards says where they may go, and [AllShards] sends each row to every shard. Choosers aren't
// asked: without a pin and a declaration it is [messages.ErrNoRoute].
//
// It is all or nothing, on all shards: a source that fails or panics, a row that has no shard, a constraint, or the end of ctx leaves no
// row anywhere. Rows for several shards are one transaction, so a failure while these commit is a [CommitError]. Where ctx
// carries a transaction the rows are part of that, and a failure aborts it, unless nothing was sent yet.
//
// Src is read on the calling goroutine, and not after Copy has returned. Its rows are held in small chunks for each shard, and a shard that is slow
// holds it up, so memory doesn't depend on their number. A row's slice and its byte slices may be used again for
// the next row; what else a value refers to must not be changed.
//
// [messages.ErrInvalidRequest] has the number of the row that can't be inserted, from 1, and never a value.
func (t *Troupe) Copy(ctx context.Context, table pgx.Identifier, columns []string, src pgx.CopyFromSource) (CopyReport, error) {
	rows, err := shardworker.NewCopyRows(ctx, table, columns, src)
	if err != nil {
		return CopyReport{}, err
	}
	if err := ctx.Err(); err != nil {
		return CopyReport{}, &messages.Error{Code: messages.ErrCanceled, Op: opCopy, Err: err}
	}
	if t.isClosing() {
		return CopyReport{}, closedError("the troupe is closed")
	}
	rows.Panicked = func(value any) {
		t.cfg.Logger.Error("the source of a copy panicked", "panic", messages.PanicText(value), "stack", string(debug.Stack()))
	}
	targets, err := t.copyTargets(ctx, table, columns)
	if err != nil {
		return CopyReport{}, err
	}
	l := &loading{
		troupe: t, ctx: ctx, rows: rows, columns: columns, targets: targets,
		tables: make([]pgx.Identifier, len(t.cfg.Shards)), filling: make([]*chunk, len(t.cfg.Shards)),
	}
	for _, shard := range targets.shards {
		if l.tables[shard], err = t.tableOn(shard, table); err != nil {
			return CopyReport{}, err
		}
	}
	if err := l.run(); err != nil {
		return CopyReport{}, err
	}
	return l.report(), nil
}

// tableOn returns a table's name as a shard has it.
func (t *Troupe) tableOn(shard int, table pgx.Identifier) (pgx.Identifier, error) {
	s := &t.cfg.Shards[shard]
	name, err := translate.Identifier(t.dialects[shard], s.Names, table)
	if err != nil {
		return nil, messages.OnShard(err, s.ID, opCopy, messages.ErrRefused)
	}
	return name, nil
}

// copyTargets are where the rows of a copy go.
type copyTargets struct {
	shards []int     // where they may, in ascending order
	route  *rowRoute // nil if each row goes to all of them
}

// copyTargets finds out where rows of a table go.
func (t *Troupe) copyTargets(ctx context.Context, table pgx.Identifier, columns []string) (*copyTargets, error) {
	options, err := pinOf(ctx).merge(messages.Options{})
	if err != nil {
		return nil, err
	}
	if tx := TxOf(ctx); tx != nil {
		if err := tx.takes(t, &options); err != nil {
			return nil, err
		}
	}
	among := t.everyShard
	switch {
	case options.AllShards:
		return &copyTargets{shards: t.everyShard}, nil
	case len(options.Shards) > 0:
		set := newShardSet(len(t.cfg.Shards))
		for _, id := range options.Shards {
			if _, err := t.known(id, "pin"); err != nil {
				return nil, err
			}
			set.add(t.index[id])
		}
		among = set.numbers()
	case t.cfg.RequireShard:
		return nil, noCopyRoute("RequireShard is configured, and no pin names the shard")
	}
	declared := t.declarationOf(table)
	switch {
	case len(among) == 1:
		return &copyTargets{shards: among}, nil
	case declared == nil:
		return nil, noCopyRoute(fmt.Sprintf("table %s isn't declared, and no pin names one shard", table.Sanitize()))
	case declared.Reference:
		return &copyTargets{shards: among}, nil
	}
	route, err := t.rowRoute(ctx, declared, columns, among)
	if err != nil {
		return nil, err
	}
	return &copyTargets{shards: route.shards(), route: route}, nil
}

func noCopyRoute(why string) error {
	return &messages.Error{Code: messages.ErrNoRoute, Op: "route", Detail: "a copy: " + why + "; pin it with OnShard or AllShards"}
}
