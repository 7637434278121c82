package house

import "strings"

const (
	pgx        = "github.com/jackc/pgx/v5"
	protoactor = "github.com/asynkron/protoactor-go"
	modernc    = "modernc.org"
	meyer      = "github.com/sqlc-dev/meyer"
	uuid       = "github.com/google/uuid"
	testify    = "github.com/stretchr/testify"
	goleak     = "go.uber.org/goleak"
	rapid      = "pgregory.net/rapid"
)

// storey is a directory and what its packages may import beside the standard library and what is below the same storey:
// directories of this module, and modules of others. docs/architecture.md has the picture.
type storey struct {
	dir string
	may []string
}

// picture is the whole house. The longest dir that a package is in counts. What isn't listed may import what it likes,
// but for protoactor, and so may a nested module: its dependencies are not our users'. A new dependency needs a line here, and a reason in the commit.
var picture = []storey{
	{"messages", []string{pgx}},
	{"actors", []string{"messages", protoactor}},
	{"shardworker", []string{"actors", "messages", pgx}},
	{"shardworker/postgres", []string{"shardworker", "actors", "messages", pgx}},
	{"shardworker/sqlite", []string{"shardworker", "actors", "messages", pgx, modernc}},
	{"shardworker/fake", []string{"shardworker", "actors", "messages", pgx}},
	{"shardworker/backendtest", []string{"shardworker", "actors", "messages", pgx, testify, goleak, rapid}},
	{"coordinator", []string{"shardworker", "actors", "messages", pgx}},
	{"coordinator/ids", []string{"coordinator", "messages", pgx, uuid}},
	{"coordinator/mapping", []string{"messages", pgx}},
	{"coordinator/session", []string{"coordinator", "actors", "messages", pgx}},
	{"coordinator/statement", []string{"messages", pgx}},
	{"coordinator/statement/sqlite", []string{"coordinator/statement/tree", "messages", meyer}},
	{"coordinator/merge", []string{"messages", pgx}},
	{"coordinator/translate", []string{"coordinator/statement", "shardworker", "messages", pgx}},
	{"coordinator/plan", []string{"coordinator/statement", "coordinator/merge", "messages", pgx}},
	{"internal", []string{pgx}},
	{"internal/demo", []string{"coordinator", "shardworker", "messages", pgx}},
	{"internal/demo/demotest", []string{"messages", testify}},
}

// storeys from the ground up. Tests may import any module, but keep the order too: no test looks at a storey above.
var storeys = []string{"messages", "actors", "shardworker", "coordinator"}

// attics stand on top of all storeys, and side by side: none of them imports another, and nothing imports them.
var attics = []string{"examples", "bench", "scripts"}

// scaffolds are packages that only tests, examples and benchmarks import.
var scaffolds = []string{"internal/pgtest", "internal/demo", "shardworker/backendtest", "shardworker/fake", "coordinator/oracletest"}

func checkImports(t *tree, report reporter) {
	for _, f := range t.files {
		for _, spec := range f.syntax.Imports {
			name := importPath(spec)
			if problem := t.wrongImport(f, name); problem != "" {
				report(f, f.line(spec.Pos()), "%s: %s", name, problem)
			}
		}
	}
}

func (t *tree) wrongImport(f *file, name string) string {
	own, isOwn := t.own(name)
	switch {
	case isOwn:
		return wrongOwnImport(f, own)
	case within(name, protoactor) && !f.in("actors"):
		return "only actors imports protoactor"
	case f.test || f.nested || isStandard(name):
		return ""
	}
	s := storeyOf(f.dir)
	if s == nil || permits(s, name) {
		return ""
	}
	return s.dir + " doesn't import it: see the picture in internal/house/imports.go"
}

func wrongOwnImport(f *file, own string) string {
	from, to := rank(f.dir), rank(own)
	switch {
	case inAny(own, attics) && !sameAttic(f.dir, own):
		return "nothing imports " + top(own)
	case within(own, "internal/house") && !f.in("internal/house"):
		return "internal/house is for its own test"
	case inAny(own, scaffolds) && !f.test && !inAny(f.dir, scaffolds) && !inAny(f.dir, attics):
		return "only tests, examples and benchmarks import it"
	case from >= 0 && to > from:
		return top(own) + " stands above " + top(f.dir)
	case f.in("internal") && !f.in("internal/demo") && to >= 0 && !f.nested: // what the examples share is on top of the house, as they are
		return "internal packages know no storey of the house"
	case f.test || f.nested:
		return ""
	}
	s := storeyOf(f.dir)
	if s == nil || top(own) == s.dir || within(own, s.dir) || permits(s, own) || inAny(own, []string{"internal"}) {
		return ""
	}
	return s.dir + " doesn't import it: see the picture in internal/house/imports.go"
}

// own returns an import's directory if it is a package of this module.
func (t *tree) own(name string) (string, bool) {
	if name == t.module {
		return ".", true
	}
	return strings.CutPrefix(name, t.module+"/")
}

func isStandard(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	return name != "C" && !strings.Contains(first, ".")
}

func storeyOf(dir string) *storey {
	var best *storey
	for i := range picture {
		if s := &picture[i]; within(dir, s.dir) && (best == nil || len(s.dir) > len(best.dir)) {
			best = s
		}
	}
	return best
}

func permits(s *storey, name string) bool { return inAny(name, s.may) }

func rank(dir string) int {
	for i, s := range storeys {
		if within(dir, s) {
			return i
		}
	}
	return -1
}

func inAny(name string, dirs []string) bool {
	for _, dir := range dirs {
		if within(name, dir) {
			return true
		}
	}
	return false
}

// sameAttic reports whether both are of one example, or of one attic that isn't divided.
func sameAttic(a, b string) bool {
	if within(a, "examples") && within(b, "examples") {
		return top(strings.TrimPrefix(a, "examples/")) == top(strings.TrimPrefix(b, "examples/"))
	}
	return top(a) == top(b)
}

func top(dir string) string {
	first, _, _ := strings.Cut(dir, "/")
	return first
}
