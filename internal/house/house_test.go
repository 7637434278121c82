package house_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/internal/house"
)

var module = os.DirFS("../..")

// TestHouseRules is the check itself: the rules hold for all of this module.
func TestHouseRules(t *testing.T) {
	found, err := house.Check(module)
	require.NoError(t, err)
	for _, f := range found {
		t.Error(f)
	}
}

// TestHouseRulesAreEnforced plants faults into a copy of this module: a check that reads nothing would find none.
func TestHouseRulesAreEnforced(t *testing.T) {
	root := fstest.MapFS{}
	require.NoError(t, fs.WalkDir(module, ".", func(name string, _ fs.DirEntry, err error) error {
		if err == nil && (name == "go.mod" || strings.HasSuffix(name, ".go")) {
			var text []byte
			text, err = fs.ReadFile(module, name)
			root[name] = &fstest.MapFile{Data: text}
		}
		return err
	}))
	root["messages/planted.go"] = &fstest.MapFile{Data: []byte("package messages\n\nimport _ \"github.com/troupedb/troupe/actors\"\n")}
	root["coordinator/planted.go"] = &fstest.MapFile{Data: []byte("package coordinator\n\nfunc Planted() { println() }\n")}

	found, err := house.Check(root)
	require.NoError(t, err)
	var planted []string
	for _, f := range found {
		if strings.HasSuffix(f.Path, "/planted.go") {
			planted = append(planted, f.String())
		}
	}
	assert.Equal(t, []string{
		"coordinator/planted.go:3: a library prints nothing (print)",
		"coordinator/planted.go:3: no comment on Planted (comment)",
		"messages/planted.go:3: github.com/troupedb/troupe/actors: actors stands above messages (import)",
	}, planted)
}

func TestUnreadableSourceIsAnError(t *testing.T) {
	for name, root := range map[string]fstest.MapFS{
		"no go.mod":      {"a.go": {Data: []byte("package a\n")}},
		"no module":      {"go.mod": {Data: []byte("go 1.26\n")}},
		"a syntax error": {"go.mod": {Data: []byte("module example.org/m\n")}, "a.go": {Data: []byte("package\n")}},
	} {
		_, err := house.Check(root)
		assert.Error(t, err, name)
	}
}
