package coordinator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/messages"
)

// CommitError is why a transaction over several databases wasn't committed on all of them. Each of its shards is in one list.
//
// errors.Is finds [messages.ErrOutcomeUnknown] if a shard's outcome is unknown, [messages.ErrPartialCommit] if some are committed
// and others aren't; where neither is so, nothing was committed, and errors.Is and errors.As find the causes.
type CommitError struct {
	// ID is the transaction's, see [Tx.ID].
	ID uint64
	// Committed are the shards that are committed, Failed those that are not, for certain, and Unknown those of which nobody knows.
	Committed, Failed, Unknown []CommitOutcome
}

// CommitOutcome is what came of a transaction on one shard.
type CommitOutcome struct {
	Shard messages.ShardID
	// Err is why it isn't committed, or isn't known to be; nil if it is committed.
	Err error
}

// Error names the shards by their outcome, and the causes.
func (e *CommitError) Error() string {
	var parts []string
	for _, list := range []struct {
		what     string
		outcomes []CommitOutcome
	}{{"committed", e.Committed}, {"not committed", e.Failed}, {"unknown", e.Unknown}} {
		if len(list.outcomes) == 0 {
			continue
		}
		var shards []string
		for _, o := range list.outcomes {
			shard := string(o.Shard)
			if o.Err != nil {
				shard += fmt.Sprintf(" (%v)", o.Err)
			}
			shards = append(shards, shard)
		}
		parts = append(parts, list.what+" on "+strings.Join(shards, ", "))
	}
	return fmt.Sprintf("troupe: commit of transaction %d: %s", e.ID, strings.Join(parts, "; "))
}

// Is reports whether target is what the outcomes come to, see [CommitError].
func (e *CommitError) Is(target error) bool {
	switch target {
	case messages.ErrOutcomeUnknown:
		return len(e.Unknown) > 0
	case messages.ErrPartialCommit:
		return len(e.Committed) > 0 && len(e.Failed)+len(e.Unknown) > 0
	}
	return false
}

// Unwrap returns the causes.
func (e *CommitError) Unwrap() []error {
	var causes []error
	for _, list := range [][]CommitOutcome{e.Unknown, e.Failed} {
		for _, o := range list {
			if o.Err != nil {
				causes = append(causes, o.Err)
			}
		}
	}
	return causes
}

// notTried is why a shard after the one whose commit failed isn't committed.
func notTried(shard messages.ShardID) error {
	return &messages.Error{Code: messages.ErrTxAborted, Shard: shard, Op: "commit", Detail: "rolled back, because the commit of a shard before it failed"}
}

// Commit commits the shards one after the other, in configuration order (but see [Tx.CommitFirst]), or releases the savepoint. If a statement has failed
// everything is rolled back, and errors.Is finds pgx.ErrTxCommitRollback. If the first commit fails, the others are rolled
// back. If a later one does, those before it are committed: that is a [CommitError], as it is if an outcome is unknown on
// several databases; on a single one it is [messages.ErrOutcomeUnknown].
//
// Once a shard is committed the others are tried even though ctx ends, within the time that calls take to end anyway.
// Open rows, and the results of a batch that are not closed, are [messages.ErrInvalidRequest] and leave the transaction as it is.
func (tx *Tx) Commit(ctx context.Context) error {
	x := tx.of
	if tx.depth > 0 {
		return tx.release(ctx)
	}
	if tx.closed.Load() {
		return tx.over()
	}
	if err := x.settle(); err != nil {
		return err
	}
	failed, err := tx.beginEnd(true)
	if err != nil {
		return err
	}
	err = x.commit(ctx, failed)
	x.finish(txClosed("it has ended", nil), true)
	x.leave()
	return err
}

// beginEnd makes sure that nothing else happens to the transaction any more, and returns the error of the statement that has failed, if one
// has. It fails if there is no transaction any more, or, if it is to be quiet, if a statement runs.
func (tx *Tx) beginEnd(quiet bool) (failed, err error) {
	x := tx.of
	x.mu.Lock()
	switch {
	case x.mu.ended == nil && quiet && x.busyLocked():
		x.mu.Unlock()
		return nil, errRunning
	case !tx.closed.CompareAndSwap(false, true):
		x.mu.Unlock()
		return nil, tx.over()
	case x.mu.ended == nil && x.ctx.Err() == nil:
		x.mu.ending = true
	}
	failed, ending := x.mu.failed, x.mu.ending
	x.mu.Unlock()
	tx.cleanup.Stop()
	if !ending {
		x.expire() // or it was abandoned before
		return nil, x.over()
	}
	return failed, nil
}

// Rollback rolls every shard back, or everything since the savepoint. A connection that can't be told to any more is closed,
// which does the same; so does the whole's Rollback while rows are open, and when ctx has ended. The whole's Rollback stops batches that
// are not closed; a savepoint's is [messages.ErrInvalidRequest] while there is one, as it is while rows are open.
func (tx *Tx) Rollback(ctx context.Context) error {
	x := tx.of
	if tx.depth > 0 {
		return tx.undo(ctx)
	}
	if tx.closed.Load() {
		return tx.over()
	}
	x.stopHolders()
	if _, err := tx.beginEnd(false); err != nil {
		return err
	}
	if x.settleCalls() == nil { // no other can begin any more
		x.rollback(ctx, x.list())
	}
	escaped := x.escaped()
	x.finish(txClosed("it has ended", nil), true)
	x.leave()
	return escaped
}

// rollback tells participants to roll back, so that their connections can be used again. Who doesn't has it done by the end of the lease.
func (x *transaction) rollback(ctx context.Context, participants []*participant) {
	ctx, cancel := graced(ctx)
	defer cancel()
	_ = x.onEach(ctx, participants, "ROLLBACK")
}

// graced returns a context that ends a grace after ctx does: what has to be done to the end is done with it.
func graced(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel(endOf(ctx))
		case <-longer.Done():
		}
	})
	return longer, func() { stop(); cancel(nil) }
}

// committer is how the participants of a transaction become committed. There is one phase so far, in shard order; a second one, with
// PREPARE TRANSACTION and a log of decisions, is to be another committer.
type committer interface {
	// commit commits, or rolls back what it can. REQUIRES: no statement has failed, and none runs.
	commit(ctx context.Context, x *transaction, participants []*participant) error
}

func (x *transaction) commit(ctx context.Context, failed error) error {
	participants := x.commitOrder()
	if failed == nil {
		failed = broken(participants)
	}
	switch {
	case x.escaped() != nil:
		x.rollback(ctx, participants)
		return x.escaped()
	case failed != nil:
		x.rollback(ctx, participants)
		return &messages.Error{Code: messages.ErrTxAborted, Op: "commit", Err: fmt.Errorf("%w: %w", pgx.ErrTxCommitRollback, failed)}
	case ctx.Err() != nil:
		x.rollback(ctx, participants)
		return &messages.Error{Code: messages.ErrCanceled, Op: "commit", Detail: "it was rolled back", Err: ctx.Err()}
	}
	var how committer = onePhase{}
	return how.commit(ctx, x, participants)
}

// broken returns an error if a participant can't be committed, as far as its connection knows without asking.
func broken(participants []*participant) error {
	for _, p := range participants {
		detail := ""
		if status := p.lease.TxStatus(); status != 'T' && status != 0 {
			detail = "its transaction has failed or ended by itself"
		} else if conn, ok := p.lease.Conn().(interface{ Lost() bool }); ok && len(participants) > 1 && conn.Lost() {
			detail = "its connection was lost" // better now than when others are committed
		}
		if detail != "" {
			return &messages.Error{Code: messages.ErrTxAborted, Op: "commit", Shard: p.transaction.troupe.cfg.Shards[p.database].ID, Detail: detail}
		}
	}
	return nil
}

// onePhase commits one participant after the other.
type onePhase struct{}

func (onePhase) commit(ctx context.Context, x *transaction, participants []*participant) error {
	given := ctx
	for i, p := range participants {
		err := x.commitOn(ctx, p)
		if err == nil {
			if i == 0 && len(participants) > 1 {
				var cancel context.CancelFunc
				ctx, cancel = graced(given)
				defer cancel()
			}
			continue
		}
		rest := participants[i+1:]
		if !uncertain(err) {
			rest = participants[i:] // SQLite's transaction is still open
		}
		x.rollback(given, rest)
		if len(participants) == 1 {
			return err
		}
		return x.commitError(participants, i, err)
	}
	return nil
}

// commitOn commits one participant.
func (x *transaction) commitOn(ctx context.Context, p *participant) error {
	tag, err := x.control(ctx, p, commitSQL)
	if err == nil && tag == "ROLLBACK" {
		return &messages.Error{Code: messages.ErrTxAborted, Op: "commit", Shard: x.troupe.cfg.Shards[p.database].ID, Err: pgx.ErrTxCommitRollback}
	}
	return err
}

// uncertain reports whether a commit that failed with err may have been done.
func uncertain(err error) bool {
	return errors.Is(err, messages.ErrOutcomeUnknown) || errors.Is(err, messages.ErrShardLost)
}

// commitError says what came of each shard when the commit of a participant failed.
func (x *transaction) commitError(participants []*participant, at int, err error) error {
	e := &CommitError{ID: x.id}
	for i, p := range participants {
		for _, shard := range x.enlistedShards(p) {
			err := error(messages.OnShard(err, shard, "commit", messages.ErrStatement))
			switch {
			case i < at:
				e.Committed = append(e.Committed, CommitOutcome{Shard: shard})
			case i == at && uncertain(err):
				e.Unknown = append(e.Unknown, CommitOutcome{shard, err})
			case i == at:
				e.Failed = append(e.Failed, CommitOutcome{shard, err})
			default:
				e.Failed = append(e.Failed, CommitOutcome{shard, notTried(shard)})
			}
		}
	}
	return e
}

// enlistedShards returns the shards of a participant's database that take part.
func (x *transaction) enlistedShards(p *participant) []messages.ShardID {
	x.mu.Lock()
	defer x.mu.Unlock()
	if p.shards == nil { // it joined for a statement that another shard kept from being sent
		return []messages.ShardID{x.troupe.cfg.Shards[p.database].ID}
	}
	return slices.Clone(p.shards)
}

// CommitFirst has the shard's database committed before the others, if it takes part, whatever its place in the configuration: for
// what is allotted there and used elsewhere, as numbers are, and had better be lost than used twice when a commit fails in the middle.
// Shards of several calls are committed in the order of the calls.
func (tx *Tx) CommitFirst(shard messages.ShardID) error {
	if _, err := tx.of.troupe.known(shard, "transaction"); err != nil {
		return err
	}
	tx.of.mu.Lock()
	defer tx.of.mu.Unlock()
	tx.of.mu.first = append(tx.of.mu.first, tx.of.troupe.databaseOf(tx.of.troupe.index[shard]))
	return nil
}

// commitOrder returns the participants in the order in which they are committed.
func (x *transaction) commitOrder() []*participant {
	participants := x.list()
	x.mu.Lock()
	first := x.mu.first
	x.mu.Unlock()
	rank := func(p *participant) int {
		if i := slices.Index(first, p.database); i >= 0 {
			return i
		}
		return len(first)
	}
	slices.SortStableFunc(participants, func(a, b *participant) int { return cmp.Compare(rank(a), rank(b)) })
	return participants
}
