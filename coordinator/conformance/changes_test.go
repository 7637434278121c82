package conformance_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/session"
	"github.com/troupedb/troupe/messages"
)

const (
	allReports  = "select id, location_id, temperature, report_time from weather_reports"
	warmer      = "update weather_reports set temperature = temperature + 6 where temperature >= 80"
	withoutWarm = "delete from weather_reports where temperature >= 80"
	returning   = " returning id, location_id, temperature, report_time"
)

func temperaturesOf(reports []*Report) []float64 {
	var degrees []float64
	for _, r := range reports {
		degrees = append(degrees, r.Temperature)
	}
	slices.Sort(degrees)
	return degrees
}

// temperatures reads them without a session.
func (w *world) temperatures(t *testing.T, ctx context.Context) []float64 {
	t.Helper()
	rows, err := w.Query(ctx, "select temperature from weather_reports order by temperature")
	require.NoError(t, err)
	degrees, err := pgx.CollectRows(rows, pgx.RowTo[float64])
	require.NoError(t, err)
	return degrees
}

// openReports opens a session over SQLAlchemy's data that has selected all reports, and counts what is sent from then on.
func (w *world) openReports(t *testing.T) (context.Context, *session.Session, []*Report, *count) {
	t.Helper()
	w.fill(t)
	ctx, s := w.open(t)
	reports, err := session.Select[Report](ctx, s, allReports)
	require.NoError(t, err)
	require.Equal(t, []float64{75, 80, 85}, temperaturesOf(reports))
	ctx, sent := w.watch(ctx)
	return ctx, s, reports, sent
}

// SQLAlchemy's synchronize_session has three settings in two styles. Here a change that returns its rows brings the objects up to date,
// and one that doesn't leaves them to an Expire or Refresh.
func updateAndTheObjects(t *testing.T, w *world) {
	after := []float64{75, 86, 91}
	begin := func(t *testing.T) (context.Context, *session.Session, []*Report, *count) {
		w.refresh(t)
		return w.openReports(t)
	}
	end := func(t *testing.T, ctx context.Context, s *session.Session) {
		require.NoError(t, s.Commit(ctx))
		require.Equal(t, after, w.temperatures(t, within(t)))
		w.requireReports(t, map[messages.ShardID][]string{
			northAmerica: {"1 New York 75"}, asia: {"1 Tokyo 86"}, southAmerica: {"1 Quito 91"},
		})
	}
	t.Run("returning", func(t *testing.T) {
		ctx, s, reports, sent := begin(t)
		changed, err := session.Select[Report](ctx, s, warmer+returning)
		require.NoError(t, err)
		require.Equal(t, []float64{86, 91}, temperaturesOf(changed))
		for _, r := range changed {
			require.Contains(t, reports, r, "it is the object that was there")
		}
		sent.require(t, each...)
		require.Equal(t, after, temperaturesOf(reports))
		sent.require(t, none...)
		end(t, ctx, s)
	})
	t.Run("refreshed", func(t *testing.T) {
		ctx, s, reports, sent := begin(t)
		tag, err := s.Exec(ctx, warmer)
		require.NoError(t, err)
		require.EqualValues(t, 2, tag.RowsAffected())
		sent.require(t, each...)
		require.NoError(t, s.Refresh(ctx, objectsOf(reports)...))
		sent.require(t, 1, 1, 0, 1) // each on its own shard
		require.Equal(t, after, temperaturesOf(reports))
		end(t, ctx, s)
	})
	t.Run("without a session", func(t *testing.T) {
		w.refresh(t)
		w.fill(t)
		ctx, sent := w.watch(within(t))
		tag, err := w.Exec(ctx, warmer)
		require.NoError(t, err)
		require.EqualValues(t, 2, tag.RowsAffected())
		sent.require(t, each...)
		require.Equal(t, after, w.temperatures(t, ctx))
	})
}

func deleteAndTheObjects(t *testing.T, w *world) {
	ctx, s, reports, sent := w.openReports(t)
	gone, err := session.Select[Report](ctx, s, withoutWarm+returning)
	require.NoError(t, err)
	require.Equal(t, []float64{80, 85}, temperaturesOf(gone))
	sent.require(t, each...)
	for _, r := range reports {
		deleted := r.Temperature >= 80
		require.Equal(t, deleted, slices.Contains(gone, r))
		if deleted {
			require.ErrorIs(t, s.Expire(r), messages.ErrInvalidRequest, "it has no row any more")
			continue
		}
		kept, err := session.ByKey[Report](ctx, s, r.Key())
		require.NoError(t, err)
		require.Same(t, r, kept)
	}
	sent.require(t, none...)
	for _, r := range gone { // nor is it found
		_, err := session.ByKey[Report](ctx, s, r.Key())
		require.ErrorIs(t, err, pgx.ErrNoRows)
	}
	require.NoError(t, s.Commit(ctx))
	for _, r := range reports {
		_, there := coordinator.KeyOf(r)
		require.Equal(t, r.Temperature < 80, there)
	}
	require.Equal(t, []float64{75}, w.temperatures(t, within(t)))
	w.requireReports(t, map[messages.ShardID][]string{northAmerica: {"1 New York 75"}})
}

func changeThatAnEngineCantDo(t *testing.T, w *world) {
	for _, test := range []struct {
		name, sql string
		only      messages.Dialect
	}{
		{"PostgreSQL's cast", "update weather_reports set temperature = temperature::float8 + 6 where temperature >= 80", messages.PostgreSQL},
		{"PostgreSQL's from only", "update only weather_reports set temperature = temperature + 6 where temperature >= 80", messages.PostgreSQL},
		{"SQLite's conflict clause", "update or abort weather_reports set temperature = temperature + 6 where temperature >= 80", messages.SQLite},
	} {
		t.Run(test.name, func(t *testing.T) {
			w.refresh(t)
			w.fill(t)
			for name, call := range map[string]func(context.Context) error{
				"chosen": func(ctx context.Context) error { return errorOf(w.Exec(ctx, test.sql)) },
				"pinned": func(ctx context.Context) error { return errorOf(w.Exec(coordinator.AllShards(ctx), test.sql)) },
				"returning": func(ctx context.Context) error {
					rows, err := w.Query(ctx, test.sql+" returning id")
					rows.Close()
					return errors.Join(err, rows.Err())
				},
				"in a transaction": func(ctx context.Context) error {
					return w.InTx(ctx, coordinator.TxOptions{}, func(ctx context.Context, tx *coordinator.Tx) error {
						return errorOf(tx.Exec(ctx, test.sql))
					})
				},
			} {
				t.Run(name, func(t *testing.T) {
					ctx, sent := w.watch(within(t))
					err := call(ctx)
					if slices.Equal(w.dialects, []messages.Dialect{test.only}) {
						require.NoError(t, err)
						sent.require(t, each...)
						return
					}
					// It is found out for all shards before anything is sent to one.
					require.Error(t, err)
					if !errors.Is(err, messages.ErrRefused) {
						require.ErrorIs(t, err, messages.ErrInvalidRequest)
					}
					sent.require(t, none...)
					w.requireReports(t, reportsOfWeather)
				})
			}
		})
	}
	// What all engines can do works over all of them: RETURNING is no exception here.
	w.refresh(t)
	w.fill(t)
	rows, err := w.Query(within(t), warmer+returning)
	require.NoError(t, err)
	changed, err := coordinator.Collect[Report](rows)
	require.NoError(t, err)
	require.Len(t, changed, 2)
}

func errorOf(_ pgconn.CommandTag, err error) error { return err }
