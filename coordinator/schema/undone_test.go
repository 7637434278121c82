package schema_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/schema"
	"github.com/troupedb/troupe/messages"
)

func TestRolledBack(t *testing.T) {
	unknown := func(cause error) error {
		return &messages.Error{Code: messages.ErrOutcomeUnknown, Shard: "s", Op: "exec", Err: cause}
	}
	lost := &messages.Error{Code: messages.ErrShardLost, Op: "exec", Err: errBroken}
	for name, c := range map[string]struct {
		sql  string
		err  error
		want messages.Code
	}{
		"known":            {`CREATE TABLE a (n integer)`, lost, messages.ErrShardLost},
		"lost":             {`CREATE TABLE a (n integer)`, unknown(lost), messages.ErrShardLost},
		"twice":            {`CREATE TABLE a (n integer)`, unknown(unknown(lost)), messages.ErrShardLost},
		"no cause":         {`CREATE TABLE a (n integer)`, unknown(nil), messages.ErrShardLost},
		"foreign cause":    {`CREATE TABLE a (n integer)`, unknown(errBroken), messages.ErrShardLost},
		"context":          {`CREATE TABLE a (n integer)`, unknown(context.Canceled), messages.ErrCanceled},
		"wrapped":          {`CREATE TABLE a (n integer)`, errors.Join(unknown(lost)), messages.ErrShardLost},
		"own commit":       {`CREATE TABLE a (n integer); Commit`, unknown(lost), messages.ErrOutcomeUnknown},
		"own end":          {"CREATE TABLE a (n integer);\nEND", unknown(lost), messages.ErrOutcomeUnknown},
		"own preparation":  {`CREATE TABLE a (n integer); PREPARE TRANSACTION 'a'`, unknown(lost), messages.ErrOutcomeUnknown},
		"a word within it": {`CREATE TABLE calendar (append integer)`, unknown(lost), messages.ErrShardLost},
	} {
		t.Run(name, func(t *testing.T) {
			err := schema.RolledBack(c.sql, c.err)
			var e *messages.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, c.want, e.Code)
			require.Equal(t, c.want == messages.ErrOutcomeUnknown, errors.Is(err, messages.ErrOutcomeUnknown))
			if name != "known" {
				require.Equal(t, messages.ShardID("s"), e.Shard)
			}
			for _, cause := range []error{errBroken, context.Canceled} {
				require.Equal(t, errors.Is(c.err, cause), errors.Is(err, cause))
			}
		})
	}
	require.NoError(t, schema.RolledBack(`SELECT 1`, nil))
}
