package postgres_test

import (
	"context"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/postgres"
)

// mapOf is how a reader decodes rows: from what their description says and nothing else.
func mapOf(d *messages.Description) *pgtype.Map {
	m := pgtype.NewMap()
	m.RegisterTypes(d.Types)
	m.TryWrapScanPlanFuncs = append(d.ScanPlans, m.TryWrapScanPlanFuncs...)
	return m
}

func scan(t *testing.T, a answer, column int, into any) {
	t.Helper()
	f := a.desc.Fields[column]
	require.NoError(t, mapOf(a.desc).Scan(f.DataTypeOID, f.Format, a.rows[0][column], into))
}

const makeTypes = `create type mood as enum ('sad', 'happy');
	create type person as (name text, mood mood);
	create domain feeling as mood`

func registering(t *testing.T, dsn string) *pgxpool.Config {
	cfg, err := pgxpool.ParseConfig(dsn)
	require.NoError(t, err)
	cfg.MaxConns = 1
	cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		types, err := conn.LoadTypes(ctx, []string{"mood", "_mood", "person", "_person", "feeling"})
		conn.TypeMap().RegisterTypes(types)
		conn.TypeMap().TryWrapScanPlanFuncs = append(
			[]pgtype.TryWrapScanPlanFunc{wrapNothing}, conn.TypeMap().TryWrapScanPlanFuncs...)
		return err
	}
	return cfg
}

func wrapNothing(any) (pgtype.WrappedScanPlanNextSetter, any, bool) { return nil, nil, false }

type person struct {
	Name string
	Mood string
}

func TestUserTypesOfTwoClusters(t *testing.T) {
	one, two := pgtest.Start(t), pgtest.Start(t)
	require.NoError(t, one.Exec(makeTypes))
	require.NoError(t, two.Exec(`create table shifts_the_oids (n int);`+makeTypes))
	const sql = `select 'happy'::mood, array['sad', 'happy']::mood[], row('x', 'sad')::person, array[row('y', 'happy')::person], 'sad'::feeling, 5`
	var oids []uint32
	for _, cluster := range []*pgtest.Cluster{one, two} {
		b := open(t, postgres.Config{Pool: registering(t, cluster.DSN())})
		a := query(background(t), b, sql)
		require.NoError(t, a.err)
		oids = append(oids, a.desc.Fields[0].DataTypeOID)
		assert.Len(t, a.desc.Types, 4) // the server describes a domain as what it is based on
		assert.Len(t, a.desc.ScanPlans, 1)

		var mood, feeling string
		var moods []string
		var p person
		var people []person
		scan(t, a, 0, &mood)
		scan(t, a, 1, &moods)
		scan(t, a, 2, &p)
		scan(t, a, 3, &people)
		scan(t, a, 4, &feeling)
		assert.Equal(t, "happy", mood)
		assert.Equal(t, []string{"sad", "happy"}, moods)
		assert.Equal(t, person{"x", "sad"}, p)
		assert.Equal(t, []person{{"y", "happy"}}, people)
		assert.Equal(t, "sad", feeling)
		assert.Empty(t, query(background(t), b, `select 5`).desc.Types)

		plain := open(t, postgres.Config{DSN: cluster.DSN()})
		a = query(background(t), plain, sql)
		require.NoError(t, a.err)
		assert.Empty(t, a.desc.Types)
		assert.Equal(t, "happy", string(a.rows[0][0]))
	}
	assert.NotEqual(t, oids[0], oids[1])
}

// TestTypesAreSafeForReadersOnOtherGoroutines is of use with the race detector: pgx's own codec for enums isn't safe.
func TestTypesAreSafeForReadersOnOtherGoroutines(t *testing.T) {
	db := pgtest.Shared(t)
	require.NoError(t, db.Exec(makeTypes))
	b := open(t, postgres.Config{Pool: registering(t, db.DSN())})
	var readers sync.WaitGroup
	for range 10 {
		a := query(background(t), b, `select 'happy'::mood, array[row('y', 'happy')::person]`)
		require.NoError(t, a.err)
		readers.Go(func() {
			m := mapOf(a.desc)
			for column, into := range []any{new(string), new([]person)} {
				f := a.desc.Fields[column]
				assert.NoError(t, m.Scan(f.DataTypeOID, f.Format, a.rows[0][column], into))
				typ, _ := m.TypeForOID(f.DataTypeOID)
				_, err := typ.Codec.DecodeValue(m, f.DataTypeOID, f.Format, a.rows[0][column])
				assert.NoError(t, err)
			}
		})
	}
	readers.Wait()
}
