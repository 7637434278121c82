package messages_test

import (
	"go/ast"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
)

// The set of messages is sealed by an unexported method. A message that is added has to be added here too, and wherever
// messages are told apart: those switches end in a panic.
var (
	_ messages.Request = (*messages.Query)(nil)
	_ messages.Request = (*messages.Exec)(nil)
	_ messages.Request = (*messages.Get)(nil)

	_ messages.Message = (*messages.Execute)(nil)
	_ messages.Message = (*messages.Credit)(nil)
	_ messages.Message = (*messages.Flush)(nil)
	_ messages.Message = (*messages.Cancel)(nil)
	_ messages.Message = (*messages.RowBatch)(nil)
	_ messages.Message = (*messages.End)(nil)
)

func TestMessagesAreThoseKnownHere(t *testing.T) {
	var receivers []string
	for _, file := range parsePackage(t) {
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Recv == nil || f.Name.Name != "message" {
				continue
			}
			pointer, ok := f.Recv.List[0].Type.(*ast.StarExpr)
			require.True(t, ok, "messages are pointers")
			receivers = append(receivers, pointer.X.(*ast.Ident).Name)
		}
	}
	slices.Sort(receivers)
	require.Equal(t, []string{"Cancel", "Credit", "End", "Exec", "Execute", "Flush", "Get", "Query", "RowBatch"}, receivers)
}

func TestRequestsShowTheirOptions(t *testing.T) {
	o := messages.Options{Shards: []messages.ShardID{"asia"}, Order: messages.InShardOrder}
	for _, r := range []messages.Request{
		&messages.Query{Options: o}, &messages.Exec{Options: o}, &messages.Get{Options: o},
	} {
		require.Equal(t, o, r.RouteOptions())
	}
}

type mailbox []messages.Message

func (m *mailbox) Tell(msg messages.Message) { *m = append(*m, msg) }

func TestRefuseAnswersWithTheEnd(t *testing.T) {
	var got mailbox
	err := &messages.Error{Code: messages.ErrClosed, Shard: "asia"}
	(&messages.Execute{Call: 7, Source: 2, ReplyTo: &got}).Refuse(err)
	require.Equal(t, mailbox{&messages.End{Call: 7, Source: 2, Err: err}}, got)
}

func TestDialectNames(t *testing.T) {
	require.Equal(t, "PostgreSQL", messages.PostgreSQL.String())
	require.Equal(t, "SQLite", messages.SQLite.String())
	require.Equal(t, "unknown dialect", messages.Dialect(0).String())
}
