package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/troupedb/troupe/messages"
)

// prepared is a statement that a connection has prepared.
type prepared struct {
	plans       *plans
	name        string
	sd          *pgconn.StatementDescription
	formats     []int16 // of the result's columns, as they were asked for last
	desc        *messages.Description
	newer, last *prepared // neighbours in the order of their use
}

// plans is the prepared statements of one connection that its own and shared statements are run by. pgx keeps its own, for what is run
// by pgx. It belongs to whoever has acquired the connection.
type plans struct {
	known    map[string]*prepared // by their text
	ring     prepared             // newer is the oldest, last the newest
	capacity int
	dropped  []string // names that the server has and known doesn't
	build    pgx.ExtendedQueryBuilder
}

func (st *plans) init(capacity int) {
	st.known = make(map[string]*prepared)
	st.ring.newer, st.ring.last = &st.ring, &st.ring
	st.capacity = capacity
}

// get returns the statement sql, which it prepares if it isn't. pgx remembers what was prepared by any name, and forgets it where the
// application has had it deallocated.
func (st *plans) get(ctx context.Context, pc *pgx.Conn, sql string) (*prepared, error) {
	p := st.find(sql)
	if p == nil {
		p = &prepared{plans: st, name: statementName(sql)}
	}
	sd, err := pc.Prepare(ctx, p.name, sql)
	if err != nil {
		return nil, err
	}
	if sd != p.sd {
		p.sd, p.formats, p.desc = sd, nil, nil
	}
	if p.newer == nil {
		st.keep(p)
	} else if st.ring.last != p {
		p.unlink()
		st.link(p)
	}
	return p, nil
}

// find returns the statement sql if it is known: the newest without a look into the map, since a text often comes again and again.
func (st *plans) find(sql string) *prepared {
	if newest := st.ring.last; newest != &st.ring && newest.sd.SQL == sql {
		return newest
	}
	return st.known[sql]
}

// statementName returns a name that stands for sql alone: on a server connection that a proxy shares between clients, it means the same for each.
func statementName(sql string) string {
	digest := sha256.Sum256([]byte(sql))
	return "troupe_" + base64.RawURLEncoding.EncodeToString(digest[:18])
}

func (st *plans) keep(p *prepared) {
	if i := slices.Index(st.dropped, p.name); i >= 0 {
		st.dropped = slices.Delete(st.dropped, i, i+1)
	}
	if len(st.known) >= st.capacity {
		st.forget(st.ring.newer)
	}
	st.known[p.sd.SQL] = p
	st.link(p)
}

// forget drops p, which goes on until sweep.
func (st *plans) forget(p *prepared) {
	if p.newer == nil {
		return
	}
	p.unlink()
	delete(st.known, p.sd.SQL)
	st.dropped = append(st.dropped, p.name)
}

// sweep has the server forget what was dropped.
func (st *plans) sweep(ctx context.Context, pc *pgx.Conn) error {
	for len(st.dropped) > 0 {
		if err := pc.Deallocate(ctx, st.dropped[0]); err != nil {
			return err
		}
		st.dropped = st.dropped[1:]
	}
	st.dropped = nil
	return nil
}

func (st *plans) link(p *prepared) {
	p.newer, p.last = &st.ring, st.ring.last
	p.last.newer, st.ring.last = p, p
}

func (p *prepared) unlink() {
	p.last.newer, p.newer.last = p.newer, p.last
	p.newer, p.last = nil, nil
}

// encode encodes args for p, into build.
func (st *plans) encode(pc *pgx.Conn, p *prepared, args []any) error {
	if len(p.sd.ParamOIDs) != len(args) {
		return argumentCount(len(p.sd.ParamOIDs), len(args))
	}
	if err := st.build.Build(pc.TypeMap(), p.sd, args); err != nil {
		st.forget(p) // the types of its parameters may have changed
		return err
	}
	if !slices.Equal(p.formats, st.build.ResultFormats) {
		p.formats = slices.Clone(st.build.ResultFormats)
	}
	return nil
}

const maxKeptArguments = 4 << 10

// sent lets go of arguments that are large.
func (st *plans) sent() {
	size := 0
	for _, v := range st.build.ParamValues {
		size += len(v)
	}
	if size > maxKeptArguments {
		st.build = pgx.ExtendedQueryBuilder{}
	}
}

// describe returns the description of rows with fields, which p has returned.
func (s *session) describe(pc *pgx.Conn, p *prepared, fields []pgconn.FieldDescription) *messages.Description {
	if p.desc == nil || !p.desc.SameFields(fields) {
		p.desc = s.descriptions.get(pc.TypeMap(), p.sd.SQL, fields)
	}
	return p.desc
}

// outdated reports whether err, which the server answered p with, may be because of what has changed since p was prepared.
func outdated(err error) bool {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || len(pg.Code) < 2 {
		return false
	}
	switch pg.Code[:2] {
	case "23", "40", "55", "57", "P0": // constraints, conflicts, locks, cancellation, raised errors
		return false
	}
	return true
}

// isUnknownStatement reports that the server doesn't know a prepared statement any more, so that it has run nothing.
func isUnknownStatement(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "26000"
}
