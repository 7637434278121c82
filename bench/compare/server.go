package compare

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/troupedb/troupe/internal/pgtest"
)

// server is a PostgreSQL server, with databases of ours in it.
type server struct {
	dsn     string
	cpu     func() time.Duration // of its processes; nil where it can't be known
	version string
	room    int // for connections
	made    []string
}

// serverLimit is how long a look at the server may take, or making a database.
const serverLimit = 2 * time.Minute

// postgres returns the server, and starts it if it is the first to ask. Where there is none the error is a [skipped].
func (s *stage) postgres(ctx context.Context) (*server, error) {
	if s.server != nil || s.noPG != nil {
		return s.server, s.noPG
	}
	s.server, s.noPG = s.startServer(ctx)
	return s.server, s.noPG
}

func (s *stage) startServer(ctx context.Context) (*server, error) {
	server := &server{dsn: s.options.postgres}
	if server.dsn == "" {
		cluster, err := pgtest.New("", pgtest.Fsync(true), pgtest.MaxConnections(200))
		switch {
		case errors.Is(err, pgtest.ErrNotInstalled):
			return nil, skipped("no PostgreSQL: neither --postgres nor an installed server")
		case err != nil:
			return nil, err
		}
		s.last = append(s.last, cluster.Close)
		server.dsn = cluster.TCPDSN()
	} else {
		s.last = append(s.last, server.dropAll)
	}
	return server, server.look(ctx)
}

// look finds out what the server is.
func (s *server) look(ctx context.Context) error {
	return s.with(ctx, "", func(ctx context.Context, conn *pgx.Conn) error {
		var version, fsync, commit, segment string
		var pid int
		err := conn.QueryRow(ctx, `select current_setting('server_version'), current_setting('fsync'), current_setting('synchronous_commit'),
			current_setting('wal_segment_size'), pg_backend_pid(),
			current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int - (select count(*) from pg_stat_activity)::int`,
		).Scan(&version, &fsync, &commit, &segment, &pid, &s.room)
		if err != nil {
			return err
		}
		s.version = fmt.Sprintf("%s, fsync %s, synchronous_commit %s, WAL segments of %s", version, fsync, commit, segment)
		host := conn.Config().Host
		if strings.HasPrefix(host, "/") || host == "localhost" || host == "127.0.0.1" || host == "::1" {
			s.cpu = processorTime(pid)
		}
		return nil
	})
}

// with connects to a database, "" for the one that was given.
func (s *server) with(ctx context.Context, database string, use func(context.Context, *pgx.Conn) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, serverLimit)
	defer cancel()
	cfg, err := pgx.ParseConfig(s.dsn)
	if err != nil {
		return errors.New("--postgres: the URL can't be read; it isn't shown, because it may hold a password")
	}
	if database != "" {
		cfg.Database = database
	}
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	return use(ctx, conn)
}

// exec runs statements in a database, one after the other.
func (s *server) exec(ctx context.Context, database string, statements ...string) error {
	return s.with(ctx, database, func(ctx context.Context, conn *pgx.Conn) error {
		for _, statement := range statements {
			if _, err := conn.Exec(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
}

// database returns the name of a new database, in which the statements have run. The run's end drops it.
func (s *server) database(ctx context.Context, statements ...string) (string, error) {
	name := fmt.Sprintf("troupe_compare_%d_%d", os.Getpid(), len(s.made))
	if err := s.exec(ctx, "", "create database "+name); err != nil {
		return "", err
	}
	s.made = append(s.made, name)
	return name, s.exec(ctx, name, statements...)
}

// dropAll drops the databases.
func (s *server) dropAll() (err error) {
	for _, name := range s.made {
		err = errors.Join(err, s.exec(context.Background(), "", "drop database if exists "+name+" with (force)"))
	}
	s.made = nil
	return err
}

// config says how to have so many connections to a database.
func (s *server) config(database string, conns int) (*pgxpool.Config, error) {
	cfg, err := pgxpool.ParseConfig(s.dsn)
	if err != nil {
		return nil, errors.New("--postgres: the URL can't be read as a pool's; it isn't shown, because it may hold a password")
	}
	cfg.ConnConfig.Database = database
	cfg.MaxConns, cfg.MinConns, cfg.MinIdleConns = int32(conns), 0, 0
	return cfg, nil
}
