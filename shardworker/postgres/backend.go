// Package postgres is the backend for PostgreSQL shards, on top of pgxpool. It adds what pgxpool leaves to its caller:
// calls that can be interrupted at any time, connections that free their place in the pool at once when they are cut off,
// stale connections that are noticed before anything is sent, an end to Close, and errors that say whether a statement
// may have taken effect. It repeats nothing that was sent.
package postgres

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/troupedb/troupe/internal/linked"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

var (
	_ shardworker.Backend = (*Backend)(nil)
	_ shardworker.Located = (*Backend)(nil)
	_ shardworker.Batcher = (*Backend)(nil)
)

// Backend is the database of one PostgreSQL shard.
type Backend struct {
	pool        *pgxpool.Pool
	location    string
	existing    bool // the pool was opened by somebody else
	closesPool  bool
	maxConns    int
	maxRowBytes int // 0: what the connection has
	restoreTo   int // what an existing pool's connections have
	prepares    bool
	direct      bool // connections run statements without pgx's Query, unless a hook makes one that doesn't
	anyonesConn bool // a connection isn't prepared for who acquires it, so that it may run others' statements too
	groupCommit bool
	beforeClose func(*pgx.Conn)

	slots   chan struct{}   // one element for each connection that is in use
	life    context.Context // ends when Close begins
	endLife context.CancelFunc
	cut     chan struct{} // closed when Close has no more patience
	quiet   chan struct{} // closed when the backend is closed and mu.users is 0

	mu struct {
		sync.Mutex
		closed bool
		users  int // connections in use or being acquired, and graves
		graves int
		owed   int // graves that a place is owed
		inUse  linked.List[conn]
		wires  map[*wire]struct{}
	}
}

// New returns a backend for the database that cfg describes. It connects to nothing yet, unless the pool's MinConns asks
// for it. The errors are [messages.ErrInvalidConfig].
func New(cfg Config) (*Backend, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	b := &Backend{
		cut:         make(chan struct{}),
		quiet:       make(chan struct{}),
		maxRowBytes: cfg.MaxRowBytes,
		groupCommit: cfg.GroupCommit,
	}
	b.life, b.endLife = context.WithCancel(context.Background())
	b.mu.wires = make(map[*wire]struct{})
	if cfg.Existing != nil {
		b.adopt(cfg)
	} else if err := b.open(cfg); err != nil {
		return nil, err
	}
	b.slots = make(chan struct{}, b.maxConns)
	return b, nil
}

// adopt uses a pool that somebody else opened and configured.
func (b *Backend) adopt(cfg Config) {
	theirs := cfg.Existing.Config()
	b.pool, b.existing, b.closesPool = cfg.Existing, true, cfg.CloseExisting
	b.restoreTo = theirs.ConnConfig.MaxProtocolMessageBodyLen
	if b.maxRowBytes == 0 && b.restoreTo == 0 {
		b.maxRowBytes = defaultMaxRowBytes
	}
	b.location = location(theirs)
	b.remember(theirs)
}

// open opens a pool of the backend's own.
func (b *Backend) open(cfg Config) (err error) {
	own, err := cfg.poolConfig()
	if err != nil {
		return err
	}
	defer func() {
		if recover() != nil {
			err = invalid("Pool was not made by pgxpool.ParseConfig")
		}
	}()
	switch {
	case b.maxRowBytes > 0:
		own.ConnConfig.MaxProtocolMessageBodyLen = b.maxRowBytes
	case own.ConnConfig.MaxProtocolMessageBodyLen == 0:
		own.ConnConfig.MaxProtocolMessageBodyLen = defaultMaxRowBytes
	}
	b.maxRowBytes = 0
	switch {
	case cfg.ConnectTimeout > 0:
		own.ConnConfig.ConnectTimeout = cfg.ConnectTimeout
	case own.ConnConfig.ConnectTimeout == 0:
		own.ConnConfig.ConnectTimeout = defaultConnectTimeout
	}
	b.location = location(own)
	guardHooks(own)
	b.remember(own)
	b.tapWires(own)
	noteFresh(own)
	b.pool, err = pgxpool.NewWithConfig(context.Background(), own)
	if err != nil {
		return invalid("the pool can't be made: " + err.Error())
	}
	b.closesPool = true
	return nil
}

func (b *Backend) remember(cfg *pgxpool.Config) {
	b.maxConns = int(cfg.MaxConns)
	b.direct = runsDirectly(cfg.ConnConfig)
	//lint:ignore SA1019 applications may still use it
	b.anyonesConn = cfg.PrepareConn == nil && cfg.BeforeAcquire == nil
	b.beforeClose = cfg.BeforeClose
	switch cfg.ConnConfig.DefaultQueryExecMode {
	case pgx.QueryExecModeCacheStatement, pgx.QueryExecModeDescribeExec:
		b.prepares = true
	}
}

// Pool returns the pool that the backend uses, for what troupe doesn't offer: COPY, LISTEN, statistics. The backend goes on
// owning it, so don't close it. A connection that is taken from it counts against the shard's lanes: as long as it isn't
// released, a statement that troupe sends may have to wait. Release it before [Backend.Close], which closes the pool and
// waits for it, unless the pool was given as Existing.
func (b *Backend) Pool() *pgxpool.Pool { return b.pool }

// Location returns the hosts, ports and name of the database as they are configured: "postgres://host:5432/name". It is ""
// if the pool's configuration has a hook or a dialer that can lead elsewhere.
func (b *Backend) Location() string { return b.location }

// Dialect returns [messages.PostgreSQL].
func (b *Backend) Dialect() messages.Dialect { return messages.PostgreSQL }

// Lanes returns one lane, as wide as the pool. With [Config.GroupCommit] there is a second, of one connection for the writes that may share a
// transaction: one after the other they make large ones. It comes out of the same pool, so Acquire may have to wait.
func (b *Backend) Lanes() []int {
	if b.groupsWrites() {
		return []int{anyLane: b.maxConns, writeLane: 1}
	}
	return []int{b.maxConns}
}

// Lane returns 0, whose connections run any statement, or 1 for a write that may share a transaction.
func (b *Backend) Lane(sql string, _ bool) int {
	if b.groupsWrites() && seenEffect(sql) == writeEffect {
		return writeLane
	}
	return anyLane
}

func (b *Backend) groupsWrites() bool { return b.groupCommit && b.direct && b.anyonesConn }

// Prompt returns true: everything that waits for the network ends with its context.
func (b *Backend) Prompt() bool { return true }
