package postgresql_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement/postgresql"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/internal/pgtest"
)

func connect(t *testing.T) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), pgtest.Shared(t).DSN())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close(context.WithoutCancel(t.Context()))) })
	return conn
}

// TestKeywordsAreTheServers prints the lines of keyword_words.go if they differ.
func TestKeywordsAreTheServers(t *testing.T) {
	conn := connect(t)
	var version int
	require.NoError(t, conn.QueryRow(t.Context(), "select current_setting('server_version_num')::int / 10000").Scan(&version))
	if version != 15 {
		t.Skipf("the keywords are those of PostgreSQL 15, the server is %d", version)
	}
	for i, class := range []string{"U", "C", "T", "R"} {
		var words string
		require.NoError(t, conn.QueryRow(t.Context(), `select string_agg(word || case when barelabel then '' else '-' end, ' '
			order by word) from pg_get_keywords() where catcode = $1`, class).Scan(&words))
		require.ElementsMatch(t, strings.Fields(words), strings.Fields(postgresql.KeywordWords[i]), "class %s: %s", class, words)
	}
}

// TestConstantsAreTheServers compares what constants mean with what the server makes of them.
func TestConstantsAreTheServers(t *testing.T) {
	conn := connect(t)
	for _, text := range []string{
		`'it''s'`, `''`, `''''`, `'a\n'`, `'a'` + "\n" + `'b'`, `'a' -- ' comment` + "\n\t" + `'b''c'`, `'a''' ` + "\n" + ` '''b'`,
		`E'a\nb\tc\\d\'e''f'`, `E'\x41\x4a\101\7x'`, `E'\u00e9\U0001F600'`, `E'\ud83d\ude00'`, `E'\xc3\xa9'`, `E'\q\b\f\r' `,
		`E'\1'` + "\n" + `'2'`, `e'a'` + "\n" + `'\n'`, `E'\xzz'`, `E'\0601'`,
		`$$a'b$c$$`, `$x$a$$b$x$`, `$été$a$été$`, "$$\n$$", "'line\r\nbreak'",
		`U&'d\0061t\+000061'`, `U&'\d83d\de00'`, `U&'a\\b'`, `U&'d!0061!!' UESCAPE '!'`, `U&'d!0061' -- x` + "\n" + ` uescape '!'`,
		`U&'a''\0061'`, `u&'\00e9'`, `'é' `,
	} {
		var want string
		require.NoError(t, conn.QueryRow(t.Context(), "select ("+text+")::text").Scan(&want), text)
		s, err := postgresql.Parse("select " + text)
		require.NoError(t, err, text)
		n := s.Root.(*tree.Query).Body.(*tree.Block).Targets[0].X.(*tree.Literal)
		require.Equal(t, want, n.Value, text)
		require.Equal(t, strings.TrimSpace(text), n.Of(s.Text), text)
	}
	for _, text := range []string{
		"0", "1", "007", "08", "9223372036854775807", "9223372036854775808", "1.5", ".5", "5.", "1e3", "1.5E-3", "1e+2", "00.1",
	} {
		var want string
		require.NoError(t, conn.QueryRow(t.Context(), "select ("+text+")::numeric::text").Scan(&want), text)
		s, err := postgresql.Parse("select " + text)
		require.NoError(t, err, text)
		var got string
		value := fmt.Sprint(s.Root.(*tree.Query).Body.(*tree.Block).Targets[0].X.(*tree.Literal).Value)
		require.NoError(t, conn.QueryRow(t.Context(), "select ("+value+")::numeric::text").Scan(&got), text)
		require.Equal(t, want, got, text)
	}
}

// TestInvalidConstants: the server refuses them, and so do we, for certain.
func TestInvalidConstants(t *testing.T) {
	conn := connect(t)
	for _, text := range []string{
		`E'\u12'`, `E'\ud83d'`, `E'\ud83dx'`, `E'\ude00'`, `E'\xff'`, `E'\0'`, `E'\U00110000'`, `U&'\12'`, `U&'\d83d'`, `U&'\+110000'`,
		`U&'\0000'`, `U&'a' UESCAPE '+'`, `U&'a' UESCAPE 'ab'`, `U&'a' UESCAPE 'a'`, `'a`, `$$a`, `$a$a$b$`, `"`, `""`, `U&""`, `1a`, `1.5a`, `0x`,
		`1e`, `1e+`, `$1a`, `/* /* */`, `a @@#~!%^&|?@#~!%^&|?@#~!%^&|?@#~!%^&|?@#~!%^&|?@#~!%^&|?@#~!%^&|? b`, `\a`,
		`'a' 'b'`, `'a' /* x */` + "\n" + `'b'`, `$`, `$a`,
	} {
		_, err := conn.Exec(t.Context(), "select "+text, pgx.QueryExecModeSimpleProtocol)
		require.Error(t, err, text)
		_, err = postgresql.Parse("select " + text)
		var e *tree.Error
		require.ErrorAs(t, err, &e, text)
		require.False(t, e.Unsupported, text)
	}
}

// TestNamesAreTheServers compares what names become with what the server calls an output column.
func TestNamesAreTheServers(t *testing.T) {
	conn := connect(t)
	for _, text := range []string{
		`Abc`, `"Abc"`, `"a""b"`, `ÉTÉ`, `"ÉTÉ"`, `a$1`, `_a`, `U&"d\0061t"`, `U&"d!0061" uescape '!'`, `Zeit_` + strings.Repeat("é", 40),
		`"` + strings.Repeat("x", 62) + `é"`, strings.Repeat("A", 64), `U&"` + strings.Repeat(`\00e9`, 40) + `"`, `"select"`, `SELECT`,
		`"a b.c"`, `日本`,
	} {
		rows, err := conn.Query(t.Context(), "select 1 as "+text)
		require.NoError(t, err, text)
		want := rows.FieldDescriptions()[0].Name
		rows.Close()
		s, err := postgresql.Parse("select 1 as " + text)
		require.NoError(t, err, text)
		alias := s.Root.(*tree.Query).Body.(*tree.Block).Targets[0].Alias
		require.Equal(t, want, alias.Name, text)
		require.Equal(t, text, alias.Of(s.Text), text)
		require.Equal(t, strings.Contains(text, `"`), alias.Quoted, text)
	}
}
