package compare

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/troupedb/troupe/bench/compare/load"
	"github.com/troupedb/troupe/bench/results"
)

// Where a server doesn't let in roomForAll connections, as few do by default, pools with more than largestLasting connections have them for
// their samples only.
const (
	roomForAll     = 150
	largestLasting = 8
)

// peerPool is a plain pool of connections.
type peerPool struct {
	*pgxpool.Pool
	conns  int
	brief  bool // it doesn't last from sample to sample
	name   string
	server *server
	warm   func(ctx context.Context, conn *pgxpool.Conn) error // what each connection does before its first sample
	crew   *load.Crew
}

// pool opens a plain pool, which is closed with the experiment.
func (s *stage) pool(ctx context.Context, database string, conns int, warm func(context.Context, *pgxpool.Conn) error) (*peerPool, error) {
	server, err := s.postgres(ctx)
	if err != nil {
		return nil, err
	}
	cfg, err := server.config(database, conns)
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("compare %s %d", database, conns)
	cfg.ConnConfig.RuntimeParams["application_name"] = name
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	s.onReset(func() error { pool.Close(); return nil })
	brief := conns > largestLasting && server.room < roomForAll
	return &peerPool{Pool: pool, conns: conns, brief: brief, name: name, server: server, warm: warm, crew: &load.Crew{Meter: load.Meter{Server: server.cpu}}}, nil
}

// run measures clients that use the pool, all of whose connections are open, and know the statement.
func (p *peerPool) run(clients int, d time.Duration, do func(client int) error) (results.Round, error) {
	if err := p.open(); err != nil {
		return results.Round{}, err
	}
	r, err := p.crew.Run(clients, d, do)
	if err == nil && p.brief {
		err = p.leave()
	}
	return r, err
}

// leave closes the connections, and waits until the server is rid of them: that is work, and not the next one's.
func (p *peerPool) leave() error {
	p.Reset()
	return p.server.with(context.Background(), "", func(ctx context.Context, conn *pgx.Conn) error {
		for {
			var n int
			if err := conn.QueryRow(ctx, "select count(*) from pg_stat_activity where application_name = $1", p.name).Scan(&n); err != nil || n == 0 {
				return err
			}
			select {
			case <-time.After(5 * time.Millisecond):
			case <-ctx.Done():
				return fmt.Errorf("%d connections don't end: %w", n, ctx.Err())
			}
		}
	})
}

// open opens the connections that the pool lacks. They are all borrowed at once, because a pool prefers those that it has.
func (p *peerPool) open() error {
	if int(p.Stat().TotalConns()) == p.conns {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), serverLimit)
	defer cancel()
	conns, errs := make([]*pgxpool.Conn, p.conns), make([]error, p.conns)
	var opened sync.WaitGroup
	for i := range p.conns {
		opened.Go(func() {
			if conns[i], errs[i] = p.Acquire(ctx); errs[i] == nil {
				errs[i] = p.warm(ctx, conns[i])
			}
		})
	}
	opened.Wait()
	for _, conn := range conns {
		if conn != nil {
			conn.Release()
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("open %d connections: %w", p.conns, err)
	}
	return nil
}
