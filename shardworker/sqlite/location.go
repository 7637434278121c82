package sqlite

import (
	"os"
	"path/filepath"
)

// Location returns "sqlite:" and the absolute path of the file without symbolic links, whether it is there yet or not;
// for a database in memory, "sqlite:memory:" and its name, or "" if it has none and so no other backend. Two hard links to
// one file, or two mounts of one directory, aren't seen to be the same.
func (b *Backend) Location() string {
	switch {
	case b.cfg.Mode != Memory:
		return "sqlite:" + withoutLinks(b.file, maxLinks)
	case b.cfg.Path != "":
		return "sqlite:memory:" + b.cfg.Path
	default:
		return ""
	}
}

// maxLinks is how many links to what isn't there are followed.
const maxLinks = 40

// withoutLinks resolves the symbolic links in an absolute path, as far as there are files.
func withoutLinks(path string, links int) string {
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		return resolved
	}
	dir, name := filepath.Dir(path), filepath.Base(path)
	if dir == path || links == 0 {
		return path
	}
	if target, err := os.Readlink(path); err == nil { // SQLite makes the file that the link names
		if !filepath.IsAbs(target) {
			target = filepath.Join(withoutLinks(dir, links-1), target)
		}
		return withoutLinks(target, links-1)
	}
	return filepath.Join(withoutLinks(dir, links), name)
}
