package sqlpeer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/troupedb/troupe/bench/results"
)

// Work is what a peer is asked to do.
type Work string

// The kinds of work: the methods of [Peer].
const (
	Points Work = "points"
	Scan   Work = "scan"
	Insert Work = "insert"
	Count  Work = "count"
)

// Request asks for a sample.
type Request struct {
	// Spec says what the peer has open. It is opened by the first request, and stays open for the next ones.
	Spec Spec `json:"spec"`
	// Work is what to do, Clients how many do it, and Time for how long.
	Work    Work          `json:"work"`
	Clients int           `json:"clients,omitempty"`
	Time    time.Duration `json:"timeNs,omitempty"`
}

// Answer is a sample, or what went wrong.
type Answer struct {
	// Round is the sample, and Inserted how many events the peer has inserted since it was opened.
	Round    results.Round `json:"round"`
	Inserted int64         `json:"inserted,omitempty"`
	// Err says what went wrong; "" if nothing did.
	Err string `json:"err,omitempty"`
}

// Do does what is asked for.
func (p *Peer) Do(r Request) (a Answer, err error) {
	switch r.Work {
	case Points:
		a.Round, err = p.Points(r.Clients, r.Time)
	case Scan:
		a.Round, err = p.Scan()
	case Insert:
		a.Round, a.Inserted, err = p.Insert(r.Clients, r.Time)
	case Count:
		a.Round, err = p.Count(r.Clients, r.Time)
	default:
		err = fmt.Errorf("sqlpeer: no work is called %q", string(r.Work))
	}
	return a, err
}

// Serve answers requests, a line of JSON each, until there are no more, and closes what it opened then. A sample that fails is an answer, too.
func Serve(in io.Reader, out io.Writer) (err error) {
	peers := map[string]*Peer{}
	defer func() {
		for _, p := range peers {
			err = errors.Join(err, p.Close())
		}
	}()
	requests, answers := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var r Request
		if err := requests.Decode(&r); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("sqlpeer: a request can't be read: %w", err)
		}
		a, err := answer(peers, r)
		if err != nil {
			a = Answer{Err: err.Error()}
		}
		if err := answers.Encode(a); err != nil {
			return fmt.Errorf("sqlpeer: an answer can't be written: %w", err)
		}
	}
}

func answer(peers map[string]*Peer, r Request) (Answer, error) {
	key := fmt.Sprint(r.Spec)
	if peers[key] == nil {
		p, err := Open(r.Spec)
		if err != nil {
			return Answer{}, err
		}
		peers[key] = p
	}
	return peers[key].Do(r)
}
