package compare

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/bench/profile"
	"github.com/troupedb/troupe/bench/results"
)

// scripted is an experiment whose contenders take the times that they are given, and write down who ran.
func scripted(name string, ran *[]string, contenders ...contender) experiment {
	return experiment{
		about: results.Experiment{Name: name, Title: "scripted", Unit: "calls"},
		open: func(context.Context, *stage) ([]contender, error) {
			for i, c := range contenders {
				sample := c.sample
				contenders[i].sample = func(d time.Duration) (results.Round, error) {
					*ran = append(*ran, c.name)
					return sample(d)
				}
			}
			return contenders, nil
		},
	}
}

func takes(wall time.Duration) func(time.Duration) (results.Round, error) {
	return func(time.Duration) (results.Round, error) { return results.Round{Count: 1, Wall: wall}, nil }
}

func runScripted(t *testing.T, all []experiment, args ...string) (status int, measured *results.Run, stdout, stderr string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.json")
	var out, errs bytes.Buffer
	status = run(t.Context(), func(sizes) []experiment { return all }, append(args, "--json", path), &out, &errs)
	file, err := os.Open(path)
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	measured, err = results.Read(file)
	require.NoError(t, err)
	return status, measured, out.String(), errs.String()
}

func TestRoundsRotate(t *testing.T) {
	var ran []string
	status, measured, _, stderr := runScripted(t, []experiment{
		scripted("e", &ran, contender{"a", takes(1)}, contender{"b", takes(1)}, contender{"c", takes(1)}),
	}, "--rounds", "4")
	require.Zero(t, status, stderr)
	assert.Equal(t, []string{
		"a", "b", "c", // unmeasured
		"a", "b", "c", "b", "a", "c", "c", "a", "b", "c", "b", "a",
	}, ran)
	for _, v := range measured.Experiments[0].Variants {
		assert.Len(t, v.Rounds, 4)
	}
}

func TestBestIsACopy(t *testing.T) {
	var ran []string
	e := scripted("e", &ran, contender{"p-4", takes(30)}, contender{"p-16", takes(10)}, contender{"p-8", takes(20)}, contender{"p-16-deadline", takes(1)}, contender{"troupe", takes(5)})
	e.best = "p"
	e.about.Goals = []results.Goal{{Variant: "troupe", Baseline: "p-best", Figure: results.Rate, Must: 2, Aim: 3}}
	status, measured, stdout, stderr := runScripted(t, []experiment{e}, "--rounds", "2")
	require.Zero(t, status, stderr)
	best := measured.Experiments[0].Variant("p-best")
	require.NotNil(t, best)
	assert.Equal(t, measured.Experiments[0].Variant("p-16").Rounds, best.Rounds)
	assert.Contains(t, stdout, "reached: troupe, rate against p-best is 2.00")
	assert.Contains(t, measured.Experiments[0].Notes, "p-best is p-16, which was the fastest of them here")
}

// TestAWrongAnswerFails has one experiment of three fail: the run does, the others are measured, and no figure of the failed one is kept.
func TestAWrongAnswerFails(t *testing.T) {
	closed := 0
	for name, wrong := range map[string]func(time.Duration) (results.Round, error){
		"an error": func(time.Duration) (results.Round, error) {
			return results.Round{}, errors.New("customer 7 isn't who she was")
		},
		"nothing": func(time.Duration) (results.Round, error) { return results.Round{Wall: 1}, nil },
		"later": func() func(time.Duration) (results.Round, error) {
			calls := 0
			return func(time.Duration) (results.Round, error) {
				if calls++; calls < 3 {
					return results.Round{Count: 1, Wall: 1}, nil
				}
				return results.Round{}, errors.New("a wrong answer")
			}
		}(),
	} {
		t.Run(name, func(t *testing.T) {
			var ran []string
			failing := scripted("b", &ran, contender{"peer", takes(1)}, contender{"troupe", wrong})
			open := failing.open
			failing.open = func(ctx context.Context, s *stage) ([]contender, error) {
				s.onReset(func() error { closed++; return nil })
				return open(ctx, s)
			}
			failing.about.Goals = []results.Goal{{Variant: "troupe", Baseline: "peer", Figure: results.Rate, Must: 1, Aim: 1}}
			status, measured, stdout, stderr := runScripted(t, []experiment{
				scripted("a", &ran, contender{"peer", takes(1)}), failing, scripted("c", &ran, contender{"peer", takes(1)}),
			}, "--rounds", "3")
			assert.Equal(t, profile.Failed, status)
			assert.Contains(t, stderr, "b: troupe: ")
			assert.Contains(t, stdout, "skipped: it failed")
			require.Len(t, measured.Experiments, 3)
			assert.Empty(t, measured.Experiments[1].Variants)
			for _, i := range []int{0, 2} {
				assert.Empty(t, measured.Experiments[i].Skipped)
				assert.Len(t, measured.Experiments[i].Variants, 1)
			}
		})
	}
	assert.Equal(t, 3, closed)
}

// TestSkippedIsNoFailure has an experiment that can't be run here.
func TestSkippedIsNoFailure(t *testing.T) {
	e := experiment{
		about: results.Experiment{Name: "e", Title: "scripted", Unit: "calls", Goals: []results.Goal{{Variant: "troupe", Figure: results.Rate, Must: 1, Aim: 1}}},
		open:  func(context.Context, *stage) ([]contender, error) { return nil, skipped("there is no moon") },
	}
	status, measured, stdout, stderr := runScripted(t, []experiment{e})
	require.Zero(t, status, stderr)
	assert.Equal(t, "there is no moon", measured.Experiments[0].Skipped)
	assert.Contains(t, stdout, "skipped: there is no moon")
	assert.Contains(t, stdout, "not measured: troupe")
}

// TestALostInsertIsNoticed deletes an event that was acknowledged.
func TestALostInsertIsNoticed(t *testing.T) {
	s, err := newStage(&options{sizes: quickSizes, rounds: 1, time: time.Millisecond}, &bytes.Buffer{})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.close()) }()
	contenders, err := openSQLiteInserts(t.Context(), s, 4)
	require.NoError(t, err)
	ours := contenders[len(contenders)-1]
	require.Equal(t, troupeName, ours.name)
	_, err = ours.sample(5 * time.Millisecond)
	require.NoError(t, err)

	files, err := filepath.Glob(filepath.Join(s.dir, "*.db"))
	require.NoError(t, err)
	for _, file := range files {
		db, err := sql.Open("sqlite", moderncSource(file))
		require.NoError(t, err)
		_, err = db.Exec("delete from event where id = 1")
		require.NoError(t, err)
		require.NoError(t, db.Close())
	}
	_, err = ours.sample(5 * time.Millisecond)
	assert.ErrorContains(t, err, "a wrong answer")
	_, err = contenders[0].sample(5 * time.Millisecond)
	assert.NoError(t, err, "it had inserted none, so none was lost")
}

// TestMattnIsMeasured wherever there is a C compiler: a peer that can't be built isn't noticed otherwise.
func TestMattnIsMeasured(t *testing.T) {
	s, err := newStage(&options{sizes: quickSizes, rounds: 1, time: time.Millisecond}, &bytes.Buffer{})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.close()) }()
	contenders, err := openSQLiteScan(t.Context(), s)
	require.NoError(t, err)
	if contenders[1].name != mattnName {
		require.NotContains(t, s.notes[0], "built")
		t.Skip(s.notes)
	}
	r, err := contenders[1].sample(0)
	require.NoError(t, err)
	assert.Equal(t, databases*s.sizes.scanned, r.Count)
	assert.Positive(t, r.ClientCPU)
}
