package pgtest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

// ErrNotInstalled reports that no PostgreSQL server was found, neither in PATH nor where distributions put it.
var ErrNotInstalled = errors.New("pgtest: PostgreSQL is not installed (no initdb in PATH or /usr/lib/postgresql/*/bin)")

// installation is where the programs of one PostgreSQL version are.
type installation struct {
	bin string
}

func findInstallation() (installation, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		// Debian's PATH has wrappers only; elsewhere initdb stands beside postgres, perhaps behind a link.
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
		if in := (installation{filepath.Dir(path)}); in.complete() {
			return in, nil
		}
	}
	var found []string
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin", "/opt/homebrew/opt/postgresql*/bin",
	} {
		dirs, _ := filepath.Glob(pattern)
		found = append(found, dirs...)
	}
	sort.Slice(found, func(i, j int) bool { return version(found[i]) > version(found[j]) })
	for _, dir := range found {
		if in := (installation{dir}); in.complete() {
			return in, nil
		}
	}
	return installation{}, ErrNotInstalled
}

func (in installation) program(name string) string { return filepath.Join(in.bin, name) }

func (in installation) complete() bool {
	for _, name := range []string{"initdb", "postgres"} {
		if stat, err := os.Stat(in.program(name)); err != nil || stat.IsDir() {
			return false
		}
	}
	return true
}

// version returns the first number in a path such as /usr/lib/postgresql/15/bin.
func version(dir string) float64 {
	digits := strings.FieldsFunc(dir, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
	if len(digits) == 0 {
		return 0
	}
	v, _ := strconv.ParseFloat(digits[0], 64)
	return v
}
