package coordinator_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/fake"
)

const someID = "00112233-4455-6677-8899-aabbccddeeff"

// TestKeysOfEveryType are found by arguments and by literals, as their database would convert them; what doesn't convert exactly may be
// anywhere.
func TestKeysOfEveryType(t *testing.T) {
	id := [16]byte{0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff}
	b, err := coordinator.Bucket(16, keyTypes{coordinator.UUID}, id)
	require.NoError(t, err)
	home := byHash.Buckets[b]
	both, err := coordinator.Bucket(16, keyTypes{coordinator.Integer, coordinator.Text}, 7, "x")
	require.NoError(t, err)
	every := shards{"s0", "s1", "s2"}
	c := spawn(t, 3, func(cfg *coordinator.Config) {
		cfg.Tables = coordinator.Tables{
			"texts": {Key: "k", Route: coordinator.Range{{Below: "g", Shard: "s0"}, {Below: "p", Shard: "s1"}, {Shard: "s2"}}},
			"bytes": {Key: "k", Route: coordinator.List{"s0": {[]byte("a"), []byte{}}, "s1": {[]byte{0xff}}}},
			"ids":   {Key: "k", Type: coordinator.UUID, Route: byHash},
			"pairs": {Keys: []string{"a", "b"}, Types: keyTypes{coordinator.Integer, coordinator.Text}, Route: byHash},
		}
	}, fake.Config{Dialect: messages.PostgreSQL})
	for _, test := range []struct {
		sql  string
		args []any
		want shards
	}{
		{"select k from texts where k = 'a'", nil, shards{"s0"}},
		{"select k from texts where k = $1", []any{"g"}, shards{"s1"}},
		{"select k from texts where k < 'g'", nil, every}, // in the order of a language 'é' is before 'g', and in bytes after it
		{"select k from texts where k between 'a' and 'z'", nil, every},
		{"select k from texts where k = any($1)", []any{[]string{"a", "zebra"}}, shards{"s0", "s2"}},
		{"select k from texts where k = $1", []any{5}, every},
		{"select k from texts where k like 'a%'", nil, every},
		{"select k from bytes where k = $1", []any{[]byte("a")}, shards{"s0"}},
		{"select k from bytes where k in ($1, $2)", []any{[]byte{}, []byte{0xff}}, shards{"s0", "s1"}},
		{"select k from bytes where k = $1", []any{[]byte("unknown")}, shards{"s0"}},
		{"select k from bytes", nil, shards{"s0", "s1"}},
		{"select k from ids where k = $1", []any{id}, shards{home}},
		{"select k from ids where k = $1", []any{someID}, shards{home}},
		{"select k from ids where k = '00112233-4455-6677-8899-AABBCCDDEEFF'", nil, shards{home}},
		{"select k from ids where k = '{00112233-4455-6677-8899-aabbccddeeff}'", nil, every},
		{"select k from ids where k > $1", []any{id}, every},
		{"select a from pairs where a = 7 and b = $1", []any{"x"}, shards{byHash.Buckets[both]}},
		{"select a from pairs where (a, b) = (7, 'x')", nil, shards{byHash.Buckets[both]}},
		{"select a from pairs where a = 7", nil, every},
		{"select a from pairs where a = 7 and b = null", nil, shards{"s0"}},
		{"insert into pairs (b, a) values ('x', 7)", nil, shards{byHash.Buckets[both]}},
		{"insert into ids (k) values ($1)", []any{someID}, shards{home}},
		{"insert into texts (k) values ('h'), ($1)", []any{"q"}, shards{"s1", "s2"}},
	} {
		e, err := c.Explain(t.Context(), test.sql, test.args...)
		require.NoError(t, err, test.sql)
		require.Nil(t, e.Refusal, test.sql)
		require.Equal(t, test.want, e.Targets(), "%s %v", test.sql, test.args)
	}
}

// TestJoinsOfOneGroup go where both keys live; those of no group can't be joined by theirs, though their routes are the same.
func TestJoinsOfOneGroup(t *testing.T) {
	for group, joined := range map[string]bool{"g": true, "": false} {
		c := spawn(t, 3, func(cfg *coordinator.Config) {
			cfg.Tables = coordinator.Tables{
				"users":  {Key: "id", Type: coordinator.Integer, Route: byHash, Group: group},
				"orders": {Key: "user_id", Type: coordinator.Integer, Route: byHash, Group: group},
			}
		})
		e := explain(t, c, t.Context(), "select o.n from users u join orders o on o.user_id = u.id")
		require.Equal(t, joined, e.Refusal == nil)
		one := explain(t, c, t.Context(), "select o.n from users u join orders o on o.user_id = u.id where u.id = 5 and o.user_id = 5")
		require.Nil(t, one.Refusal, "one shard has all that matters")
		require.Len(t, one.Targets(), 1)
	}
}
