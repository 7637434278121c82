package coordinator_test

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/fake"
)

var (
	byContinent = coordinator.Lookup{"Asia": "s0", "Europe": "s1", "Africa": "s1"}
	byDecade    = coordinator.Range{{Below: 10, Shard: "s0"}, {Below: 20, Shard: "s1"}, {Shard: "s2"}}
	byHash      = coordinator.Hash{Buckets: coordinator.Buckets(16, "s0", "s1", "s2")}
)

// placed returns a RouteFunc with a variable of its own.
func placed(shard messages.ShardID) coordinator.RouteFunc {
	return func(context.Context, []any) (messages.ShardID, error) { return shard, nil }
}

// spawnDeclared tries to spawn a troupe over three fake shards with these tables, and requires that a failure opened nothing.
func spawnDeclared(t *testing.T, tables coordinator.Tables) error {
	t.Helper()
	cfg := coordinator.Config{Tables: tables}
	var fakes []*fake.Backend
	for _, id := range (shards{"s0", "s1", "s2"}) {
		fakes = append(fakes, fake.New(fake.Config{Dialect: messages.SQLite}))
		cfg.Shards = append(cfg.Shards, shardworker.Shard{ID: id, Backend: fakes[len(fakes)-1]})
	}
	troupe, err := coordinator.Spawn(t.Context(), cfg)
	if err == nil {
		require.NoError(t, troupe.Close(context.Background()))
		return nil
	}
	require.Nil(t, troupe)
	for _, f := range fakes {
		require.False(t, f.Closed(), "backends that the caller opened stay open")
		require.Zero(t, f.Stats().Opened)
	}
	return err
}

func TestInvalidDeclarations(t *testing.T) {
	route := placed("s0")
	for name, test := range map[string]struct {
		tables coordinator.Tables
		says   []string // beside the table's name, "t"
	}{
		"no key":                 {coordinator.Tables{"t": {Route: byContinent}}, []string{"no key"}},
		"empty keys":             {coordinator.Tables{"t": {Keys: []string{}, Route: byContinent}}, []string{"no key"}},
		"a key without name":     {coordinator.Tables{"t": {Keys: []string{"a", ""}, Route: byHash}}, []string{"no key"}},
		"no route":               {coordinator.Tables{"t": {Key: "k"}}, []string{"no route"}},
		"a route that is nil":    {coordinator.Tables{"t": {Key: "k", Route: (*coordinator.Hash)(nil)}}, []string{"no route"}},
		"schema":                 {coordinator.Tables{"t.b.t": {Key: "k", Route: byContinent}}, []string{"no name"}},
		"schema of a reference":  {coordinator.Tables{"t.": {Reference: true}}, []string{"no name"}},
		"no name":                {coordinator.Tables{"": {Key: "k", Route: byContinent}}, []string{`"?"`, "no name"}},
		"twice":                  {coordinator.Tables{"t": {Key: "k", Route: byContinent}, "T": {Key: "k", Route: byContinent}}, []string{"twice"}},
		"Key and Keys":           {coordinator.Tables{"t": {Key: "k", Keys: []string{"k"}, Route: byContinent}}, []string{"one pair"}},
		"Key and Types":          {coordinator.Tables{"t": {Key: "k", Types: []coordinator.KeyType{coordinator.Text}, Route: byContinent}}, []string{"one pair"}},
		"Keys and Type":          {coordinator.Tables{"t": {Keys: []string{"k"}, Type: coordinator.Text, Route: byContinent}}, []string{"one pair"}},
		"number of types":        {coordinator.Tables{"t": {Keys: []string{"a", "b"}, Types: []coordinator.KeyType{coordinator.Text}, Route: byHash}}, []string{"1 types for 2 keys"}},
		"key twice":              {coordinator.Tables{"t": {Keys: []string{"a", "A"}, Types: []coordinator.KeyType{1, 1}, Route: byHash}}, []string{`"a"`, "twice"}},
		"unknown type":           {coordinator.Tables{"t": {Key: "k", Type: 99, Route: byHash}}, []string{`"k"`, "unknown type"}},
		"reference and key":      {coordinator.Tables{"t": {Reference: true, Key: "k"}}, []string{"reference"}},
		"reference and route":    {coordinator.Tables{"t": {Reference: true, Route: byContinent}}, []string{"reference"}},
		"reference and group":    {coordinator.Tables{"t": {Reference: true, Group: "g"}}, []string{"reference"}},
		"reference and types":    {coordinator.Tables{"t": {Reference: true, Types: []coordinator.KeyType{coordinator.Text}}}, []string{"reference"}},
		"column twice":           {coordinator.Tables{"t": {Key: "k", Route: byContinent, Columns: []string{"k", "K"}}}, []string{`"k"`, "twice"}},
		"column without name":    {coordinator.Tables{"t": {Key: "k", Route: byContinent, Columns: []string{"k", ""}}}, []string{"no name"}},
		"key is no column":       {coordinator.Tables{"t": {Key: "k", Route: byContinent, Columns: []string{"a"}}}, []string{`"k"`, "columns"}},
		"lookup of nothing":      {coordinator.Tables{"t": {Key: "k", Route: coordinator.Lookup{}}}, []string{"values"}},
		"lookup of two keys":     {coordinator.Tables{"t": {Keys: []string{"a", "b"}, Route: byContinent}}, []string{"one key column"}},
		"lookup's shard":         {coordinator.Tables{"t": {Key: "k", Route: coordinator.Lookup{"a": "s9"}}}, []string{"s9", "doesn't exist"}},
		"lookup's type":          {coordinator.Tables{"t": {Key: "k", Type: coordinator.Integer, Route: byContinent}}, []string{"no value of key", `"k"`}},
		"lookup's mixed types":   {coordinator.Tables{"t": {Key: "k", Route: coordinator.Lookup{"a": "s0", 1: "s1"}}}, []string{"no value of key"}},
		"lookup of a NULL":       {coordinator.Tables{"t": {Key: "k", Route: coordinator.Lookup{nil: "s0"}}}, []string{"no value of key"}},
		"lookup of a float":      {coordinator.Tables{"t": {Key: "k", Route: coordinator.Lookup{1.5: "s0"}}}, []string{"no value of key"}},
		"lookup twice":           {coordinator.Tables{"t": {Key: "k", Route: coordinator.Lookup{1: "s0", int64(1): "s1"}}}, []string{"twice"}},
		"list of nothing":        {coordinator.Tables{"t": {Key: "k", Route: coordinator.List{"s0": nil}}}, []string{"values"}},
		"list twice":             {coordinator.Tables{"t": {Key: "k", Route: coordinator.List{"s0": {1}, "s1": {2, 1}}}}, []string{"twice"}},
		"list's shard":           {coordinator.Tables{"t": {Key: "k", Route: coordinator.List{"s9": {1}}}}, []string{"s9"}},
		"hash of no buckets":     {coordinator.Tables{"t": {Key: "k", Type: coordinator.Integer, Route: coordinator.Hash{}}}, []string{"buckets"}},
		"hash without type":      {coordinator.Tables{"t": {Key: "k", Route: byHash}}, []string{"type", `"k"`}},
		"hash's shard":           {coordinator.Tables{"t": {Key: "k", Type: 1, Route: coordinator.Hash{Buckets: coordinator.Buckets(4, "s0", "s9")}}}, []string{"bucket 2", "s9"}},
		"hash of no shards":      {coordinator.Tables{"t": {Key: "k", Type: 1, Route: coordinator.Hash{Buckets: coordinator.Buckets(4)}}}, []string{"bucket 0"}},
		"range of nothing":       {coordinator.Tables{"t": {Key: "k", Type: 1, Route: coordinator.Range{}}}, []string{"parts"}},
		"range of two keys":      {coordinator.Tables{"t": {Keys: []string{"a", "b"}, Route: byDecade}}, []string{"one key column"}},
		"range's shard":          {coordinator.Tables{"t": {Key: "k", Route: coordinator.Range{{Below: 1, Shard: "s9"}}}}, []string{"s9"}},
		"range open in between":  {coordinator.Tables{"t": {Key: "k", Route: coordinator.Range{{Below: 1, Shard: "s0"}, {Shard: "s1"}, {Shard: "s2"}}}}, []string{"part 1", "bound"}},
		"range descends":         {coordinator.Tables{"t": {Key: "k", Route: coordinator.Range{{Below: 2, Shard: "s0"}, {Below: 1, Shard: "s1"}}}}, []string{"above"}},
		"range stands":           {coordinator.Tables{"t": {Key: "k", Route: coordinator.Range{{Below: 2, Shard: "s0"}, {Below: 2, Shard: "s1"}}}}, []string{"above"}},
		"range's types":          {coordinator.Tables{"t": {Key: "k", Route: coordinator.Range{{Below: 2, Shard: "s0"}, {Below: "x", Shard: "s1"}}}}, []string{"no value of key"}},
		"range without type":     {coordinator.Tables{"t": {Key: "k", Route: coordinator.Range{{Shard: "s0"}}}}, []string{"type"}},
		"range of a UUID":        {coordinator.Tables{"t": {Key: "k", Type: coordinator.UUID, Route: coordinator.Range{{Shard: "s0"}}}}, []string{"type"}},
		"function without type":  {coordinator.Tables{"t": {Key: "k", Route: route}}, []string{"type"}},
		"no function":            {coordinator.Tables{"t": {Key: "k", Type: coordinator.Text, Route: coordinator.RouteFunc(nil)}}, []string{"nil"}},
		"group of other routes":  {coordinator.Tables{"t": {Key: "k", Route: byContinent, Group: "g"}, "a": {Key: "k", Route: coordinator.Lookup{"Asia": "s0"}, Group: "g"}}, []string{`"g"`, "with a"}},
		"group of other kinds":   {coordinator.Tables{"t": {Key: "k", Route: byContinent, Group: "g"}, "a": {Key: "k", Type: coordinator.Text, Route: byHash, Group: "g"}}, []string{`"g"`}},
		"group of other types":   {coordinator.Tables{"t": {Key: "k", Type: 1, Route: byHash, Group: "g"}, "a": {Key: "k", Type: 2, Route: byHash, Group: "g"}}, []string{`"g"`}},
		"group of other keys":    {coordinator.Tables{"t": {Keys: []string{"a", "b"}, Types: []coordinator.KeyType{1, 1}, Route: byHash, Group: "g"}, "a": {Key: "k", Type: 1, Route: byHash, Group: "g"}}, []string{`"g"`}},
		"group of two functions": {coordinator.Tables{"t": {Key: "k", Type: 1, Route: placed("s0"), Group: "g"}, "a": {Key: "k", Type: 1, Route: placed("s1"), Group: "g"}}, []string{`"g"`}},
		"group's third": {coordinator.Tables{
			"a": {Key: "k", Type: 1, Route: byHash, Group: "g"}, "b": {Key: "k", Type: 1, Route: byHash, Group: "g"}, "t": {Key: "k", Type: 1, Route: byDecade, Group: "g"},
		}, []string{`"g"`}},
	} {
		t.Run(name, func(t *testing.T) {
			err := spawnDeclared(t, test.tables)
			require.ErrorIs(t, err, messages.ErrInvalidConfig)
			if !slices.Contains(test.says, `"?"`) {
				require.ErrorContains(t, err, `Tables["t`)
			}
			for _, part := range test.says {
				require.ErrorContains(t, err, part)
			}
		})
	}
}

func TestValidDeclarations(t *testing.T) {
	route := placed("s0")
	for name, tables := range map[string]coordinator.Tables{
		"none":            {},
		"types are known": {"t": {Key: "k", Route: byContinent}, "u": {Key: "k", Route: byDecade}},
		"Types":           {"t": {Keys: []string{"k"}, Types: []coordinator.KeyType{coordinator.Text}, Route: byContinent}},
		"bytes":           {"t": {Key: "k", Route: coordinator.List{"s0": {[]byte("x")}, "s1": {[]byte{}}}}},
		"group": {
			"a": {Key: "x", Type: coordinator.Text, Route: byContinent, Group: "g"},
			"b": {Key: "y", Route: coordinator.Lookup{"Asia": "s0", "Europe": "s1", "Africa": "s1"}, Group: "g"},
		},
		"group of one function": {"a": {Key: "x", Type: 1, Route: route, Group: "g"}, "b": {Key: "y", Type: 1, Route: route, Group: "g"}},
		"columns":               {"t": {Key: "K", Route: byContinent, Columns: []string{"a", "k"}}},
		"reference":             {"t": {Reference: true, Columns: []string{"a"}}},
		"a pointer":             {"t": {Key: "k", Type: 1, Route: &byHash}},
	} {
		t.Run(name, func(t *testing.T) { require.NoError(t, spawnDeclared(t, tables)) })
	}
}

// TestDeclarationsAreCopied: what the caller does with its maps and slices later changes nothing.
func TestDeclarationsAreCopied(t *testing.T) {
	lookup, keys := coordinator.Lookup{1: "s0", 2: "s1"}, []string{"k"}
	hash := coordinator.Hash{Buckets: coordinator.Buckets(2, "s0", "s1")}
	tables := coordinator.Tables{"t": {Keys: keys, Route: lookup}, "u": {Key: "k", Type: coordinator.Integer, Route: hash}}
	c := spawn(t, 2, func(cfg *coordinator.Config) { cfg.Tables = tables })
	before, err := c.Explain(t.Context(), "select * from u where k = 5")
	require.NoError(t, err)
	lookup[1], keys[0], hash.Buckets[0], hash.Buckets[1] = "s1", "other", "s1", "s0"
	delete(tables, "t")
	after, err := c.Explain(t.Context(), "select * from u where k = 5")
	require.NoError(t, err)
	require.Equal(t, before, after)
	e, err := c.Explain(t.Context(), "select * from t where k = 1")
	require.NoError(t, err)
	require.Equal(t, shards{"s0"}, e.Targets())
}

func TestDeclaredPublicIsLeftOut(t *testing.T) {
	for _, name := range []string{"public.t", "Public.T", "main.t"} {
		_, err := coordinator.Spawn(t.Context(), coordinator.Config{
			Shards: []shardworker.Shard{{ID: "a", DSN: "sqlite::memory:"}}, Tables: coordinator.Tables{name: {Reference: true}},
		})
		require.ErrorIs(t, err, messages.ErrInvalidConfig)
		require.ErrorContains(t, err, "leave out public or main")
	}
}
