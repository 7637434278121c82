package txtest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
)

// The server has done a write when its answer is lost. Whoever sent it must not be told that nothing was sent, and nobody
// may send it again. pgx says of a text without arguments that it is safe to retry then (pgconn's MultiResultReader).
func TestLostAnswerIsNotSentAgain(t *testing.T) {
	s := open(t, "p", nil)
	s.everywhere(t, "create table written (n bigint not null)")
	d := s.dbs[0]
	for name, c := range map[string]struct {
		sql  string
		args []any
	}{
		"without arguments": {"insert into written values (1)", nil},
		"with arguments":    {"insert into written values ($1)", []any{1}},
		"several":           {"insert into written values (1); select 1", nil},
	} {
		_, err := s.Exec(on(background(t), d), c.sql, c.args...) // so that it is prepared
		require.NoError(t, err)
		before := d.number(t, "select count(*) from written")
		r := newRun(t, s, 0)
		d.trap.arm(&snare{verb: "statement", nth: 1, before: func() error { return r.loseAnswer(d) }})
		_, err = s.Exec(on(background(t), d), c.sql, c.args...)
		assert.ErrorIs(t, err, messages.ErrOutcomeUnknown, name)
		s.requireIdle(t)
		assert.LessOrEqual(t, d.number(t, "select count(*) from written")-before, 1, "%s: it was sent again", name)
		require.Zero(t, d.trap.mu.snares[0].nth, "it was never struck at")
	}
}
