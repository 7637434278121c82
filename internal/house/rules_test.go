package house_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/internal/house"
)

// files is a module's source by path. "M/" in an import stands for the module's own path.
type files map[string]string

const leakTest = "package a_test\n\nimport (\n\t\"testing\"\n\n\t\"go.uber.org/goleak\"\n)\n\n" +
	"func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }\n"

func check(t *testing.T, source files) []string {
	t.Helper()
	root := fstest.MapFS{"go.mod": {Data: []byte("module example.org/m\n\ngo 1.26\n")}}
	for name, text := range source {
		root[name] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(text, `"M/`, `"example.org/m/`))}
	}
	found, err := house.Check(root)
	require.NoError(t, err)
	lines := []string{}
	for _, f := range found {
		lines = append(lines, f.String())
	}
	return lines
}

// importing is a package that imports something, commented as it should be.
func importing(imports ...string) string {
	text := "// Package a is a.\npackage a\n"
	for _, name := range imports {
		text += "import _ \"" + name + "\"\n"
	}
	return text
}

func TestImports(t *testing.T) {
	const (
		pgxpool    = "github.com/jackc/pgx/v5/pgxpool"
		protoactor = "github.com/asynkron/protoactor-go/actor"
		testify    = "github.com/stretchr/testify/require"
		sqlite     = "modernc.org/sqlite"
		meyer      = "github.com/sqlc-dev/meyer/ast"
	)
	for _, c := range []struct {
		file, name string
		problem    string // empty: it is allowed
	}{
		{"messages/a.go", "strings", ""},
		{"messages/a.go", "github.com/jackc/pgx/v5/pgtype", ""},
		{"messages/a.go", "github.com/jackc/pgx/v55", "messages doesn't import it"},
		{"messages/a.go", "github.com/google/uuid", "messages doesn't import it"},
		{"messages/a.go", "M/actors", "actors stands above messages"},
		{"messages/a_test.go", "M/actors", "actors stands above messages"},
		{"messages/a_test.go", testify, ""},
		{"messages/a.go", testify, "messages doesn't import it"},
		{"actors/a.go", protoactor, ""},
		{"actors/a_test.go", protoactor, ""},
		{"actors/a.go", "M/messages", ""},
		{"actors/a.go", "M/shardworker", "shardworker stands above actors"},
		{"actors/a.go", pgxpool, "actors doesn't import it"},
		{"shardworker/a.go", protoactor, "only actors imports protoactor"},
		{"shardworker/a_test.go", protoactor, "only actors imports protoactor"},
		{"bench/a.go", protoactor, "only actors imports protoactor"},
		{"shardworker/a.go", "M/actors", ""},
		{"shardworker/a.go", "M/coordinator", "coordinator stands above shardworker"},
		{"shardworker/postgres/a.go", "M/shardworker", ""},
		{"shardworker/postgres/a.go", pgxpool, ""},
		{"shardworker/postgres/a.go", sqlite, "shardworker/postgres doesn't import it"},
		{"shardworker/sqlite/a.go", sqlite, ""},
		{"shardworker/a.go", sqlite, "shardworker doesn't import it"},
		{"shardworker/backendtest/a.go", testify, ""},
		{"coordinator/a.go", "M/shardworker/sqlite", ""},
		{"coordinator/a.go", "M/shardworker/backendtest", "only tests, examples and benchmarks import it"},
		{"coordinator/a.go", "M/internal/pgtest", "only tests, examples and benchmarks import it"},
		{"coordinator/a_test.go", "M/internal/pgtest", ""},
		{"coordinator/a.go", "M/coordinator/statement", ""},
		{"coordinator/a.go", "M/internal/ring", ""},
		{"coordinator/a.go", "M/internal/house", "internal/house is for its own test"},
		{"coordinator/a.go", "M/bench", "nothing imports bench"},
		{"coordinator/a_test.go", "M/examples/async", "nothing imports examples"},
		{"coordinator/a.go", meyer, "coordinator doesn't import it"},
		{"coordinator/statement/a.go", meyer, "coordinator/statement doesn't import it"},
		{"coordinator/statement/sqlite/a.go", meyer, ""},
		{"coordinator/merge/a.go", "M/coordinator/statement", "coordinator/merge doesn't import it"},
		{"coordinator/plan/a.go", "M/coordinator/merge", ""},
		{"coordinator/statement/a.go", "M/shardworker", "coordinator/statement doesn't import it"},
		{"coordinator/statement/a_test.go", sqlite, ""},
		{"internal/pgtest/a.go", "github.com/jackc/pgx/v5", ""},
		{"internal/pgtest/a.go", "M/messages", "internal packages know no storey of the house"},
		{"internal/demo/a.go", "M/coordinator", ""},
		{"internal/demo/a.go", "M/examples/async", "nothing imports examples"},
		{"internal/demo/a.go", testify, "internal/demo doesn't import it"},
		{"internal/demo/demotest/a.go", testify, ""},
		{"coordinator/a.go", "M/internal/demo", "only tests, examples and benchmarks import it"},
		{"examples/async/a.go", "M/internal/demo/weather", ""},
		{"examples/async/a.go", "M/coordinator", ""},
		{"examples/async/a.go", "M/internal/pgtest", ""},
		{"examples/async/a.go", "M/examples/async/weather", ""},
		{"examples/async/a.go", "M/examples/separatetables", "nothing imports examples"},
		{"bench/a.go", "M/examples/async", "nothing imports examples"},
		{"bench/a.go", sqlite, ""},
	} {
		name := strings.Replace(c.name, "M/", "example.org/m/", 1)
		source := files{c.file: importing(c.name)}
		if strings.HasSuffix(c.file, "_test.go") {
			source[c.file] = strings.Replace(source[c.file], "package a", "package a_test", 1)
			source[strings.Replace(c.file, "a_test", "main_test", 1)] = leakTest
		}
		want := []string{}
		if c.problem != "" {
			want = append(want, c.file+":3: "+name+": "+c.problem)
		}
		found := check(t, source)
		for i := range found {
			found[i] = strings.TrimSuffix(found[i], " (import)")
			found[i] = strings.TrimSuffix(found[i], ": see the picture in internal/house/imports.go")
		}
		assert.Equal(t, want, found, "%s imports %s", c.file, c.name)
	}
}

// body is a file of package a that imports something and declares something from line 9 on.
func body(declarations string, imports ...string) string {
	text := "// Package a is a.\npackage a\n\nimport (\n"
	for _, name := range imports {
		text += "\t\"" + name + "\"\n"
	}
	for i := len(imports); i < 3; i++ {
		text += "\n"
	}
	return text + ")\n" + declarations
}

func TestRules(t *testing.T) {
	const at = "coordinator/a.go"
	for name, c := range map[string]struct {
		source files
		want   []string
	}{
		"protoactor in a signature": {
			files{"actors/a.go": body(`
// Wrap may.
func Wrap(s *actor.ActorSystem) *System { return nil }

// Spawn must not.
func Spawn(p *actor.Props) func() actor.PID { return nil }

func inside(p *actor.Props) {}

// System has a secret.
type System struct {
	system *actor.ActorSystem
	// PID isn't one.
	PID *actor.PID
}

// Wrap is not the function Wrap.
func (s *System) Wrap(*actor.PID) { _ = actor.Nothing }

type process struct{ *actor.PID }

func (p process) Tell(*actor.PID) {}
`, "github.com/asynkron/protoactor-go/actor")},
			[]string{
				"actors/a.go:14: a public signature shows protoactor's Props (signature)",
				"actors/a.go:14: a public signature shows protoactor's PID (signature)",
				"actors/a.go:22: a public signature shows protoactor's PID (signature)",
				"actors/a.go:26: a public signature shows protoactor's PID (signature)",
			},
		},
		"a library that sleeps": {
			files{at: body("func f() { time.Sleep(1) }\n", "time"), "examples/async/b.go": body("func f() { time.Sleep(1) }\n", "time")},
			[]string{"coordinator/a.go:9: a library waits under a context, it doesn't sleep (sleep)"},
		},
		"a test that sleeps": {
			files{"bench/main_test.go": leakTest, "bench/a_test.go": body(`
func TestBubble(t *testing.T) { synctest.Test(t, func(*testing.T) { time.Sleep(1) }) }
func TestNap(t *testing.T) { time.Sleep(1) }
func TestNamed(t *testing.T) { nap := time.Sleep; nap(1) }
`, "testing", "testing/synctest", "time")},
			[]string{
				"bench/a_test.go:11: a test waits for a signal, it doesn't sleep (sleep)",
				"bench/a_test.go:12: a test waits for a signal, it doesn't sleep (sleep)",
			},
		},
		"a test whose helpers sleep": {
			files{"bench/main_test.go": leakTest, "bench/a_test.go": body(`
func TestBubble(t *testing.T) {
	bubble(t, func(t *testing.T) { time.Sleep(1); inside(); both() })
	synctest.Test(t, named)
	both()
}
func bubble(t *testing.T, f func(*testing.T)) {
	time.Sleep(1)
	synctest.Test(t, func(t *testing.T) { time.Sleep(1); f(t) })
}
func named(t *testing.T) { time.Sleep(1) }
func inside()            { time.Sleep(1); deeper() }
func deeper()            { time.Sleep(1) }
func both()              { time.Sleep(1); fromBoth() }
func fromBoth()          { time.Sleep(1) }
func unused()            { time.Sleep(1) }

var table = []func(){func() { time.Sleep(1) }}
`, "testing", "testing/synctest", "time")},
			[]string{
				"bench/a_test.go:16: a test waits for a signal, it doesn't sleep (sleep)",
				"bench/a_test.go:22: a test waits for a signal, it doesn't sleep (sleep)",
				"bench/a_test.go:23: a test waits for a signal, it doesn't sleep (sleep)",
				"bench/a_test.go:24: a test waits for a signal, it doesn't sleep (sleep)",
				"bench/a_test.go:26: a test waits for a signal, it doesn't sleep (sleep)",
			},
		},
		"another's Sleep": {files{at: body("func f(time sleeper) { time.Sleep(1) }\n")}, nil},
		"a renamed Sleep": {
			files{at: "// Package a is a.\npackage a\n\nimport clock \"time\"\n\nfunc f() { clock.Sleep(1) }\n"},
			[]string{"coordinator/a.go:6: a library waits under a context, it doesn't sleep (sleep)"},
		},
		"allowances": {
			files{at: body(`
func a() { time.Sleep(1) } //house:allow sleep: the kernel offers no signal
func b() { time.Sleep(1) }
//house:allow sleep: the kernel offers no signal
func c() { time.Sleep(1) }
func d() { time.Sleep(1) }
//house:allow print: the kernel offers no signal
func e() { time.Sleep(1) }
func f() { time.Sleep(1) } //house:allow sleep
`, "time")},
			[]string{
				"coordinator/a.go:11: a library waits under a context, it doesn't sleep (sleep)",
				"coordinator/a.go:14: a library waits under a context, it doesn't sleep (sleep)",
				"coordinator/a.go:15: allows nothing: nothing here breaks the rule print (allow)",
				"coordinator/a.go:16: a library waits under a context, it doesn't sleep (sleep)",
				`coordinator/a.go:17: say why: "//house:allow RULE: reason" (allow)`,
			},
		},
		"tests that don't look for leaks": {
			files{
				"actors/a_test.go":      "package a_test\n",
				"actors/main_test.go":   "package a_test\n\nimport \"testing\"\n\nfunc TestMain(m *testing.M) { m.Run() }\n",
				"bench/a_test.go":       "package a_test\n",
				"bench/leak_test.go":    leakTest,
				"messages/main_test.go": strings.Replace(leakTest, "TestMain", "TestOther", 1),
			},
			[]string{
				"actors/a_test.go:1: no TestMain in this package calls goleak.VerifyTestMain: a main_test.go of three lines does (leak)",
				"messages/main_test.go:1: no TestMain in this package calls goleak.VerifyTestMain: a main_test.go of three lines does (leak)",
			},
		},
		"a library that prints": {
			files{at: body(`
func a() { fmt.Println(); fmt.Fprintln(w); _ = fmt.Sprint() }
func b() { println() }
func c() { os.Exit(1) }
var out = os.Stdout
`, "fmt", "log", "os")},
			[]string{
				"coordinator/a.go:6: log with log/slog, to the logger that was configured (print)",
				"coordinator/a.go:10: a library prints nothing (print)",
				"coordinator/a.go:11: a library prints nothing (print)",
				"coordinator/a.go:12: a library doesn't end the process (print)",
				"coordinator/a.go:13: a library prints nothing (print)",
			},
		},
		"a program that prints": {
			files{"examples/async/main.go": "// Async shows it.\npackage main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println() }\n"},
			nil,
		},
		"names that say nothing": {
			files{
				"actors/main_test.go":        leakTest,
				"actors/a.go":                body("var a int\n"),
				"actors/b_test.go":           "package a\n",
				"actors/b_internal_test.go":  "package a\n",
				"actors/b_types.go":          "package a\n",
				"actors/usertype.go":         "package a\n",
				"actors/manager_linux.go":    "package a\n",
				"coordinator/a.go":           body("type shardManager int\n\ntype ShardActor int // Out.\n\n// Actor may.\ntype Actor int\n"),
				"coordinator/utils/a.go":     body(""),
				"messages/main_test.go":      leakTest,
				"messages/a.go":              body(""),
				"messages/export_test.go":    "package a\n",
				"shardworker/main_test.go":   leakTest,
				"shardworker/a.go":           body("", "errors"),
				"shardworker/fake/doc.go":    importing(),
				"shardworker/fake/a_test.go": "package a\n" + leakTest[len("package a_test\n"):],
			},
			[]string{
				`actors/b_test.go:1: a test inside a is in a file …_internal_test.go; others are in package a_test (name)`,
				`actors/b_types.go:1: a file is named for a concept, and "types" is none (name)`,
				`actors/manager_linux.go:1: a file is named for a concept, and "manager" is none (name)`,
				`coordinator/a.go:9: the name shardManager ends in Manager, which says nothing (name)`,
				`coordinator/a.go:11: the name ShardActor ends in Actor, which says nothing (name)`,
				`coordinator/a.go:11: no comment on ShardActor (comment)`,
				`coordinator/utils/a.go:1: "utils" names no concept (name)`,
			},
		},
		"a long file": {
			files{at: body(strings.Repeat("\n", 492)), "coordinator/b.go": body(strings.Repeat("\n", 493))},
			[]string{"coordinator/b.go:1: 501 lines: split it, 500 is the limit (length)"},
		},
		"no comments": {
			files{at: `package a

import "errors"

var Err = errors.New("x")

var (
	ErrA = errors.New("a") // ErrA is a.
	// ErrB is b.
	ErrB = errors.New("b")
	ErrC = errors.New("c")
)

// The group has one.
const (
	One = iota
	Two
)

type T struct {
	A int

	// B and C are explained.
	B int
	C int

	D int
	E int // E is, too.
	f int
}

func (t T) M()             {}
func (t *T) Error() string { return "" }
func (g *generic[K]) M()   {}
func F()                   {}

// I is an interface.
type I interface {
	M()

	Other()
}

//go:noinline
func G() {}
`},
			[]string{
				"coordinator/a.go:1: no comment says what package a is (comment)",
				"coordinator/a.go:5: no comment on Err (comment)",
				"coordinator/a.go:11: no comment on ErrC (comment)",
				"coordinator/a.go:20: no comment on T (comment)",
				"coordinator/a.go:27: no comment on T.D (comment)",
				"coordinator/a.go:32: no comment on M (comment)",
				"coordinator/a.go:35: no comment on F (comment)",
				"coordinator/a.go:41: no comment on I.Other (comment)",
				"coordinator/a.go:45: no comment on G (comment)",
			},
		},
		"a nested module": {
			files{
				"coordinator/oracle/go.mod": "module example.org/m/coordinator/oracle\n",
				"coordinator/oracle/a.go":   importing("example.org/heavy", "github.com/asynkron/protoactor-go/actor"),
			},
			[]string{"coordinator/oracle/a.go:4: github.com/asynkron/protoactor-go/actor: only actors imports protoactor (import)"},
		},
		"what isn't ours": {
			files{
				"coordinator/testdata/utils.go": "package utils\n",
				".git/utils.go":                 "package utils\n",
				"_old/utils.go":                 "package utils\n",
			},
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if c.want == nil {
				c.want = []string{}
			}
			assert.Equal(t, c.want, check(t, c.source))
		})
	}
}
