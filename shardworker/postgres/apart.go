package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
)

// runApart runs statements in one round trip, each as if it were alone: with a Sync of its own. They have their outcome then. Writes
// that return rows are left to the worker, because once they are committed, all their rows have to be kept.
func (c *conn) runApart(ctx context.Context, members []*member) {
	ready, ok := c.ready(ctx, members)
	if !ok || len(ready) == 0 {
		return
	}
	plans := &c.session.plans
	pipeline := c.pgx.PgConn().StartPipeline(ctx)
	sent := make([]*member, 0, len(ready))
	for _, m := range ready {
		if !isRead(m.Shared) && len(m.plan.sd.Fields) > 0 {
			m.again()
			continue
		}
		if !c.encode(m) {
			continue
		}
		pipeline.SendQueryStatement(m.plan.sd, plans.build.ParamValues, plans.build.ParamFormats, m.plan.formats)
		pipeline.SendPipelineSync()
		sent = append(sent, m)
	}
	plans.sent()
	c.noteState()
	c.used = true
	err := pipeline.Flush()
	in := intake{conn: c}
	defer in.end()
	for at, m := range sent {
		if err == nil {
			err = in.readApart(pipeline, m)
		}
		switch {
		case err == nil:
			m.done()
		case c.gone(err):
			_ = pipeline.Close()
			c.loseApart(ctx, sent[at:], err)
			return
		case c.renew(m, err):
			m.again()
		default:
			m.fail(c.sentError(m.Context, m.op(), m.SQL, err))
		}
		err = nil
	}
	_ = pipeline.Close()
}

// loseApart gives members their outcome of which the first got err in place of an answer, and the others none.
func (c *conn) loseApart(ctx context.Context, members []*member, err error) {
	c.backend.suspect(err)
	for i, m := range members {
		ended := i > 0 && isFatal(err) // the server ended before it came to this one; after any other error it goes on
		if isRead(m.Shared) || ended {
			m.again()
		} else {
			m.fail(c.inDoubt(ctx, m, err))
		}
	}
}

// readApart reads the answer to one statement and its Sync.
func (in *intake) readApart(pipeline *pgconn.Pipeline, m *member) error {
	reader, err := nextReader(pipeline)
	if err == nil {
		err = in.read(m, reader)
	}
	if err != nil && in.conn.gone(err) {
		return err
	}
	for {
		synced, syncErr := nextSync(pipeline)
		if err == nil {
			err = syncErr
		}
		if synced {
			return err
		}
		if in.conn.gone(syncErr) {
			return syncErr
		}
	}
}

// nextReader returns the next result of pipeline, which is a statement's.
func nextReader(pipeline *pgconn.Pipeline) (*pgconn.ResultReader, error) {
	result, err := pipeline.GetResults()
	if err != nil {
		return nil, err
	}
	reader, ok := result.(*pgconn.ResultReader)
	if !ok {
		return nil, fmt.Errorf("the server answered a statement with a %T", result)
	}
	return reader, nil
}

// nextSync reads the answer to a Sync, or the error that comes before it.
func nextSync(pipeline *pgconn.Pipeline) (bool, error) {
	result, err := pipeline.GetResults()
	if err != nil {
		return false, err
	}
	if _, ok := result.(*pgconn.PipelineSync); !ok {
		return false, fmt.Errorf("the server answered a Sync with a %T", result)
	}
	return true, nil
}
