package messages_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
)

func TestErrorIsItsCodeAndItsCause(t *testing.T) {
	cause := &pgconn.PgError{Code: "23505"}
	var err error = &messages.Error{Code: messages.ErrStatement, Shard: "asia", Op: "exec", Err: cause}
	err = fmt.Errorf("in the application: %w", err)

	for _, code := range messages.Codes() {
		require.Equal(t, code == messages.ErrStatement, errors.Is(err, code), code)
	}
	var typed *messages.Error
	require.ErrorAs(t, err, &typed)
	require.Equal(t, messages.ShardID("asia"), typed.Shard)
	var pg *pgconn.PgError
	require.ErrorAs(t, err, &pg)
	require.Equal(t, "23505", pg.Code)

	require.NoError(t, (&messages.Error{Code: messages.ErrClosed}).Unwrap())
	require.NotErrorIs(t, &messages.Error{Code: messages.ErrClosed}, errors.New("troupe: closed"))
	// An error within an error is found by both codes.
	err = &messages.Error{Code: messages.ErrOutcomeUnknown, Err: &messages.Error{Code: messages.ErrShardLost, Err: context.Canceled}}
	require.ErrorIs(t, err, messages.ErrOutcomeUnknown)
	require.ErrorIs(t, err, messages.ErrShardLost)
	require.ErrorIs(t, err, context.Canceled)
}

func TestErrorText(t *testing.T) {
	for want, e := range map[string]*messages.Error{
		"troupe: closed":                   {Code: messages.ErrClosed},
		"troupe: closed: shard asia":       {Code: messages.ErrClosed, Shard: "asia"},
		"troupe: closed: route":            {Code: messages.ErrClosed, Op: "route"},
		"troupe: closed (after 3 rows)":    {Code: messages.ErrClosed, Rows: 3},
		"troupe: closed: context canceled": {Code: messages.ErrClosed, Err: context.Canceled},
		"troupe: shard lost: shard asia: query: why (after 3 rows): context canceled": {
			Code: messages.ErrShardLost, Shard: "asia", Op: "query", Detail: "why", Rows: 3, Err: context.Canceled,
		},
	} {
		require.EqualError(t, e, want)
	}
}

func TestOnShard(t *testing.T) {
	plain := errors.New("plain")
	got := messages.OnShard(plain, "asia", "query", messages.ErrShardLost)
	require.Equal(t, &messages.Error{Code: messages.ErrShardLost, Shard: "asia", Op: "query", Err: plain}, got)

	unnamed := &messages.Error{Code: messages.ErrBusy, Err: plain}
	got = messages.OnShard(unnamed, "asia", "query", messages.ErrShardLost)
	require.Equal(t, &messages.Error{Code: messages.ErrBusy, Shard: "asia", Op: "query", Err: plain}, got)
	require.Empty(t, unnamed.Shard, "an error is immutable")

	withOp := &messages.Error{Code: messages.ErrBusy, Op: "acquire"}
	require.Equal(t, "acquire", messages.OnShard(withOp, "asia", "query", messages.ErrShardLost).Op)

	named := &messages.Error{Code: messages.ErrBusy, Shard: "europe"}
	require.Same(t, named, messages.OnShard(named, "asia", "query", messages.ErrShardLost))
}

func TestOnShardKeepsWhatIsAroundAnError(t *testing.T) {
	plain := errors.New("plain")
	inner := &messages.Error{Code: messages.ErrBusy, Err: plain}
	for name, err := range map[string]error{
		"wrapped": fmt.Errorf("more: %w", inner),
		"joined":  errors.Join(context.Canceled, inner),
	} {
		t.Run(name, func(t *testing.T) {
			got := messages.OnShard(err, "asia", "query", messages.ErrShardLost)
			require.Equal(t, messages.ShardID("asia"), got.Shard)
			require.ErrorIs(t, got, messages.ErrBusy)
			require.ErrorIs(t, got, plain)
			if name == "joined" {
				require.ErrorIs(t, got, context.Canceled)
			}
		})
	}
}

func TestShardErrors(t *testing.T) {
	asia := &messages.Error{Code: messages.ErrBusy, Shard: "asia"}
	again := &messages.Error{Code: messages.ErrShardLost, Shard: "asia"}
	europe := &messages.Error{Code: messages.ErrShardLost, Shard: "europe", Err: again}
	nameless := &messages.Error{Code: messages.ErrRefused}

	require.Empty(t, messages.ShardErrors(nil))
	require.Empty(t, messages.ShardErrors(errors.New("plain")))
	require.Empty(t, messages.ShardErrors(nameless))
	require.Equal(t, []*messages.Error{asia}, messages.ShardErrors(asia))
	require.Equal(t, []*messages.Error{europe, again}, messages.ShardErrors(europe))
	require.Equal(t, []*messages.Error{asia, europe},
		messages.ShardErrors(fmt.Errorf("all: %w", errors.Join(nameless, asia, europe, again))))
	require.Equal(t, []*messages.Error{asia, europe},
		messages.ShardErrors(&messages.Error{Code: messages.ErrPanic, Err: fmt.Errorf("%w and %w", asia, europe)}))
}

func TestErrorIsOneLine(t *testing.T) {
	err := &messages.Error{
		Code: messages.ErrStatement, Detail: "a\r\nb", Err: errors.Join(context.Canceled, errors.New("c\rd")),
	}
	require.EqualError(t, err, "troupe: statement failed: a; b: context canceled; c; d")
}
