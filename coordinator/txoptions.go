package coordinator

import (
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/messages"
)

// TxOptions say how a transaction runs. The zero value is the databases' defaults.
type TxOptions struct {
	// TxOptions are the isolation level, the access mode and the deferrable mode, for every shard. SQLite runs all levels as
	// serializable. BeginQuery and CommitQuery are refused. Defaults to what each database has.
	pgx.TxOptions
	// Shards are enlisted at the beginning, all of them or none, and in the order of the configuration, whatever their order here.
	// Others join when they are first touched. Defaults to none.
	Shards []messages.ShardID
	// MaxAttempts is how often InTx runs its function at the most. Defaults to 10.
	MaxAttempts int
}

// check refuses options that no database knows.
func (o *TxOptions) check() error {
	refuse := func(detail string) error {
		return &messages.Error{Code: messages.ErrInvalidRequest, Op: opBegin, Detail: detail}
	}
	switch {
	case o.BeginQuery != "" || o.CommitQuery != "":
		return refuse("BeginQuery and CommitQuery aren't for transactions that may be of several engines")
	case !slices.Contains([]pgx.TxIsoLevel{"", pgx.Serializable, pgx.RepeatableRead, pgx.ReadCommitted, pgx.ReadUncommitted}, o.IsoLevel):
		return refuse("there is no isolation level " + string(o.IsoLevel))
	case !slices.Contains([]pgx.TxAccessMode{"", pgx.ReadWrite, pgx.ReadOnly}, o.AccessMode):
		return refuse("there is no access mode " + string(o.AccessMode))
	case !slices.Contains([]pgx.TxDeferrableMode{"", pgx.Deferrable, pgx.NotDeferrable}, o.DeferrableMode):
		return refuse("there is no deferrable mode " + string(o.DeferrableMode))
	case o.MaxAttempts < 0:
		return refuse("MaxAttempts is negative")
	}
	return nil
}

// beginSQL returns the statement that begins the transaction. SQLite knows one isolation level, the strongest; a transaction that
// may write says so at the beginning, because one that has read can't wait any more for another's writing.
func (o *TxOptions) beginSQL(d messages.Dialect) string {
	if d == messages.SQLite {
		if o.AccessMode == pgx.ReadOnly {
			return "BEGIN"
		}
		return "BEGIN IMMEDIATE"
	}
	words := []string{"begin"}
	if o.IsoLevel != "" {
		words = append(words, "isolation level", string(o.IsoLevel))
	}
	if o.AccessMode != "" {
		words = append(words, string(o.AccessMode))
	}
	if o.DeferrableMode != "" {
		words = append(words, string(o.DeferrableMode))
	}
	return strings.Join(words, " ")
}
