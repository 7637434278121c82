package migrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/pressly/goose/v3"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/schema"
	"github.com/troupedb/troupe/coordinator/sqldb"
	"github.com/troupedb/troupe/messages"
)

// Migrate brings each shard that o names to a version, in parallel: it applies the SQL files in the root of files, named as goose wants
// them ("00001_people.sql", with "-- +goose Up" and "-- +goose Down"), that the shard's version table doesn't have. Each file is one
// transaction on its shard together with its line in the version table, so a shard is always at some version, whatever breaks. A file
// that fails ends its shard, which stays at the version before, and stops no other shard.
//
// To resume, call it again: shards that are done have nothing left to do. Any number of processes may migrate at once: on each shard they
// take turns, file by file (an advisory lock in PostgreSQL, the writer's lock in SQLite), and what one has applied the others skip. A file
// marked "-- +goose NO TRANSACTION" is outside of all that: if it fails in the middle, or two processes come to it at once, parts of it run
// twice. Write it so that it can, and let one process migrate.
//
// All of it goes through the troupe: it waits for connections like any call, at most one for each shard, and shards that have Names have
// the files, and the version table, translated. There is no session that outlasts a file: a SET has to be in the same file as what needs it.
// ctx bounds the whole; without a deadline SQLite waits for its lock no longer than the backend's BusyTimeout.
//
// The report is nil only if nothing was begun: [messages.ErrInvalidRequest] says what is wrong with files or o. Otherwise the error is
// that of [schema.OnEach], nil if every shard is done.
func Migrate(ctx context.Context, t *coordinator.Troupe, files fs.FS, o Options) (*Report, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	m := &migration{troupe: t, files: files, options: o, reports: map[messages.ShardID]*ShardReport{}}
	if err := m.check(); err != nil {
		return nil, err
	}
	for _, id := range t.Shards() {
		m.reports[id] = &ShardReport{Version: Unknown, Applied: []Applied{}}
	}
	found, err := schema.OnEach(ctx, t, op, o.shards(), m.migrate)
	if found == nil {
		return nil, err
	}
	report := &Report{Shards: make([]ShardReport, len(found.Shards))}
	for i, s := range found.Shards {
		report.Shards[i] = *m.reports[s.Shard]
		report.Shards[i].ShardReport = s
	}
	return report, err
}

// migration is one Migrate.
type migration struct {
	troupe  *coordinator.Troupe
	files   fs.FS
	options Options
	reports map[messages.ShardID]*ShardReport // each belongs to the goroutine that works on its shard
}

// maxMoves is how often a shard is begun anew because another process was faster. Each time that one has come further, so only
// processes that go up and down at once get there.
const maxMoves = 1000

func (m *migration) migrate(ctx context.Context, shard messages.ShardID) error {
	c, err := m.open(shard)
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.ledger.create(ctx, c.plain); err != nil {
		return err
	}
	report := m.reports[shard]
	for range maxMoves {
		if err = report.run(ctx, c.provider, m.options); !errors.Is(err, errMoved) {
			break
		}
	}
	if errors.Is(err, errMoved) {
		err = &messages.Error{Code: messages.ErrTxConflict, Shard: shard, Op: op, Detail: "another process migrates the other way", Err: err}
	}
	version, latest := c.ledger.GetLatestVersion(ctx, c.plain)
	if latest == nil {
		report.Version = version
	}
	if err != nil {
		return explained(err, shard)
	}
	return latest
}

// run has goose do what is to be done, and notes what it did.
func (s *ShardReport) run(ctx context.Context, p *goose.Provider, o Options) error {
	var results []*goose.MigrationResult
	var err error
	switch {
	case o.Down:
		results, err = p.DownTo(ctx, max(o.To, 0))
	case o.To > 0:
		results, err = p.UpTo(ctx, o.To)
	default:
		results, err = p.Up(ctx)
	}
	var partial *goose.PartialError
	if errors.As(err, &partial) {
		results = partial.Applied
	}
	for _, r := range results {
		s.Applied = append(s.Applied, Applied{Version: r.Source.Version, File: r.Source.Path, Down: o.Down, Took: r.Duration})
	}
	return err
}

// explained names the file that failed. What has no code is goose's: it can't do what is asked with these files on this shard.
func explained(err error, shard messages.ShardID) error {
	named := *messages.OnShard(err, shard, op, messages.ErrInvalidRequest)
	var partial *goose.PartialError
	if errors.As(err, &partial) {
		named.Op, named.Detail = op, partial.Failed.Source.Path
		named.Err = partial.Err
	}
	return &named
}

// channel is a shard as goose sees it.
type channel struct {
	ledger   *ledger
	plain    *sql.DB
	guarded  *sql.DB
	provider *goose.Provider
}

func (c *channel) close() {
	_ = c.guarded.Close() // they hold nothing of a database
	_ = c.plain.Close()
}

// open sends nothing.
func (m *migration) open(shard messages.ShardID) (*channel, error) {
	backend, err := m.troupe.Shard(shard)
	if err != nil {
		return nil, err
	}
	names, err := m.troupe.Names(shard)
	if err != nil {
		return nil, err
	}
	connector, err := sqldb.NewConnector(m.troupe, shard)
	if err != nil {
		return nil, err
	}
	c := &channel{}
	if c.ledger, err = newLedger(backend.Dialect(), names, m.options.Table); err != nil {
		return nil, invalid("the version table", err)
	}
	files := m.files
	if own := m.options.Files[backend.Dialect()]; own != nil {
		files = own
	}
	c.plain, c.guarded = sql.OpenDB(connector), sql.OpenDB(&guarded{connector, c.ledger})
	c.provider, err = goose.NewProvider(goose.DialectCustom, c.guarded, files,
		goose.WithStore(c.ledger), goose.WithDisableGlobalRegistry(true), goose.WithAllowOutofOrder(m.options.AllowMissing))
	if err != nil {
		c.close()
		return nil, invalid("the files for "+backend.Dialect().String(), err)
	}
	return c, nil
}

// check finds what is wrong with the files before anything is sent: there are none, or not the same versions for all shards, or not the one
// that is asked for.
func (m *migration) check() error {
	var versions []int64
	for i, shard := range m.troupe.Shards() {
		c, err := m.open(shard)
		if err != nil {
			return err
		}
		var own []int64
		for _, s := range c.provider.ListSources() {
			own = append(own, s.Version)
		}
		c.close()
		if i > 0 && !slices.Equal(own, versions) {
			return invalid(fmt.Sprintf("the dialects' files have different versions: %v and %v", versions, own), nil)
		}
		versions = own
	}
	if to := m.options.To; to > 0 && !slices.Contains(versions, to) {
		return invalid(fmt.Sprintf("there is no version %d", to), nil)
	}
	return nil
}
