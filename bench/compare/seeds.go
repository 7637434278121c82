package compare

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/troupedb/troupe/bench/profile"
	"github.com/troupedb/troupe/bench/results"
	"github.com/troupedb/troupe/bench/suites"
)

// sqlalchemyName is the original. It doesn't run here: its times are those of the note, from the same kind of machine.
const sqlalchemyName = "sqlalchemy"

// diskTest is an insert and its commit by the plain driver.
const diskTest = "test_dbapi_raw_w_pool"

// seedDatabase is one that the seeds' tests run on.
type seedDatabase struct {
	name, title string
	seconds     func(t seedTest) float64
	// shard returns the URL of one that is empty.
	shard func(ctx context.Context, s *stage) (string, error)
}

var seedDatabases = []seedDatabase{
	{
		"sqlite-memory", "SQLite in memory", func(t seedTest) float64 { return t.inMemory },
		func(context.Context, *stage) (string, error) { return "sqlite::memory:", nil },
	},
	{
		// Python's driver leaves the journal as it is, so ours does the same.
		"sqlite-file", "a SQLite file with a rollback journal", func(t seedTest) float64 { return t.inFile },
		func(_ context.Context, s *stage) (string, error) {
			s.files++
			return "sqlite:" + url.PathEscape(filepath.Join(s.dir, strconv.Itoa(s.files)+".db")) + "?journal_mode=DELETE", nil
		},
	},
	{"postgres", "PostgreSQL", func(t seedTest) float64 { return t.postgreSQL }, seedServer},
}

func seedServer(ctx context.Context, s *stage) (string, error) {
	server, err := s.postgres(ctx)
	if err != nil {
		return "", err
	}
	name, err := server.database(ctx)
	if err != nil {
		return "", err
	}
	return server.url(name)
}

// url returns the URL of a database of the server.
func (s *server) url(database string) (string, error) {
	u, err := url.Parse(s.dsn)
	if err != nil {
		return "", errors.New("--postgres: the URL can't be read; it isn't shown, because it may hold a password")
	}
	u.Path, u.RawPath = "/"+database, ""
	query := u.Query()
	query.Del("dbname")
	query.Del("database")
	u.RawQuery = query.Encode()
	if cfg, err := pgxpool.ParseConfig(u.String()); err != nil || cfg.ConnConfig.Database != database {
		return "", errors.New("--postgres: the URL's database can't be replaced by another")
	}
	return u.String(), nil
}

// seeds are the original's tests: each is an experiment, and one more sums up each database, whose rounds are the tests.
func seeds() (all []experiment) {
	for _, db := range seedDatabases {
		name := "seeds-" + db.name
		all = append(all, experiment{
			about: results.Experiment{
				Name: name + "/all", Unit: "iterations",
				Title: "SQLAlchemy's examples.performance on " + db.title + ", all tests: each round is one of them; SQLAlchemy's times are those of its note",
				Goals: []results.Goal{seedGoal(8)},
			},
			whole: func(ctx context.Context, s *stage) ([]results.Experiment, error) { return db.run(ctx, s, name) },
		})
	}
	return all
}

// seedGoal is to be no slower.
func seedGoal(aim float64) results.Goal {
	return results.Goal{Variant: troupeName, Baseline: sqlalchemyName, Figure: results.Rate, Must: 1, Aim: aim}
}

// run runs the suites.
func (db seedDatabase) run(ctx context.Context, s *stage, group string) ([]results.Experiment, error) {
	all := results.Experiment{
		Name: group + "/all", Unit: "iterations", Title: "SQLAlchemy's examples.performance on " + db.title + ", all tests: each round is one of them",
		Variants: []results.Variant{{Name: sqlalchemyName}, {Name: troupeName}}, Goals: []results.Goal{seedGoal(8)},
		Notes: []string{"SQLAlchemy's times are those of its note, the least of several runs"},
	}
	var tests []results.Experiment
	for _, suite := range seedSuites {
		measured, err := db.runSuite(ctx, s, suite)
		if err != nil {
			return nil, err
		}
		for _, t := range suite.tests {
			rounds := measured[t.name]
			if len(rounds) == 0 {
				return nil, fmt.Errorf("a wrong answer: suite %s has no test %s", suite.name, t.name)
			}
			e := results.Experiment{
				Name: group + "/" + t.name, Unit: all.Unit,
				Title:    fmt.Sprintf("%s of %s on %s", t.name, suite.name, db.title),
				Variants: []results.Variant{{Name: troupeName, Rounds: rounds}},
			}
			if seconds := db.seconds(t); seconds == 0 {
				e.Notes = []string{"SQLAlchemy can't complete it here, or the note doesn't have it"}
			} else {
				theirs := results.Round{Count: suite.num, Wall: time.Duration(seconds * float64(time.Second))}
				e.Variants = []results.Variant{{Name: sqlalchemyName}, e.Variants[0]}
				e.Goals = []results.Goal{seedGoal(1)}
				for range rounds {
					e.Variants[0].Rounds = append(e.Variants[0].Rounds, theirs)
				}
				all.Variants[0].Rounds = append(all.Variants[0].Rounds, theirs)
				all.Variants[1].Rounds = append(all.Variants[1].Rounds, middle(rounds))
			}
			tests = append(tests, e)
		}
	}
	if note := diskNote(tests); note != "" {
		all.Notes = append(all.Notes, note)
	}
	return append([]results.Experiment{all}, tests...), nil
}

// diskNote says how fast commits are here and were there, by the test that is hardly more than a commit: a lone caller waits for the disk.
func diskNote(tests []results.Experiment) string {
	for i := range tests {
		e := &tests[i]
		if theirs, ours := e.Variant(sqlalchemyName), e.Variant(troupeName); strings.HasSuffix(e.Name, "/"+diskTest) && theirs != nil {
			each := func(v *results.Variant) string { return results.Own.Format(v.Rounds[0].Value(results.Own)) }
			return fmt.Sprintf("%s, the plain driver's insert, takes %s here, and took %s for the note: judge by that what waits for commits", diskTest, each(ours), each(theirs))
		}
	}
	return ""
}

// runSuite runs a suite, which checks its answers, and returns the rounds of each test.
func (db seedDatabase) runSuite(ctx context.Context, s *stage, suite seedSuite) (map[string][]results.Round, error) {
	shard, err := db.shard(ctx, s)
	if err != nil {
		return nil, err
	}
	num := suite.num
	if s.sizes.seeds > 0 {
		num = s.sizes.seeds
	}
	var stdout, stderr bytes.Buffer
	status := profile.Run(ctx, "bench", []string{
		suite.name, "--dburl", shard, "--num", strconv.Itoa(num), "--runs", strconv.Itoa(min(s.rounds, suite.runs)), "--json",
	}, &stdout, &stderr, suites.All()...)
	if status != profile.Succeeded {
		return nil, fmt.Errorf("suite %s on %s: %s", suite.name, db.title, bytes.TrimSpace(stderr.Bytes()))
	}
	measured := map[string][]results.Round{}
	for decoder := json.NewDecoder(&stdout); decoder.More(); {
		var line struct {
			Test string
			Runs []struct {
				Operations  int
				Seconds     float64
				CPUSeconds  float64 `json:"cpu_seconds"`
				Allocations uint64
				Bytes       uint64
			}
		}
		if err := decoder.Decode(&line); err != nil {
			return nil, fmt.Errorf("suite %s: %w", suite.name, err)
		}
		for _, r := range line.Runs {
			measured[line.Test] = append(measured[line.Test], results.Round{
				Count: r.Operations, Wall: seconds(r.Seconds), ClientCPU: seconds(r.CPUSeconds), Allocs: r.Allocations, AllocBytes: r.Bytes,
			})
		}
	}
	return measured, nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// middle returns the round whose rate is the median: the lower one of two.
func middle(rounds []results.Round) results.Round {
	sorted := slices.SortedFunc(slices.Values(rounds), func(a, b results.Round) int {
		return cmp.Compare(a.Value(results.Rate), b.Value(results.Rate))
	})
	return sorted[(len(sorted)-1)/2]
}
