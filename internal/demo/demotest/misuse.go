package demotest

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/internal/demo"
)

// everybodys are command lines that no program takes.
var everybodys = map[string][]string{
	"no value":         {"-dsn"},
	"another argument": {"postgres://user:" + Secret + "@host/asia"},
	"unknown flag":     {"-asia=postgres://user:" + Secret + "@host/asia"},
	"no time to do it": {"-timeout", "0s"},
	"no duration":      {"-timeout", "soon"},
}

// shards are what no program takes whose -dsn is id=url.
var shards = map[string][]string{
	"unknown id":         {"-dsn", "azia=postgres://user:" + Secret + "@host/asia"},
	"no id":              {"-dsn", "postgres://user:" + Secret + "@host/asia"},
	"no url":             {"-dsn", "asia="},
	"neither":            {"-dsn", Secret},
	"id given twice":     {"-dsn", "asia=sqlite:a?" + Secret, "-dsn", "asia=sqlite:b"},
	"url given twice":    {"-dsn", "asia=sqlite:" + Secret, "-dsn", "europe=sqlite:" + Secret},
	"broken PostgreSQL":  {"-dsn", "asia=postgres://user:" + Secret + "@host:port/asia"},
	"broken SQLite":      {"-dsn", "asia=sqlite:x?colour=" + Secret},
	"engine not for SQL": {"-dsn", "asia=mysql://user:" + Secret + "@host/asia"},
}

// oneDatabase are what no program takes whose -dsn is a URL.
var oneDatabase = map[string][]string{
	"two databases":      {"-dsn", "postgres://user:" + Secret + "@host/a", "-dsn", "postgres://user:" + Secret + "@host/b"},
	"no url":             {"-dsn", ""},
	"broken PostgreSQL":  {"-dsn", "postgres://user:" + Secret + "@host:port/asia"},
	"engine not for SQL": {"-dsn", "mysql://user:" + Secret + "@host/asia"},
}

// Misuse runs the program with command lines that it doesn't take: what no program does, and these.
func Misuse(t *testing.T, p demo.Program, own map[string][]string) {
	lines := maps.Clone(everybodys)
	if p.OneDatabase {
		maps.Copy(lines, oneDatabase)
	} else {
		maps.Copy(lines, shards)
	}
	maps.Copy(lines, own)
	for name, args := range lines {
		t.Run(name, func(t *testing.T) {
			status, stdout, stderr := Run(t, p, args...)
			require.Equal(t, demo.Misused, status)
			require.Contains(t, stderr, p.Name+": ")
			require.NotContains(t, stdout, "FAIL")
		})
	}
}

// Help runs the program with -h: it explains these words, beside the flags that all have.
func Help(t *testing.T, p demo.Program, words ...string) {
	status, stdout, stderr := Run(t, p, "-h")
	require.Equal(t, demo.Succeeded, status)
	require.Empty(t, stdout)
	for _, word := range append(words, "-dsn", "-echo", "-explain", "-timeout", "drops") {
		require.Contains(t, stderr, word)
	}
}
