package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// minGraves is how many connections may take their leave of the server at once, however small the pool is.
const minGraves = 4

// discard takes a connection out of the pool, which can open another at once, and ends it in the background. If too many
// are ending already, it takes the next place that comes free with it until it has ended: closed without telling the server,
// its statement would go on there.
func (b *Backend) discard(pooled *pgxpool.Conn, s *session) {
	pc := pooled.Hijack()
	b.mu.Lock()
	dig := !isClosed(b.cut)
	crowded := b.mu.graves >= max(b.maxConns, minGraves)
	if dig {
		b.mu.graves++
		b.mu.users++
		if crowded {
			b.mu.owed++
		}
	}
	b.mu.Unlock()
	if dig {
		go b.bury(pc, s, crowded)
		return
	}
	if b.beforeClose != nil {
		b.beforeClose(pc)
	}
	s.sever()
	over, cancel := context.WithCancel(context.Background())
	cancel()
	_ = pc.Close(over)
}

// bury ends a connection that nobody uses any more: within the grace it lets the server know, so that its backend stops
// working too, and then it closes the socket.
func (b *Backend) bury(pc *pgx.Conn, s *session, crowded bool) {
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		switch {
		case crowded && b.mu.owed > 0:
			b.mu.owed--
		case crowded:
			<-b.slots // never waits: it was left for this one
		}
		b.mu.graves--
		b.endUse()
	}()
	if b.beforeClose != nil {
		b.beforeClose(pc)
	}
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	farewell := make(chan struct{})
	go func() {
		defer close(farewell)
		pg := pc.PgConn()
		if pg.IsBusy() {
			// pgx cancels by itself only what it gave up by itself.
			_ = pg.CancelRequest(ctx)
		}
		_ = pc.Close(ctx)
		<-pg.CleanupDone()
	}()
	select {
	case <-farewell:
	case <-ctx.Done():
	case <-b.cut:
	}
	s.sever()
	cancel()
	<-farewell
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
