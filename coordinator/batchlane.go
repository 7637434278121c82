package coordinator

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/troupedb/troupe/messages"
)

// batchLane runs a batch's statements on one database, one after the other.
type batchLane struct {
	*batch
	database int
	queue    <-chan *batchItem // closed when all were dealt out, or after a failure
}

// Run runs what comes through the queue. All lanes see the statements that they share in the same order, so none waits for a lane that
// waits for it.
func (l *batchLane) Run() {
	defer l.lanes.Done()
	for item := range l.queue {
		if item.databases[0] != l.database {
			item.arrived.Done()
			<-item.done
			continue
		}
		item.arrived.Wait()
		l.run(item)
	}
}

// run runs a statement, and waits until its shards are through with it: as long as its reader needs.
func (b *batch) run(item *batchItem) {
	defer close(item.done)
	c := item.call
	item.call = nil
	if item.err = b.failure(); item.err != nil {
		close(item.ready)
		return
	}
	b.begun.Store(true)
	err := c.run()
	if item.err = err; err == nil {
		item.rows = newRows(c)
	} else {
		b.failed(item, err)
	}
	close(item.ready)
	if err != nil {
		return
	}
	over := c.over.Future().Done()
	select {
	case <-over:
	case <-b.stopped():
		b.leave(item)
		<-over
	}
	b.count(c)
}

// failed notes the failure of a statement. One that was refused because another has failed lets that one's lane tell of it.
func (b *batch) failed(item *batchItem, err error) {
	if errors.Is(err, messages.ErrTxAborted) {
		timer := time.NewTimer(2 * grace)
		defer timer.Stop()
		select {
		case <-b.stopped():
		case <-timer.C:
		}
	}
	b.fail(inBatch(err, slices.Index(b.items, item), len(b.items)))
}

// leave closes rows that nobody will read. In a transaction of the caller's they are read to their end, to keep its connection.
func (b *batch) leave(item *batchItem) {
	rows := b.takeRows(item)
	switch {
	case rows == nil:
	case b.outer != nil:
		rows.Close()
	default:
		rows.close()
	}
}

// count adds what a statement has done to what its shards have.
func (b *batch) count(c *call) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, outcome := range c.outcomes() {
		if outcome.Done {
			count := &b.mu.counts[c.targets[i]]
			count.Statements++
			count.Rows += outcome.Tag.RowsAffected()
		}
	}
}

// mayReturnRows reports whether a statement has to be asked for rows. What certainly returns none is run for its effect, as
// pgx's Exec would: then it may be what several shards can't be queried for.
func mayReturnRows(sql string) bool {
	switch firstWord(sql) {
	case "insert", "update", "delete", "merge", "replace":
		return strings.Contains(strings.ToLower(sql), "returning")
	case "create", "alter", "drop", "truncate", "comment", "grant", "revoke", "reindex", "vacuum", "analyze", "analyse", "lock", "set", "reset", "do",
		"refresh", "notify", "listen", "unlisten", "discard", "security", "cluster", "import", "reassign", "prepare", "deallocate", "attach", "detach":
		return false
	}
	return true
}

// firstWord returns the word that sql begins with, in lower case, after space and comments; "" if it begins with something else.
func firstWord(sql string) string {
	for {
		sql = strings.TrimLeft(sql, " \t\r\n\f\v;")
		switch {
		case strings.HasPrefix(sql, "--"):
			_, rest, _ := strings.Cut(sql, "\n")
			sql = rest
		case strings.HasPrefix(sql, "/*"):
			_, rest, _ := strings.Cut(sql, "*/") // a nested one leaves a text that begins with no word
			sql = rest
		default:
			end := 0
			for end < len(sql) && (sql[end]|0x20 >= 'a' && sql[end]|0x20 <= 'z' || sql[end] == '_') {
				end++
			}
			return strings.ToLower(sql[:end])
		}
	}
}

var _ messages.Job = (*batchLane)(nil)
