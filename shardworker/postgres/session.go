package postgres

import (
	"crypto/tls"
	"net"

	"github.com/jackc/pgx/v5"
)

// sessionKey is where pgx keeps the session for us, in the connection's custom data.
const sessionKey = "github.com/troupedb/troupe/shardworker/postgres"

// session is what the backend knows about one database connection for as long as it lives. It belongs to whoever has
// acquired the connection.
type session struct {
	wire         *wire // nil if an existing pool has dialled
	main         *tap  // as wire
	raw          net.Conn
	frames       *frames // nil if an existing pool has dialled
	encrypted    bool
	peek         *peeker
	ready        bool
	fresh        bool // it was in use a moment ago; noted by the pool for whoever acquires it
	descriptions descriptionCache
	direct       bool  // statements may be run without pgx's Query
	plans        plans // if direct
}

// sessionOf returns pc's session and completes it when it is used for the first time.
func sessionOf(pc *pgx.Conn) *session {
	if f, ok := pc.PgConn().Conn().(*frames); ok && f.session != nil {
		return f.session
	}
	data := pc.PgConn().CustomData()
	s, ok := data[sessionKey].(*session)
	if !ok {
		s = &session{}
		data[sessionKey] = s
	}
	if s.ready {
		return s
	}
	s.ready = true
	if cc := pc.Config(); runsDirectly(cc) {
		s.direct = true
		s.plans.init(cc.StatementCacheCapacity)
	}
	s.raw = pc.PgConn().Conn()
	if f, ok := s.raw.(*frames); ok {
		f.session, s.frames, s.raw = s, f, f.Conn
	}
	if t, ok := s.raw.(*tls.Conn); ok {
		s.encrypted = true
		s.raw = t.NetConn()
	}
	if s.main != nil {
		s.peek = &s.main.peek
	} else {
		s.peek = &peeker{}
		s.peek.on(s.raw)
	}
	return s
}

// runsDirectly reports whether pgx prepares what it is given, as it does by default, and tells nobody.
func runsDirectly(cc *pgx.ConnConfig) bool {
	return cc.Tracer == nil && cc.DefaultQueryExecMode == pgx.QueryExecModeCacheStatement && cc.StatementCacheCapacity > 0
}

// interrupt makes what runs on the connection fail now and whatever comes after too.
func (s *session) interrupt() {
	if s.main != nil {
		s.main.interrupt()
		return
	}
	_ = s.raw.SetDeadline(longAgo)
}

// sever closes the sockets.
func (s *session) sever() {
	if s.wire != nil {
		s.wire.sever()
		return
	}
	_ = s.raw.Close()
}
