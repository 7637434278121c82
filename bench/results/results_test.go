package results_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	. "github.com/troupedb/troupe/bench/results"
)

func run() *Run {
	rounds := []Round{{Count: 10, Wall: time.Second, P50: 3, P99: 4, ClientCPU: 5, ServerCPU: 6, Allocs: 7, AllocBytes: 8, PeakRSS: 9}}
	return &Run{
		When:    time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC),
		Machine: Machine{"a CPU", 2, "linux/amd64", "go1.26", "15 (fsync on)", "3.54", "abc"},
		Experiments: []Experiment{
			{
				Name: "select/4", Title: "A select.", Unit: "calls", Group: "select", X: 4, XLabel: "clients",
				Variants: []Variant{{"loop", rounds}, {"troupe", rounds}, {"cgo", nil}},
				Goals:    []Goal{{"troupe", "loop", Rate, 0.95, 1}},
			},
			{Name: "scan", Title: "A scan.", Unit: "rows", Skipped: "no server"},
			{Name: "select/1", Title: "A select.", Unit: "calls", Group: "select", X: 1, XLabel: "clients", Variants: []Variant{{"troupe", rounds}, {"other", nil}}},
		},
	}
}

func TestWriteThenRead(t *testing.T) {
	var text bytes.Buffer
	require.NoError(t, Write(&text, run()))
	assert.Contains(t, text.String(), `     { "count": 10, "wallNs": 1000000000, "p50Ns": 3, "p99Ns": 4, "clientCpuNs": 5, "serverCpuNs": 6, "allocs": 7, "allocBytes": 8, "peakRss": 9 }`)
	got, err := Read(&text)
	require.NoError(t, err)
	assert.Equal(t, run(), got)
}

func TestWriteReportsAFullDisk(t *testing.T) {
	assert.ErrorIs(t, Write(full{}, run()), errFull)
}

var errFull = errors.New("the disk is full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestReadRefuses(t *testing.T) {
	var good bytes.Buffer
	require.NoError(t, Write(&good, run()))
	for name, text := range map[string]string{
		"nothing":          "",
		"half":             good.String()[:good.Len()/2],
		"an unknown field": strings.Replace(good.String(), `"p50Ns"`, `"p51Ns"`, 1),
		"two runs":         good.String() + good.String(),
		"a contradiction":  strings.Replace(good.String(), `"figure": "rate"`, `"figure": "speed"`, 1),
	} {
		_, err := Read(strings.NewReader(text))
		assert.Error(t, err, name)
	}
}

func TestCheck(t *testing.T) {
	require.NoError(t, run().Check())
	for want, spoil := range map[string]func(*Run){
		`experiment "": its name is empty`:                      func(r *Run) { r.Experiments[1].Name = "" },
		`experiment "select/4": its name is empty or another's`: func(r *Run) { r.Experiments[2].Name = "select/4" },
		`experiment "select": its name, or what stands`:         func(r *Run) { r.Experiments[1].Name = "select" },
		`experiment "select/9": its name, or what stands`:       func(r *Run) { r.Experiments[1].Name = "select/9" },
		`experiment "select/1": its unit or its label`:          func(r *Run) { r.Experiments[2].Unit = "rows" },
		`experiment "select/4": "select/1" has the same X`:      func(r *Run) { r.Experiments[0].X, r.Experiments[2].X = 1, 1; swap(r) },
		`experiment "scan": it has no variants`:                 func(r *Run) { r.Experiments[1].Skipped = "" },
		`variant "loop" is empty or another's`:                  func(r *Run) { r.Experiments[0].Variants[2].Name = "loop" },
		`variant "troupe" has 2 rounds, others have 1`: func(r *Run) {
			r.Experiments[0].Variants[1].Rounds = append(r.Experiments[0].Variants[1].Rounds[:1:1], Round{})
		},
		`round 1 of variant "loop" has a negative number`: func(r *Run) { r.Experiments[0].Variants[0].Rounds = []Round{{P99: -1}} },
		`a goal has the figure "speed"`:                   func(r *Run) { r.Experiments[0].Goals[0].Figure = "speed" },
		`aims at less than it must`:                       func(r *Run) { r.Experiments[0].Goals[0].Aim = 0.5 },
		`a goal compares "troupe" with "nobody"`:          func(r *Run) { r.Experiments[0].Goals[0].Baseline = "nobody" },
	} {
		r := run()
		spoil(r)
		err := r.Check()
		require.ErrorIs(t, err, ErrInvalid, want)
		assert.ErrorContains(t, err, want)
		assert.ErrorIs(t, Write(&bytes.Buffer{}, r), ErrInvalid, want)
	}
}

func swap(r *Run) { r.Experiments[0], r.Experiments[2] = r.Experiments[2], r.Experiments[0] }

func TestSections(t *testing.T) {
	r := run()
	var got [][]string
	for _, s := range r.Sections() {
		names := []string{s.Name}
		for _, e := range s.Experiments {
			names = append(names, e.Name)
		}
		got = append(got, names)
	}
	assert.Equal(t, [][]string{{"select", "select/1", "select/4"}, {"scan", "scan"}}, got)

	group, found := r.Section("select")
	require.True(t, found)
	assert.Equal(t, []string{"A select."}, group.Titles())
	assert.Equal(t, []string{"troupe", "other", "loop", "cgo"}, group.Variants())
	assert.True(t, group.Has(P99))
	assert.False(t, group.Has(MemoryEach), "nobody asked")
	r.Experiments[0].Goals = append(r.Experiments[0].Goals, Goal{Variant: "troupe", Figure: MemoryEach, Must: 2, Aim: 1})
	assert.True(t, group.Has(MemoryEach))
	one, found := r.Section("select/4")
	require.True(t, found)
	assert.Equal(t, []*Experiment{&r.Experiments[0]}, one.Experiments)
	scan, _ := r.Section("scan")
	assert.False(t, scan.Has(Rate))
	reasons, names := scan.Skipped()
	assert.Equal(t, []string{"no server"}, reasons)
	assert.Equal(t, map[string][]string{"no server": {"scan"}}, names)
	_, found = r.Section("nothing")
	assert.False(t, found)
}

// TestSectionsOfSlashes: experiments that belong together by name only stay in their order, and are told apart by the rest of their names.
func TestSectionsOfSlashes(t *testing.T) {
	r := &Run{Experiments: []Experiment{{Name: "seeds/b", Notes: []string{"n"}}, {Name: "other"}, {Name: "seeds"}, {Name: "seeds/a/b", Notes: []string{"n", "m"}}}}
	sections := r.Sections()
	require.Len(t, sections, 2)
	var labels []string
	for _, e := range sections[0].Experiments {
		labels = append(labels, sections[0].Label(e))
	}
	assert.Equal(t, []string{"b", "", "a/b"}, labels)
	assert.Equal(t, []string{"b, a/b: n", "a/b: m"}, sections[0].Notes())
	r.Experiments[2].Notes = []string{"n"}
	assert.Equal(t, []string{"n", "a/b: m"}, sections[0].Notes(), "the first is everybody's")
}
