package pgtest

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
)

// initdbFlags are part of the template's name: change them and a new template is made. Small WAL segments make the
// template, and with it each copy, a third as large.
var initdbFlags = []string{
	"--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--wal-segsize=1",
}

// template returns a data directory that no server ever ran on. initdb takes a second, a copy a third of that, so the
// template is kept in the machine's temporary directory for the tests to come.
func template(in installation, as account) (string, error) {
	home := filepath.Join(os.TempDir(), "troupe-pgtest-"+strconv.Itoa(os.Geteuid()))
	if err := privateDir(home); err != nil {
		return "", err
	}
	sum := fnv.New64a()
	binary, err := os.Stat(in.program("postgres"))
	if err != nil {
		return "", err
	}
	_, _ = fmt.Fprint(sum, in.bin, binary.ModTime().UnixNano(), binary.Size(), as, initdbFlags)
	ready := filepath.Join(home, fmt.Sprintf("template-%016x", sum.Sum64()))
	if _, err := os.Stat(ready); err == nil {
		return ready, nil
	}
	work, err := os.MkdirTemp(home, "initdb-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(work) }()
	if err := as.own(work); err != nil {
		return "", err
	}
	data := filepath.Join(work, "data")
	cmd := exec.Command(in.program("initdb"), append([]string{"-D", data}, initdbFlags...)...)
	as.assume(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("pgtest: initdb: %w\n%s", err, out)
	}
	// Another process may have been faster: its template is as good.
	if err := os.Rename(data, ready); err != nil && !errors.Is(err, fs.ErrExist) && !errors.Is(err, syscall.ENOTEMPTY) {
		return "", err
	}
	return ready, nil
}

// privateDir makes a directory that others may pass through but not write to, and refuses one that somebody else made:
// names in the temporary directory can be guessed.
func privateDir(path string) error {
	if err := os.Mkdir(path, 0o711); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	stat, err := os.Lstat(path)
	if err != nil {
		return err
	}
	owner, ok := stat.Sys().(*syscall.Stat_t)
	if !stat.IsDir() || !ok || int(owner.Uid) != os.Geteuid() {
		return fmt.Errorf("pgtest: %s belongs to somebody else", path)
	}
	return os.Chmod(path, 0o711)
}
