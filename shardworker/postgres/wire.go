package postgres

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/troupedb/troupe/messages"
)

// grace is how long a connection that is cut off may still use the network: to ask the server to cancel what it runs,
// and to say goodbye.
const grace = time.Second

// wire is all network connections that pgx dials for one database connection: the one it ends up with, failed attempts
// before it, and requests to cancel after it. Through it the backend ends what pgx would wait for.
type wire struct {
	backend *Backend
	dialer  pgconn.DialFunc

	mu struct {
		sync.Mutex
		main    *tap // nil until the database connection is established
		open    map[*tap]struct{}
		severed bool
	}
}

// tapWires makes every connection of the pool dial through a wire of its own.
func (b *Backend) tapWires(cfg *pgxpool.Config) {
	theirs := cfg.BeforeConnect
	cfg.BeforeConnect = func(ctx context.Context, cc *pgx.ConnConfig) error {
		if theirs != nil {
			if err := theirs(ctx, cc); err != nil {
				return err
			}
		}
		w := &wire{backend: b, dialer: cc.DialFunc}
		w.mu.open = make(map[*tap]struct{})
		cc.DialFunc = w.dial
		countFrames(&cc.Config)
		connected := cc.AfterConnect
		cc.AfterConnect = func(ctx context.Context, pc *pgconn.PgConn) error {
			w.establish(pc)
			if connected != nil {
				return connected(ctx, pc)
			}
			return nil
		}
		return nil
	}
}

// watch adds w to the wires that Close severs.
func (b *Backend) watch(w *wire) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mu.wires[w] = struct{}{}
}

func (b *Backend) forget(w *wire) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.mu.wires, w)
}

// dial dials for the database connection, or for a request to cancel once that is established.
func (w *wire) dial(ctx context.Context, network, address string) (net.Conn, error) {
	w.mu.Lock()
	cancelling := w.mu.main != nil
	w.mu.Unlock()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := w.backend.life.Done()
	if cancelling {
		ended = w.backend.cut
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, grace)
		defer cancel()
	}
	dialled := make(chan struct{})
	defer close(dialled)
	go func() {
		select {
		case <-ended:
			stop()
		case <-dialled:
		}
	}()
	nc, err := w.dialer(ctx, network, address)
	if err != nil {
		return nil, err
	}
	t := newTap(nc, w)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.mu.severed {
		_ = nc.Close()
		return nil, net.ErrClosed
	}
	w.mu.open[t] = struct{}{}
	w.backend.watch(w)
	select {
	case <-ended:
		// Close has looked for wires already, perhaps.
		w.drop(t)
		_ = nc.Close()
		return nil, &messages.Error{Code: messages.ErrClosed, Op: "connect"}
	default:
	}
	if cancelling {
		_ = t.SetDeadline(time.Now().Add(grace))
	}
	return t, nil
}

// establish notes that the database connection is up, on the one connection of the wire that is still open.
func (w *wire) establish(pc *pgconn.PgConn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for t := range w.mu.open {
		w.mu.main = t
	}
	pc.CustomData()[sessionKey] = &session{wire: w, main: w.mu.main}
}

// sever closes all that is open, at once. The wire can't be used for anything after that.
func (w *wire) sever() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mu.severed = true
	for t := range w.mu.open {
		_ = t.Conn.Close()
		w.drop(t)
	}
}

func (w *wire) remove(t *tap) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.drop(t)
}

// drop forgets t, and the wire with its last connection. w.mu is held, so that no dial comes between.
func (w *wire) drop(t *tap) {
	delete(w.mu.open, t)
	if len(w.mu.open) == 0 {
		w.backend.forget(w)
	}
}

func (w *wire) connecting() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.mu.main == nil
}
