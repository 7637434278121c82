package schema

import (
	"context"
	"strings"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// Apply runs a text of DDL, one statement or several, on each shard that o names, in parallel: in a transaction on each, so that a shard
// has all of it or nothing, unless [Options.NoTransaction] says otherwise. Shards that have Names have it translated; see the package
// coordinator/translate for what is refused there.
//
// The report and the error are those of [OnEach]: every shard is tried, but for those that come after a canary that failed. To go on after
// the cause is mended, pass the report's Failed as Options.Shards. A shard whose outcome is unknown, because its connection was lost in
// the commit, isn't among them: look whether the change is there first, or write the text so that it can be run twice.
func Apply(ctx context.Context, t *coordinator.Troupe, sql string, o Options) (*Report, error) {
	if strings.TrimSpace(sql) == "" {
		return nil, invalid(opApply, "the text is empty")
	}
	return OnEach(ctx, t, opApply, o, func(ctx context.Context, _ messages.ShardID) error {
		if o.NoTransaction {
			_, err := t.Exec(ctx, sql)
			return err
		}
		return inTransaction(ctx, t, sql)
	})
}

const opApply = "apply"

// inTransaction runs sql in a transaction on the shard that ctx is pinned to.
func inTransaction(ctx context.Context, t *coordinator.Troupe, sql string) error {
	tx, err := t.Begin(ctx)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, sql); err != nil {
		// The statement's error is the one that counts: a transaction that can't be rolled back is one that was already, or whose
		// connection is gone.
		_ = tx.Rollback(ctx)
		return RolledBack(sql, err)
	}
	return tx.Commit(ctx)
}
