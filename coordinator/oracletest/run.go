package oracletest

import (
	"context"
	"errors"
	"testing"

	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// Config says what a run does. Dialect and Statements have no default.
type Config struct {
	Dialect messages.Dialect
	// Seed says which statements are made. Defaults to 0.
	Seed uint64
	// First is the number of the first statement, and Statements how many there are.
	First      uint64
	Statements int
	// Sizes are the numbers of shards. Defaults to 1, 2, 3 and 7.
	Sizes []int
	// Each is on how many of Sizes each statement runs, picked at random. Defaults to all.
	Each int
	// PerSchema is how many statements share tables and rows. It is a part of what the seed means. Defaults to 250.
	PerSchema int
	// Mismatches is after how many the run stops. Defaults to 1.
	Mismatches int
	// Shrink looks for a smaller statement that is answered as wrongly. Defaults to false.
	Shrink bool
	// Spawn makes what is judged. Defaults to coordinator.Spawn.
	Spawn Spawn
}

func (c Config) withDefaults() Config {
	if len(c.Sizes) == 0 {
		c.Sizes = []int{1, 2, 3, 7}
	}
	if c.Each == 0 {
		c.Each = len(c.Sizes)
	}
	if c.PerSchema == 0 {
		c.PerSchema = 250
	}
	if c.Mismatches == 0 {
		c.Mismatches = 1
	}
	if c.Spawn == nil {
		c.Spawn = spawnTroupe
	}
	return c
}

// Run makes statements and judges the answers. What is wrong is in the report, and fails nothing; what keeps the oracle from judging
// fails t. Without PostgreSQL it skips, as [pgtest.Shared] does, if that is the dialect.
func Run(t testing.TB, cfg Config) *Report {
	t.Helper()
	cfg = cfg.withDefaults()
	o := &oracle{cfg: cfg, report: newReport(cfg)}
	if cfg.Dialect == messages.PostgreSQL {
		for range 1 + o.needed() {
			o.servers = append(o.servers, shardworker.DSN(pgtest.Shared(t).DSN()+"&pool_max_conns=2"))
		}
	}
	if err := o.run(t.Context()); err != nil {
		t.Fatalf("the oracle can't judge (seed %d, statement %d): %v", cfg.Seed, o.number, err)
	}
	return o.report
}

// oracle is one run.
type oracle struct {
	cfg     Config
	report  *Report
	servers []shardworker.DSN
	number  uint64 // of the statement

	schema  *schema
	one     *databases
	troupes []*databases // by size
	resting map[place]*answer
}

// needed returns how many databases the troupes have, beside the one.
func (o *oracle) needed() int {
	n := 0
	for _, size := range o.cfg.Sizes {
		n += size
	}
	return n
}

func (o *oracle) run(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, o.closeAll()) }()
	for i := range o.cfg.Statements {
		o.number = o.cfg.First + uint64(i)
		if err := o.prepare(ctx); err != nil {
			return err
		}
		if err := o.judge(ctx, o.statement()); err != nil {
			return err
		}
		if len(o.report.Mismatches) >= o.cfg.Mismatches {
			return nil
		}
	}
	return nil
}

func (o *oracle) statement() *statement { return newStatement(o.schema, o.cfg.Seed, o.number) }

// prepare makes the schema that the statement is for, unless it is there.
func (o *oracle) prepare(ctx context.Context) error {
	per := uint64(o.cfg.PerSchema)
	if o.schema != nil && o.number%per != 0 {
		return nil
	}
	if err := o.closeAll(); err != nil {
		return err
	}
	o.schema = newSchema(random(o.cfg.Seed, ^(o.number/per)), o.cfg.Dialect)
	at := location{dialect: o.cfg.Dialect, servers: o.servers}
	var err error
	if o.one, err = at.open(ctx, spawnTroupe, o.schema, 1, false); err != nil {
		return err
	}
	for _, size := range o.cfg.Sizes {
		troupe, err := at.open(ctx, o.cfg.Spawn, o.schema, size, true)
		if err != nil {
			return err
		}
		o.troupes = append(o.troupes, troupe)
	}
	o.resting = map[place]*answer{}
	return nil
}

func (o *oracle) closeAll() error {
	var err error
	if o.one != nil {
		err = o.one.close()
	}
	for _, troupe := range o.troupes {
		err = errors.Join(err, troupe.close())
	}
	o.one, o.troupes, o.schema = nil, nil, nil
	return err
}
