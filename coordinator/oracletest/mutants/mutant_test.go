package mutants_test

import (
	"encoding/json"
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
	// usual says that it is in the usual form of the test, and not in the long one only.
	usual bool
	edits []edit
}

// edit is a change of the source. A package is named rather than a file, so that code may move about within it.
type edit struct {
	in            string // the package's directory, below the module's
	find, replace string // find occurs exactly once in the package, tests left out
}

const (
	coordinatorDir = "coordinator"
	statementDir   = "coordinator/statement"
	planDir        = "coordinator/plan"
	mergeDir       = "coordinator/merge"
)

// one is the only edit of a mutant.
func one(in, find, replace string) []edit { return []edit{{in, find, replace}} }

// mutate returns the files of the module at root that the edits change, by path, as they are then.
func mutate(root string, edits []edit) (map[string]string, error) {
	changed := map[string]string{}
	for _, e := range edits {
		path, err := e.file(root, changed)
		if err != nil {
			return nil, err
		}
		text, err := read(path, changed)
		if err != nil {
			return nil, err
		}
		changed[path] = strings.Replace(text, e.find, e.replace, 1)
	}
	return changed, nil
}

// file returns the one file that has what the edit looks for.
func (e edit) file(root string, changed map[string]string) (string, error) {
	paths, err := filepath.Glob(filepath.Join(root, e.in, "*.go"))
	if err != nil {
		return "", err
	}
	found, times := "", 0
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		text, err := read(path, changed)
		if err != nil {
			return "", err
		}
		if n := strings.Count(text, e.find); n > 0 {
			found, times = path, times+n
		}
	}
	switch {
	case times != 1:
		return "", fmt.Errorf("%s has this %d times and not once: correct the mutant\n%s", e.in, times, e.find)
	case e.replace == e.find:
		return "", fmt.Errorf("an edit that changes nothing\n%s", e.find)
	}
	return found, nil
}

func read(path string, changed map[string]string) (string, error) {
	if text, ok := changed[path]; ok {
		return text, nil
	}
	text, err := os.ReadFile(path)
	return string(text), err
}

// overlay writes files to dir, and an overlay for the go command that has them in the place of those at their paths.
func overlay(dir string, files map[string]string) (string, error) {
	list := struct{ Replace map[string]string }{map[string]string{}}
	for path, text := range files {
		copied := filepath.Join(dir, fmt.Sprintf("%d_%s", len(list.Replace), filepath.Base(path)))
		if err := os.WriteFile(copied, []byte(text), 0o600); err != nil {
			return "", err
		}
		list.Replace[path] = copied
	}
	encoded, err := json.Marshal(list)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, encoded, 0o600)
}
