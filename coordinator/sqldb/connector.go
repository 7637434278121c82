package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// Open returns a shard as a [sql.DB], which is safe for concurrent use. The caller closes it, before the troupe: that ends a goroutine of
// database/sql, and no connection of the troupe. A shard that doesn't exist is [messages.ErrUnknownShard]. Nothing is sent.
func Open(t *coordinator.Troupe, shard messages.ShardID) (*sql.DB, error) {
	c, err := NewConnector(t, shard)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(c), nil
}

// NewConnector returns the [driver.Connector] of what [Open] returns, to be wrapped or given to sql.OpenDB. Its connections implement
// driver.ConnBeginTx, driver.ExecerContext and driver.QueryerContext, and their errors are the troupe's: never driver.ErrBadConn, so that
// database/sql repeats nothing.
func NewConnector(t *coordinator.Troupe, shard messages.ShardID) (driver.Connector, error) {
	if _, err := t.Shard(shard); err != nil {
		return nil, err
	}
	return &connector{t, shard}, nil
}

type connector struct {
	troupe *coordinator.Troupe
	shard  messages.ShardID
}

// Connect returns a connection, which holds nothing before it has begun a transaction.
func (c *connector) Connect(context.Context) (driver.Conn, error) { return &conn{connector: c}, nil }

// Driver returns a driver that opens nothing by name.
func (c *connector) Driver() driver.Driver { return nameless{} }

type nameless struct{}

// Open fails: a shard belongs to a troupe, which no name finds.
func (nameless) Open(string) (driver.Conn, error) {
	return nil, &messages.Error{Code: messages.ErrInvalidRequest, Op: "open", Detail: "a shard has no data source name: see sqldb.Open"}
}
