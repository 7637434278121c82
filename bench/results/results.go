// Package results is what a comparison of peers has measured, as data: what `go run ./bench compare` writes and `go run ./bench report`
// shows. It measures nothing itself.
package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"
)

// Run is one run of comparisons.
type Run struct {
	// When is when it began.
	When time.Time `json:"when"`
	// Machine says where it ran.
	Machine Machine `json:"machine"`
	// Experiments are what was compared, in order.
	Experiments []Experiment `json:"experiments"`
}

// Machine is what the figures depend on.
type Machine struct {
	CPU        string `json:"cpu"`        // its model
	Cores      int    `json:"cores"`      // as many as Go uses
	OS         string `json:"os"`         // with its architecture
	Go         string `json:"go"`         // version
	PostgreSQL string `json:"postgresql"` // version, with the settings that matter; "" without one
	SQLite     string `json:"sqlite"`     // version
	Commit     string `json:"commit"`     // of troupe; "" if it isn't known
}

// Experiment is one kind of work, done by several variants in turn: each round runs every one once, in rotating order, so that
// what disturbs the machine disturbs them alike.
type Experiment struct {
	// Name identifies it: "postgres-point-select/64".
	Name string `json:"name"`
	// Title says in a sentence what is done.
	Title string `json:"title"`
	// Unit is what is counted: "calls" or "rows".
	Unit string `json:"unit"`
	// Group and X are where it stands in a chart of several experiments, such as "postgres-point-select" and 64 clients. Group is "" if it stands alone.
	Group string  `json:"group,omitempty"`
	X     float64 `json:"x,omitempty"`
	// XLabel says what X counts: "clients per shard".
	XLabel string `json:"xLabel,omitempty"`
	// Variants are who did it. The first is the baseline of ratios unless a goal says otherwise. One that couldn't be measured has no rounds.
	Variants []Variant `json:"variants"`
	// Goals are what troupe means to reach.
	Goals []Goal `json:"goals,omitempty"`
	// Skipped says why nothing was measured, if nothing was.
	Skipped string `json:"skipped,omitempty"`
	// Notes say what a reader has to know beside: which pool was the best one, which variant could not be measured.
	Notes []string `json:"notes,omitempty"`
}

// Variant is one way to do the work.
type Variant struct {
	// Name is who does it: "pgxpool", "troupe".
	Name string `json:"name"`
	// Rounds are its measurements, one of each round of the experiment.
	Rounds []Round `json:"rounds"`
}

// Round is one measurement. What wasn't measured is 0; see Measured.
type Round struct {
	// Count is how many units were done, each checked, in Wall.
	Count int           `json:"count"`
	Wall  time.Duration `json:"wallNs"`
	// P50 and P99 are latencies of single calls.
	P50 time.Duration `json:"p50Ns,omitempty"`
	P99 time.Duration `json:"p99Ns,omitempty"`
	// ClientCPU is the processor time of this process, and ServerCPU that of the database's, in user and system mode.
	ClientCPU time.Duration `json:"clientCpuNs"`
	ServerCPU time.Duration `json:"serverCpuNs,omitempty"`
	// Allocs and AllocBytes are what the heap gave out.
	Allocs     uint64 `json:"allocs"`
	AllocBytes uint64 `json:"allocBytes"`
	// PeakRSS is by how many bytes the resident memory grew at the most; 1 if it was measured and didn't grow.
	PeakRSS int64 `json:"peakRss,omitempty"`
}

// Figure is a quantity that variants are compared by.
type Figure string

// The figures. All but Rate are better when they are smaller.
const (
	Rate      Figure = "rate"       // units per second
	P50       Figure = "p50"        // of a call
	P99       Figure = "p99"        // of a call
	ClientCPU Figure = "client-cpu" // per unit
	ServerCPU Figure = "server-cpu" // per unit
	Allocs    Figure = "allocs"     // per unit
	Memory    Figure = "memory"     // peak, of a round
	Own       Figure = "own"        // wall time per unit beyond the baseline's
	// MemoryEach is a round's Memory per unit.
	MemoryEach Figure = "memory-each"
)

// Goal is what a variant means to reach: a ratio to a baseline in the same round, or an absolute value.
type Goal struct {
	// Variant and Baseline are names. An empty Baseline makes Must and Aim absolute values: seconds, bytes, or counts per unit.
	Variant  string `json:"variant"`
	Baseline string `json:"baseline,omitempty"`
	// Figure is what is compared. A ratio of a Rate has to be at least, of anything else at most, what Must and Aim say.
	Figure Figure  `json:"figure"`
	Must   float64 `json:"must"`
	Aim    float64 `json:"aim"`
}

// Write writes a run as JSON, with a line for each round. One that fails its Check isn't written.
func Write(w io.Writer, run *Run) error {
	if err := run.Check(); err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	text, err := json.MarshalIndent(run, "", " ")
	if err == nil {
		text = roundsOf.ReplaceAllFunc(text, func(round []byte) []byte { return bytes.Join(bytes.Fields(round), []byte(" ")) })
		_, err = w.Write(append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	return nil
}

// roundsOf finds rounds, which hold only numbers: each is put on a line of its own, for there are thousands.
var roundsOf = regexp.MustCompile(`\{\n\s*"count": [^{}]*\}`)

// Read reads a run that Write wrote. Fields that it doesn't know, a run that fails its Check, and anything behind it are errors.
func Read(r io.Reader) (*Run, error) {
	run := new(Run)
	decoder := json.NewDecoder(r)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(run); err != nil {
		return nil, fmt.Errorf("read results: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read results: %w: something stands behind the run", ErrInvalid)
	}
	if err := run.Check(); err != nil {
		return nil, fmt.Errorf("read results: %w", err)
	}
	return run, nil
}
