package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/troupedb/troupe/messages"
)

// errTooMany says that writes were rolled back because one returned more rows than may be shared.
var errTooMany = errors.New("the rows of a write in a batch are too many")

// readTogether runs reads in one transaction. If err is nil they have their outcome. failed is the one that err is about, nil if that
// can't be said.
func (c *conn) readTogether(ctx context.Context, members []*member) (failed *member, err error) {
	var batch pgconn.Batch
	plans := &c.session.plans
	sent := make([]*member, 0, len(members))
	for _, m := range members {
		if !c.encode(m) {
			continue
		}
		batch.ExecStatement(m.plan.sd, plans.build.ParamValues, plans.build.ParamFormats, m.plan.formats)
		sent = append(sent, m)
	}
	plans.sent()
	if len(sent) == 0 {
		return nil, nil
	}
	c.noteState()
	c.used = true
	results := c.pgx.PgConn().ExecBatch(ctx, &batch)
	in := intake{conn: c}
	defer in.end()
	answered := 0
	for answered < len(sent) && results.NextResult() {
		if in.read(sent[answered], results.ResultReader()) != nil { // results has the error, too
			break
		}
		answered++
	}
	if err := results.Close(); err != nil {
		if answered < len(sent) {
			failed = sent[answered]
		}
		return failed, err
	}
	finish(sent)
	return nil, nil
}

// group is writes in one transaction.
type group struct {
	*conn
	pipeline  *pgconn.Pipeline
	members   []*member
	returning bool // there are rows, which have to be looked at before the commit: it can't be undone
	answered  int  // of members
	asked     bool // the server was asked to commit
}

// writeTogether runs writes in one transaction, and commits it. If err is nil, or the connection was lost, they have their outcome. Otherwise nothing has
// taken effect. failed is the one that err is about, nil if that can't be said.
func (c *conn) writeTogether(ctx context.Context, members []*member) (failed *member, err error) {
	plans := &c.session.plans
	g := group{conn: c, pipeline: c.pgx.PgConn().StartPipeline(ctx), members: make([]*member, 0, len(members))}
	for _, m := range members {
		if !c.encode(m) {
			continue
		}
		g.pipeline.SendQueryStatement(m.plan.sd, plans.build.ParamValues, plans.build.ParamFormats, m.plan.formats)
		g.returning = g.returning || len(m.plan.sd.Fields) > 0
		g.members = append(g.members, m)
	}
	plans.sent()
	c.noteState()
	c.used = true
	err = g.run()
	if err == nil {
		finish(g.members)
		return nil, nil
	}
	if g.answered < len(g.members) {
		failed = g.members[g.answered]
	}
	if c.gone(err) {
		g.lose(ctx, err)
	}
	return failed, err
}

// run runs what was queued, and ends the pipeline.
func (g *group) run() error {
	err := g.execute()
	if err == nil {
		err = g.commit()
	}
	if err != nil && g.returning && !g.asked && !g.pgx.IsClosed() {
		if err == errTooMany {
			g.pipeline.SendQueryParams("rollback", nil, nil, nil, nil)
		}
		_ = g.pipeline.Sync() // what failed is rolled back with it
	}
	closeErr := g.pipeline.Close()
	if err == nil {
		err = closeErr
	}
	return err
}

// execute sends the statements and reads their results.
func (g *group) execute() error {
	if len(g.members) == 0 {
		g.asked = true
		return g.pipeline.Sync()
	}
	if g.returning {
		g.pipeline.SendFlushRequest()
	} else {
		g.pipeline.SendPipelineSync()
	}
	if err := g.pipeline.Flush(); err != nil {
		return err // its end, which is the Sync, wasn't sent
	}
	g.asked = !g.returning
	in := intake{conn: g.conn}
	defer in.end()
	for g.answered < len(g.members) {
		reader, err := nextReader(g.pipeline)
		if err != nil {
			return err
		}
		m := g.members[g.answered]
		if err := in.read(m, reader); err != nil {
			return err
		}
		g.answered++
	}
	for _, m := range g.members {
		if m.tooMany {
			return errTooMany
		}
	}
	return nil
}

// commit waits for the commit, which it asks for if that isn't done.
func (g *group) commit() error {
	if !g.asked {
		if err := g.pipeline.Sync(); err != nil {
			return err // its end wasn't sent
		}
		g.asked = true
	}
	_, err := nextSync(g.pipeline)
	return err
}

// lose gives the members of a lost connection their outcome.
func (g *group) lose(ctx context.Context, err error) {
	g.backend.suspect(err)
	var pg *pgconn.PgError
	refused := errors.As(err, &pg) && (g.answered < len(g.members) || !isFatal(err)) // there was no commit
	if !g.asked || refused {
		leave(g.members)
		return
	}
	for _, m := range g.members {
		m.fail(g.inDoubt(ctx, m, err))
	}
}

// inDoubt is the error of a write that may have been committed when the connection was lost.
func (c *conn) inDoubt(ctx context.Context, m *member, err error) error {
	lost := c.sentError(ctx, m.op(), m.SQL, err)
	if errors.Is(lost, messages.ErrOutcomeUnknown) {
		return lost
	}
	return &messages.Error{Code: messages.ErrOutcomeUnknown, Op: m.op(), Err: lost}
}

// finish gives members their outcome when what they did is there to stay.
func finish(members []*member) {
	for _, m := range members {
		m.done()
	}
}
