package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// freshFor is how long after its last use a connection isn't looked at before it is used again: about as long as a statement is on its way, so that
// one that ends in this time is no more likely than one that ends while a statement runs, and it comes to the same. Under load it saves a system
// call for each statement.
const freshFor = 50 * time.Microsecond

// noteFresh makes cfg's pool note of each connection that it hands out whether it was used a moment ago. And it pings none, unless the
// application says so: pgx's ping of a connection to a frozen server keeps its place in the pool for as long as a minute. Looking at
// the socket finds what a server that is gone has left there, and costs next to nothing.
func noteFresh(cfg *pgxpool.Config) {
	theirs := cfg.ShouldPing
	cfg.ShouldPing = func(ctx context.Context, p pgxpool.ShouldPingParams) bool {
		sessionOf(p.Conn).fresh = p.IdleDuration < freshFor
		return theirs != nil && theirs(ctx, p)
	}
}

// takeFresh reports whether the connection was used a moment before it was handed out, which is so once.
func (s *session) takeFresh() bool {
	fresh := s.fresh
	s.fresh = false
	return fresh
}
