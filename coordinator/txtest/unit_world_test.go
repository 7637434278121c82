package txtest_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// account and entry are a parent, which lives on the shard of its region, and a child, which lives where its owner does.
type account struct {
	coordinator.Identity
	ID      int64  `db:"id,pk"`
	Region  string `db:"region"`
	Balance int64  `db:"balance"`
	Version int    `db:"version,version"`
}

func (*account) TableName() string { return "accounts" }

type entry struct {
	coordinator.Identity
	ID      int64    `db:"id,pk"`
	Account int64    `db:"account"`
	Amount  int64    `db:"amount"`
	Owner   *account `db:"-" ref:"account"`
}

func (*entry) TableName() string { return "entries" }

const createAccounts = `
create table accounts (id bigint primary key, region text not null, balance bigint not null check (balance >= 0), version bigint not null);
create table entries (id bigint primary key, account bigint not null references accounts (id), amount bigint not null)`

// byRegion has accounts on the shard that is called as their region.
func byRegion(cfg *coordinator.Config) {
	var everywhere []messages.ShardID
	for _, s := range cfg.Shards {
		everywhere = append(everywhere, s.ID)
	}
	cfg.ShardChooser = func(_ context.Context, instance any) (messages.ShardID, error) {
		if a, ok := instance.(*account); ok {
			return messages.ShardID(a.Region), nil
		}
		return "", fmt.Errorf("no shard for a %T", instance)
	}
	cfg.IdentityChooser = func(_ context.Context, r *coordinator.IdentityRequest) ([]messages.ShardID, error) {
		if key, ok := coordinator.KeyOf(r.LoadedFrom); ok {
			return []messages.ShardID{key.Shard}, nil
		}
		return everywhere, nil
	}
	cfg.ExecuteChooser = func(context.Context, *coordinator.StatementRequest) ([]messages.ShardID, error) {
		return everywhere, nil
	}
}

// plain is one database with all rows, and one transaction after the other in it.
type plain struct {
	db *sql.DB
	t  require.TestingT
}

func openPlain(t testing.TB) *plain {
	db, err := sql.Open("sqlite", ":memory:?_pragma=foreign_keys(1)")
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	p := &plain{db, t}
	p.exec("pragma foreign_keys = on")
	p.exec(createAccounts)
	return p
}

func (p *plain) exec(sql string, args ...any) {
	_, err := p.db.ExecContext(context.Background(), sql, args...)
	require.NoError(p.t, err, "the plain database: %s %v", sql, args)
}

// accounts returns the rows of accounts, by id: region and balance.
func (p *plain) accounts() map[int64]string { return pairs(p.t, p.db, readAccounts) }

// entries returns the rows of entries, by id: account and amount.
func (p *plain) entries() map[int64]string { return pairs(p.t, p.db, readEntries) }

const (
	readAccounts = "select id, region || ' ' || balance from accounts"
	readEntries  = "select id, account || ' ' || amount from entries"
)

func pairs(t require.TestingT, db *sql.DB, query string) map[int64]string {
	rows, err := db.QueryContext(context.Background(), query)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	found := map[int64]string{}
	for rows.Next() {
		var id int64
		var text string
		require.NoError(t, rows.Scan(&id, &text))
		found[id] = text
	}
	require.NoError(t, rows.Err())
	return found
}

// requireSame checks that the shards together have the rows of the plain database, each on its shard.
func (p *plain) requireSame(t require.TestingT, s *stage) {
	accounts, entries := map[int64]string{}, map[int64]string{}
	for _, d := range s.dbs {
		for id, row := range pairs(t, d.look, readAccounts) {
			require.Empty(t, accounts[id], "account %d is on two shards", id)
			accounts[id] = row
		}
		for id, row := range pairs(t, d.look, readEntries) {
			require.Empty(t, entries[id], "entry %d is on two shards", id)
			entries[id] = row
		}
		require.Zero(t, d.number(t, "select count(*) from accounts where region <> '%s'", d.id), "rows of other shards are on %s", d.id)
		require.Zero(t, d.number(t, "select count(*) from entries where account not in (select id from accounts)"), d.id)
	}
	require.Equal(t, p.accounts(), accounts)
	require.Equal(t, p.entries(), entries)
}
