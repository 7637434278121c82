package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// minGraves is how many connections may take their leave of the server at once, however small the pool is.
const minGraves = 4

// discard takes a connection out of the pool, which can open another at once, and ends it in the background. If too many
// are ending already, because the server doesn't answer, it is closed without telling the server.
func (b *Backend) discard(pooled *pgxpool.Conn, s *session) {
	pc := pooled.Hijack()
	b.mu.Lock()
	dig := b.mu.graves < max(b.maxConns, minGraves) && !isClosed(b.cut)
	if dig {
		b.mu.graves++
		b.mu.users++
	}
	b.mu.Unlock()
	if dig {
		go b.bury(pc, s)
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
func (b *Backend) bury(pc *pgx.Conn, s *session) {
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
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
