package compare

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver of database/sql

	"github.com/troupedb/troupe/bench/compare/sqlpeer"
	"github.com/troupedb/troupe/bench/results"
	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// Everybody opens files with the same settings, which are the defaults of a shard: WAL, every commit synced, five seconds of patience.

func moderncSource(path string) string {
	return "file:" + url.PathEscape(path) + "?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"
}

func mattnSource(path string) string {
	return "file:" + url.PathEscape(path) + "?_busy_timeout=5000&_journal_mode=WAL&_synchronous=FULL"
}

func shardID(i int) messages.ShardID { return messages.ShardID(fmt.Sprintf("shard%d", i)) }

// sqliteShards says how to spawn a troupe over files.
func sqliteShards(paths []string) (cfg coordinator.Config) {
	for i, path := range paths {
		cfg.Shards = append(cfg.Shards, shardworker.Shard{ID: shardID(i), DSN: shardworker.DSN("sqlite:" + url.PathEscape(path))})
	}
	return cfg
}

// newFile returns the path of a new file, in which the statements have run.
func (s *stage) newFile(statements ...string) (path string, err error) {
	s.files++
	path = filepath.Join(s.dir, fmt.Sprintf("%d.db", s.files))
	db, err := sql.Open("sqlite", moderncSource(path))
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			return "", err
		}
	}
	return path, nil
}

// sqliteCustomers returns n files that have so many customers each, and what more statements make. They are copies of one. The experiment's end removes them.
func (s *stage) sqliteCustomers(n, customers int, more ...string) (paths []string, err error) {
	first, err := s.newFile(append([]string{sqlpeer.CreateCustomers, sqlpeer.FillCustomersSQLite(customers)}, more...)...)
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(first)
	if err != nil {
		return nil, err
	}
	s.files++
	dir := filepath.Join(s.dir, fmt.Sprintf("%d", s.files))
	s.onReset(func() error { return os.RemoveAll(dir) })
	if err := errors.Join(os.Mkdir(dir, 0o700), os.Remove(first)); err != nil {
		return nil, err
	}
	for i := range n {
		path := filepath.Join(dir, fmt.Sprintf("%d.db", i))
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// sqlitePeers returns who does some work by database/sql: on modernc's driver here, and on mattn's in a process of its own, if it can be had.
func (s *stage) sqlitePeers(paths []string, work sqlpeer.Request) ([]contender, error) {
	work.Spec.Driver, work.Spec.Sources = "sqlite", sources(paths, moderncSource)
	peer, err := sqlpeer.Open(work.Spec)
	if err != nil {
		return nil, err
	}
	s.onReset(peer.Close)
	all := []contender{{plainName, func(d time.Duration) (results.Round, error) {
		work.Time = d
		a, err := peer.Do(work)
		return a.Round, err
	}}}
	ask, err := s.startMattn()
	var reason skipped
	switch {
	case errors.As(err, &reason):
		s.note("%s was not measured: %s", mattnName, reason)
		return all, nil
	case err != nil:
		return nil, err
	}
	theirs := work
	theirs.Spec.Driver, theirs.Spec.Sources = "sqlite3", sources(paths, mattnSource)
	return append(all, contender{mattnName, func(d time.Duration) (results.Round, error) {
		theirs.Time = d
		a, err := ask(theirs)
		return a.Round, err
	}}), nil
}

func sources(paths []string, source func(path string) string) (all []string) {
	for _, path := range paths {
		all = append(all, source(path))
	}
	return all
}
