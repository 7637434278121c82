package messages

// Order says in which order the rows of several shards are handed out.
type Order uint8

const (
	// AsTheyCome hands out each batch when it arrives: no shard waits for another.
	AsTheyCome Order = iota
	// InShardOrder hands out the rows of the first chosen shard, then those of the second, and so on. The other shards
	// work ahead as far as their window lets them.
	InShardOrder
)

// Options say how a request is routed and gathered. The zero value asks the choosers and gathers as rows come.
type Options struct {
	// Shards pins the request: it goes to these shards and no chooser is asked. Defaults to no pin.
	Shards []ShardID
	// AllShards pins the request to every shard. Defaults to false.
	AllShards bool
	// Token is the identity token of the object that is asked for: its shard. A pin wins over it, and it wins over
	// the choosers. Defaults to none.
	Token ShardID
	// LoadedFrom is the object that a related row is loaded from; the identity chooser is told of it. Defaults to none.
	LoadedFrom any
	// Order is the order of the gathered rows. Defaults to AsTheyCome.
	Order Order
}

// Query asks for rows. The arguments must not be changed until the call has ended.
type Query struct {
	// SQL is one statement in the dialect of the shards that it goes to.
	SQL string
	// Args are the values of its parameters.
	Args []any
	// Options say how it is routed and gathered.
	Options Options
}

// Exec runs a statement for its effect. The arguments must not be changed until the call has ended.
type Exec struct {
	// SQL is the statement in the dialect of the shards that it goes to.
	SQL string
	// Args are the values of its parameters.
	Args []any
	// Options say how it is routed.
	Options Options
}

// Get asks for the row of a primary key, through the identity chooser.
type Get struct {
	// Table is the table's name, unquoted, perhaps with its schema and a dot before.
	Table string
	// Columns are the columns to return, unquoted, in order.
	Columns []string
	// KeyColumns are the columns of the primary key, unquoted, in order.
	KeyColumns []string
	// Key are the values of KeyColumns.
	Key []any
	// Options say how it is routed and gathered.
	Options Options
}

func (*Query) message() {}
func (*Exec) message()  {}
func (*Get) message()   {}

// RouteOptions returns q.Options.
func (q *Query) RouteOptions() Options { return q.Options }

// RouteOptions returns e.Options.
func (e *Exec) RouteOptions() Options { return e.Options }

// RouteOptions returns g.Options.
func (g *Get) RouteOptions() Options { return g.Options }
