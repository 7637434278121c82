package ids_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/ids"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

func TestTableConfigIsChecked(t *testing.T) {
	one := spawn(t, shardworker.Shard{ID: "s0", DSN: "sqlite::memory:"})
	two := spawn(t, shardworker.Shard{ID: "s0", DSN: "sqlite::memory:"}, shardworker.Shard{ID: "s1", DSN: "sqlite::memory:"})
	for name, test := range map[string]struct {
		troupe *coordinator.Troupe
		cfg    ids.TableConfig
		says   string // empty: it is right
	}{
		"all defaults":        {one, ids.TableConfig{}, ""},
		"a shard":             {two, ids.TableConfig{Shard: "s1"}, ""},
		"a name":              {one, ids.TableConfig{Table: `Strange "name"`}, ""},
		"schema and name":     {one, ids.TableConfig{Table: "main.numbers"}, ""},
		"smallest block":      {one, ids.TableConfig{Block: 1}, ""},
		"largest block":       {one, ids.TableConfig{Block: 1 << 20}, ""},
		"no troupe":           {nil, ids.TableConfig{}, "no troupe"},
		"no shard":            {two, ids.TableConfig{}, "no Shard"},
		"unknown shard":       {two, ids.TableConfig{Shard: "s2"}, "s2"},
		"negative block":      {one, ids.TableConfig{Block: -1}, "Block"},
		"block too large":     {one, ids.TableConfig{Block: 1<<20 + 1}, "Block"},
		"three parts":         {one, ids.TableConfig{Table: "a.b.c"}, "a.b.c"},
		"no name":             {one, ids.TableConfig{Table: "main."}, "main."},
		"no schema":           {one, ids.TableConfig{Table: ".a"}, ".a"},
		"NUL":                 {one, ids.TableConfig{Table: "a\x00b"}, `a\x00b`},
		"more than PG can do": {one, ids.TableConfig{Table: strings.Repeat("a", 64)}, "63 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			table, err := ids.NewTable(test.troupe, test.cfg)
			if test.says == "" {
				require.NoError(t, err)
				require.NoError(t, table.Create(t.Context()))
				got, err := table.Next(t.Context(), name, 2)
				require.NoError(t, err)
				require.Equal(t, []any{int64(1), int64(2)}, got)
				return
			}
			require.ErrorIs(t, err, messages.ErrInvalidConfig)
			require.ErrorContains(t, err, test.says)
			require.Equal(t, name == "unknown shard", isUnknown(err))
			require.Nil(t, table)
		})
	}
}
