package coordinator

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/troupedb/troupe/coordinator/plan"
	"github.com/troupedb/troupe/messages"
)

// Query runs a statement that returns rows, and returns when the shards have described its columns. It is shaped as
// pgx's: the rows must be closed, or read to their end, and ctx bounds all of it. On an error rows is not nil but carries
// it. The rows are a [*Rows]; [ShardOf] tells the shard of each.
//
// Over several shards the answer is the one that a single database with all rows would have given, or an error
// ([messages.ErrRefused]) before anything was sent. After an error or an early end a shard may look at args a moment longer, so they must not be changed.
//
// The errors are *messages.Error: ErrNoRoute, ErrUnknownShard, ErrChooser, ErrRefused and ErrOverloaded before anything
// was sent, and then what the shards had.
func (t *Troupe) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	rows, err := t.inquire(ctx, inquiry{sql: sql, args: args, wantRows: true})
	if err != nil {
		return failedRows(err), err
	}
	return rows, nil
}

// QueryRow runs a statement of which the first row is wanted: the merged answer's, if it goes to several shards. Errors come
// with Scan: pgx.ErrNoRows without a row.
func (t *Troupe) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	rows, err := t.inquire(ctx, inquiry{sql: sql, args: args, wantRows: true})
	if err != nil {
		return failedRow{err}
	}
	return &row{rows}
}

// Exec runs a statement for its effect and returns the command tag, with the shards' row counts added. Over several
// shards it is one statement on each, not one transaction: if one fails the others may have taken effect,
// which is [messages.ErrOutcomeUnknown] with a [PartialError] as its cause.
func (t *Troupe) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	c, err := t.prepare(ctx, inquiry{sql: sql, args: args})
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	if err := c.run(); err != nil {
		return pgconn.CommandTag{}, err
	}
	tag := c.tag()
	c.reuse()
	return tag, nil
}

// tag returns the command tag of a call that has ended well.
func (c *call) tag() pgconn.CommandTag {
	if len(c.targets) > 1 {
		return sumTags(c.stream.Ends())
	}
	if end := c.stream.EndOf(0); end != nil {
		return end.Tag
	}
	return pgconn.CommandTag{}
}

// run sends a request and attends to it on the caller's goroutine.
func (t *Troupe) run(ctx context.Context, r messages.Request) (*Rows, error) {
	return t.inquire(ctx, inquiryOf(r))
}

func (t *Troupe) inquire(ctx context.Context, q inquiry) (*Rows, error) {
	c, err := t.prepare(ctx, q)
	if err != nil {
		return nil, err
	}
	if err := c.run(); err != nil {
		return nil, err
	}
	return newRows(c), nil
}

// run submits a call that is prepared, and attends to it.
func (c *call) run() error {
	if c.left == joinTx { // its caller can wait for that as well as for the rest
		if err := c.tx.enlist(without(c.ctx), c.targets); err != nil {
			return err
		}
		c.left = nothing
		c.echo()
	}
	if err := c.admit(true); err != nil {
		return err
	}
	c.mu.attended = true // nobody else has the call yet
	c.holdForReuse()
	c.submit()
	if err := c.attend(); err != nil {
		if c.ctx.Err() == nil {
			c.awaitOver() // so that the caller finds the connections free
		}
		return c.whole(err)
	}
	if !c.wantRows && c.tx != nil {
		c.awaitOver() // so that the next statement finds the connection free
		if err := c.tx.escaped(); err != nil {
			return err
		}
	}
	return nil
}

// inquiry is a request, without a message of its own if the application has made none.
type inquiry struct {
	sql      string
	args     []any
	wantRows bool
	options  messages.Options
	get      *messages.Get // in place of sql and args; else nil
}

func inquiryOf(r messages.Request) inquiry {
	switch r := r.(type) {
	case *messages.Query:
		return inquiry{sql: r.SQL, args: r.Args, wantRows: true, options: r.Options}
	case *messages.Exec:
		return inquiry{sql: r.SQL, args: r.Args, options: r.Options}
	case *messages.Get:
		return inquiry{get: r, wantRows: true, options: r.Options}
	default:
		panic("bug: an unknown request")
	}
}

// prepare makes a request's call and routes it as far as that needs no chooser.
func (t *Troupe) prepare(ctx context.Context, q inquiry) (*call, error) {
	c, err := t.callFor(ctx, q)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, &messages.Error{Code: messages.ErrCanceled, Op: "route", Err: err}
	}
	if err := c.preset(); err != nil {
		return nil, err
	}
	if c.tx == nil && messages.ControlsTransaction(c.sql) && !strings.Contains(strings.TrimRight(c.sql, "; \t\r\n"), ";") {
		return nil, errLoneControl
	}
	if c.left == nothing {
		if err := c.translate(); err != nil {
			return nil, err
		}
	}
	if c.left == nothing && c.tx != nil && !c.tx.enlisted(c.targets) {
		c.left = joinTx
	}
	if c.left == nothing {
		c.echo()
	} else {
		c.asked = c.left == askChooser || c.left == askTables
	}
	return c, nil
}

func (t *Troupe) callFor(ctx context.Context, q inquiry) (*call, error) {
	p := pinOf(ctx)
	options, err := p.merge(q.options)
	if err != nil {
		return nil, err
	}
	tx := TxOf(ctx)
	if tx != nil {
		if err := tx.takes(t, &options); err != nil {
			return nil, err
		}
	}
	q.options = options
	c, err := t.makeCall(ctx, q)
	if err != nil {
		return nil, err
	}
	c.touched = p.touched
	if tx != nil {
		if messages.ControlsTransaction(c.sql) {
			return nil, errControl
		}
		if err := tx.of.reaches(c); err != nil {
			return nil, err
		}
		c.tx = tx.of
		c.stream.Patient() // to cancel a statement would end the transaction
	}
	return c, nil
}

func (t *Troupe) makeCall(ctx context.Context, q inquiry) (*call, error) {
	table, key := "", q.args
	var err error
	if q.get != nil {
		table, key = q.get.Table, q.get.Key
		q.args = key
		q.sql, err = getSQL(q.get)
	} else {
		q.sql, q.args, err = t.positional(q.sql, q.args)
	}
	if err != nil {
		return nil, err
	}
	c := t.newCall(ctx, q.sql, q.args, q.wantRows, q.options)
	if q.get != nil || q.wantRows && q.options.LoadedFrom != nil {
		c.identity = &IdentityRequest{Table: table, Key: key, LoadedFrom: q.options.LoadedFrom}
		c.options.Token = cmp.Or(q.options.Token, pinOf(ctx).token)
	}
	return c, nil
}

// positional numbers the parameters of a statement that may have to be understood, if pgx would do it later: what is planned has
// to be what is run.
func (t *Troupe) positional(sql string, args []any) (string, []any, error) {
	if len(args) == 0 || len(t.cfg.Shards) == 1 && !t.named || !slices.Contains(t.dialects, messages.PostgreSQL) {
		return sql, args, nil
	}
	for _, arg := range args {
		switch arg.(type) {
		case pgx.NamedArgs, pgx.StrictNamedArgs:
			return plan.Positional(messages.PostgreSQL, sql, args)
		}
	}
	return sql, args, nil
}
