package mutants_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/troupedb/troupe/messages"
)

// mutant is a rule that is broken.
type mutant struct {
	name string
	// dialect is the one in which the oracle has to find it.
	dialect messages.Dialect
	edits   []edit
}

// edit is a change of the source. A package is named rather than a file, so that code may move about within it.
type edit struct {
	in            string // the package's directory, below the module's
	find, replace string // find occurs exactly once in the package, tests left out
}

const (
	coordinatorDir = "coordinator"
	statementDir   = "coordinator/statement"
	keysetDir      = "coordinator/statement/keyset"
	planDir        = "coordinator/plan"
	mergeDir       = "coordinator/merge"
)

// one is the only edit of a mutant.
func one(in, find, replace string) []edit { return []edit{{in, find, replace}} }

// file returns the path and the text of the one file that has what the edit looks for, in the module at root.
func (e edit) file(root string) (path, text string, err error) {
	paths, err := filepath.Glob(filepath.Join(root, e.in, "*.go"))
	if err != nil {
		return "", "", err
	}
	times := 0
	for _, p := range paths {
		if strings.HasSuffix(p, "_test.go") {
			continue
		}
		read, err := os.ReadFile(p)
		if err != nil {
			return "", "", err
		}
		if n := strings.Count(string(read), e.find); n > 0 {
			path, text, times = p, string(read), times+n
		}
	}
	if times != 1 || e.find == e.replace {
		return "", "", fmt.Errorf("package %s has this %d times and not once, or it stays as it is: correct the mutant\n%s", e.in, times, e.find)
	}
	return path, text, nil
}
