package suites

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/bench/profile"
	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/session"
)

const (
	selectCustomers = "select id, name, description from customer"
	trackedChunk    = 1_000  // rows that a session holds at once
	fetchedChunk    = 10_000 // rows that are fetched at once
)

// readOnly is how sessions that only read are begun: on SQLite they aren't the one writer then.
var readOnly = session.Config{Tx: coordinator.TxOptions{TxOptions: pgx.TxOptions{AccessMode: pgx.ReadOnly}}}

// record is a row that nobody tracks.
type record struct {
	ID          int64
	Name        string
	Description string
}

func (r *record) addTo(a *profile.Answer) { a.Add(r.ID, r.Name, r.Description) }

// LargeResultsets reads a large number of small rows. Each client reads all of them.
func LargeResultsets() *profile.Profiler {
	var drivers *plains
	p := profile.Init("large_resultsets", "Ways to read a large number of small rows.", 500_000)
	p.SetupOnce(func(ctx context.Context, s *profile.Stage) error {
		if err := createTable(ctx, s, "id", coordinator.Integer, fields); err != nil {
			return err
		}
		if err := load(ctx, s, s.N); err != nil {
			return err
		}
		return keepPlains(ctx, s, &drivers)
	})
	p.Check(func(_ context.Context, s *profile.Stage, _ string, got profile.Answer) error {
		return got.Want(loaded(s.N).Times(s.Clients))
	})
	// A test that reads for one client is given where to count.
	everybody := func(name, doc string, read func(ctx context.Context, s *profile.Stage, a *profile.Answer) error) {
		p.Profile(name, doc, func(ctx context.Context, s *profile.Stage) error {
			return s.Everybody(ctx, func(ctx context.Context) error {
				var a profile.Answer
				err := read(ctx, s, &a)
				s.Answer(a)
				return err
			})
		})
	}
	everybody("test_orm_full_objects_list", "Load fully tracked objects of a session into one big list.", trackedList)
	everybody("test_orm_full_objects_chunks", "Load fully tracked objects a chunk of 1,000 at a time, each with a session of its own.", trackedChunks)
	everybody("test_orm_bundles", "Stream structs that nobody tracks, by Each.", bundles)
	everybody("test_orm_columns", "Stream rows, and scan their columns into variables.", columns)
	everybody("test_core_fetchall", "Collect all rows into a list of structs.", fetchAll)
	everybody("test_core_fetchall_mapping", "Collect all rows into a list of maps.", fetchAllMappings)
	everybody("test_core_fetchmany_w_streaming", "Stream rows in chunks of 10,000 structs.", fetchManyStreaming)
	everybody("test_core_fetchmany", "Collect all rows, and hand them out in chunks of 10,000 structs.", fetchMany)
	everybody("test_dbapi_fetchall_plus_append_objects", "Collect all rows by the plain driver, and make a struct of each.",
		func(ctx context.Context, s *profile.Stage, a *profile.Answer) error {
			return drivers.fetch(ctx, s, a, true)
		})
	everybody("test_dbapi_fetchall_no_object", "Collect all rows by the plain driver, and make no structs.",
		func(ctx context.Context, s *profile.Stage, a *profile.Answer) error {
			return drivers.fetch(ctx, s, a, false)
		})
	return p
}

func limited(s *profile.Stage) string { return fmt.Sprintf("%s limit %d", selectCustomers, s.N) }

func trackedList(ctx context.Context, s *profile.Stage, a *profile.Answer) error {
	unit := session.New(ctx, s.Troupe, readOnly)
	defer unit.Close()
	list, err := session.Select[customer](ctx, unit, limited(s))
	for _, c := range list {
		a.Add(c.ID, c.Name, c.Description)
	}
	return err
}

func trackedChunks(ctx context.Context, s *profile.Stage, a *profile.Answer) error {
	last := int64(0)
	for left := s.N; left > 0; left -= trackedChunk {
		chunk, err := trackedAfter(ctx, s, last, min(left, trackedChunk))
		if err != nil {
			return err
		}
		for _, c := range chunk {
			a.Add(c.ID, c.Name, c.Description)
			last = c.ID
		}
	}
	return nil
}

func trackedAfter(ctx context.Context, s *profile.Stage, id int64, limit int) ([]*customer, error) {
	unit := session.New(ctx, s.Troupe, readOnly)
	defer unit.Close()
	return session.Select[customer](ctx, unit, selectCustomers+" where id > $1 order by id limit $2", id, limit)
}

func bundles(ctx context.Context, s *profile.Stage, a *profile.Answer) error {
	rows, err := s.Troupe.Query(ctx, limited(s))
	if err != nil {
		return err
	}
	for r, err := range coordinator.Each[record](rows) {
		if err != nil {
			return err
		}
		r.addTo(a)
	}
	return nil
}

func columns(ctx context.Context, s *profile.Stage, a *profile.Answer) error {
	rows, err := s.Troupe.Query(ctx, limited(s))
	if err != nil {
		return err
	}
	defer rows.Close()
	var id int64
	var name, description string
	into := []any{&id, &name, &description}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		a.Add(id, name, description)
	}
	return rows.Err()
}

func collect(ctx context.Context, s *profile.Stage) ([]record, error) {
	rows, err := s.Troupe.Query(ctx, limited(s))
	if err != nil {
		return nil, err
	}
	return coordinator.Collect[record](rows)
}

func fetchAll(ctx context.Context, s *profile.Stage, a *profile.Answer) error {
	list, err := collect(ctx, s)
	for i := range list {
		list[i].addTo(a)
	}
	return err
}

func fetchAllMappings(ctx context.Context, s *profile.Stage, a *profile.Answer) error {
	rows, err := s.Troupe.Query(ctx, limited(s))
	if err != nil {
		return err
	}
	list, err := pgx.CollectRows(rows, pgx.RowToMap)
	if err != nil {
		return err
	}
	for _, m := range list {
		if err := addValues(a, m["id"], m["name"], m["description"]); err != nil {
			return err
		}
	}
	return nil
}

func fetchManyStreaming(ctx context.Context, s *profile.Stage, a *profile.Answer) error {
	rows, err := s.Troupe.Query(ctx, limited(s))
	if err != nil {
		return err
	}
	defer rows.Close()
	var r record
	into := []any{&r.ID, &r.Name, &r.Description}
	chunk := make([]record, 0, fetchedChunk)
	for {
		for chunk = chunk[:0]; len(chunk) < fetchedChunk && rows.Next(); {
			if err := rows.Scan(into...); err != nil {
				return err
			}
			chunk = append(chunk, r)
		}
		if len(chunk) == 0 {
			return rows.Err()
		}
		for i := range chunk {
			chunk[i].addTo(a)
		}
	}
}

func fetchMany(ctx context.Context, s *profile.Stage, a *profile.Answer) error {
	list, err := collect(ctx, s)
	for len(list) > 0 {
		chunk := list[:min(len(list), fetchedChunk)]
		for i := range chunk {
			chunk[i].addTo(a)
		}
		list = list[len(chunk):]
	}
	return err
}

// fetch collects all databases' rows, all at once, by their plain drivers.
func (p *plains) fetch(ctx context.Context, s *profile.Stage, a *profile.Answer, objects bool) error {
	answers := make([]profile.Answer, len(p.dbs))
	err := p.atOnce(func(i int, db plain) error {
		list, err := db.fetchAll(ctx, limited(s))
		if err != nil {
			return err
		}
		if objects {
			return appendObjects(&answers[i], list)
		}
		for _, row := range list {
			if err := addValues(&answers[i], row[0], row[1], row[2]); err != nil {
				return err
			}
		}
		return nil
	})
	for _, answer := range answers {
		a.Join(answer)
	}
	return err
}

func appendObjects(a *profile.Answer, list [][]any) error {
	var objects []*record
	for _, row := range list {
		id, name, description, err := values(row[0], row[1], row[2])
		if err != nil {
			return err
		}
		objects = append(objects, &record{ID: id, Name: name, Description: description})
	}
	for _, r := range objects {
		r.addTo(a)
	}
	return nil
}

func addValues(a *profile.Answer, id, name, description any) error {
	n, text, more, err := values(id, name, description)
	if err == nil {
		a.Add(n, text, more)
	}
	return err
}

// values are a row's values as drivers return them.
func values(id, name, description any) (n int64, text, more string, err error) {
	n, numbered := id.(int64)
	text, named := name.(string)
	more, described := description.(string)
	if !numbered || !named || !described {
		return 0, "", "", fmt.Errorf("a row's values are a %T, a %T and a %T", id, name, description)
	}
	return n, text, more, nil
}
