package shardworker_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/shardworker"
)

func TestDSNIsRedacted(t *testing.T) {
	const dsn = shardworker.DSN("postgres://app:hunter2@db.example/app")
	shard := shardworker.Shard{ID: "asia", DSN: dsn}
	values := map[string]any{
		"a DSN": dsn, "a shard": shard, "a pointer": &shard, "shards": []shardworker.Shard{shard},
		"a map": map[shardworker.DSN]shardworker.DSN{dsn: dsn}, "an any": struct{ V any }{dsn},
	}
	var out strings.Builder
	check := func(how string) {
		t.Helper()
		require.NotContains(t, out.String(), "hunter2", how)
		require.NotContains(t, out.String(), fmt.Sprintf("%x", "hunter2"), how)
		require.NotContains(t, out.String(), fmt.Sprintf("%X", "hunter2"), how)
		out.Reset()
	}
	for name, value := range values {
		for verb := 'A'; verb <= 'z'; verb++ {
			if verb == 'w' || verb == 'p' {
				continue // fmt asks no Formatter for these; go vet refuses both
			}
			for _, flags := range []string{"", "+", "#", "-30", "030", " ", ".3", "[1]"} {
				fmt.Fprintf(&out, "%"+flags+string(verb), value)
				check(name + " with %" + flags + string(verb))
			}
		}
		if name == "a map" {
			continue // encoding/json takes a key that is a string as it is
		}
		fmt.Fprint(&out, value)
		fmt.Fprintln(&out, value)
		check(name)
		for _, handler := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
			logger := slog.New(handler)
			logger.Info("opened", "value", value)
			logger.With("value", value).WithGroup("g").Info("opened", slog.Any("value", value))
			require.Contains(t, out.String(), "opened")
			check(name + " in a log")
		}
		encoded, err := json.Marshal(value)
		require.NoError(t, err)
		out.Write(encoded)
		check(name + " as JSON")
	}
	require.Equal(t, "[redacted]", dsn.String())
	require.Contains(t, fmt.Sprintf("%+v", shard), "DSN:[redacted]")
}
