package postgres

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/shardworker"
)

// The lanes of a backend with GroupCommit.
const (
	anyLane   = 0
	writeLane = 1
)

// Company says which others a statement may be run with. Reads may be where statements are prepared, as they are by default, no tracer is to
// be told of each, and no hook of the pool (PrepareConn, BeforeAcquire) prepares a connection for the caller's context; writes besides
// only with [Config.GroupCommit].
func (b *Backend) Company(sql string, args []any, wantRows bool) shardworker.Company {
	if !b.direct || !b.anyonesConn || !plainArgs(args) {
		return shardworker.Alone
	}
	switch seenEffect(sql) {
	case readEffect:
		if wantRows {
			return shardworker.AmongReads
		}
	case writeEffect:
		if b.groupsWrites() {
			return shardworker.AmongWrites
		}
	}
	return shardworker.Alone
}

// plainArgs reports whether args are values, and none of them tells pgx how to run the statement.
func plainArgs(args []any) bool {
	for _, a := range args {
		switch a.(type) {
		case nil, string, int, int64, int32, int16, float64, bool, []byte, time.Time:
		case pgx.QueryExecMode, pgx.QueryResultFormats, pgx.QueryResultFormatsByOID, pgx.QueryRewriter:
			return false
		}
	}
	return true
}

const (
	seenSlots     = 2048
	maxSeenLength = 1 << 10 // of a text that is worth keeping
)

// seen has what was found out about texts, each in one of the two places where it may be. It is the process's: only the texts count.
var seen [seenSlots]atomic.Pointer[seenText]

var seenSeed = maphash.MakeSeed()

// seenText is what is known of a text.
type seenText struct {
	sql    string
	effect effect
	plain  bool
}

// seenEffect is effectOf, which is asked once for a text as long as that is in use.
func seenEffect(sql string) effect { return look(sql).effect }

// isPlain reports whether sql is what reads or changes rows, by its verb: no name of a prepared statement.
func isPlain(sql string) bool {
	if len(sql) > maxSeenLength {
		return readsOrChanges(sql)
	}
	return look(sql).plain
}

func look(sql string) *seenText {
	if len(sql) > maxSeenLength {
		return see(sql)
	}
	hash := maphash.String(seenSeed, sql)
	first, second := &seen[hash%seenSlots], &seen[hash>>32%seenSlots]
	t := first.Load()
	if t != nil && t.sql == sql {
		return t
	}
	if other := second.Load(); other != nil && other.sql == sql {
		return other
	}
	if t != nil {
		second.Store(t)
	}
	t = see(strings.Clone(sql))
	first.Store(t)
	return t
}

func see(sql string) *seenText {
	return &seenText{sql: sql, effect: effectOf(sql), plain: readsOrChanges(sql)}
}

// readsOrChanges reports whether the first word of sql, which isn't all of it, begins a query or a change of rows.
func readsOrChanges(sql string) bool {
	s := script{text: sql}
	if !s.next() || s.text == "" {
		return false
	}
	switch strings.ToLower(s.token) {
	case "select", "insert", "update", "delete", "with", "values":
		return true
	}
	return false
}
