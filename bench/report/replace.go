package report

import (
	"errors"
	"os"
	"path/filepath"
)

// replace gives a file a new content, all of it or nothing, and leaves its permissions as they are.
func replace(name string, content []byte) (err error) {
	mode := os.FileMode(0o644)
	old, err := os.Stat(name)
	switch {
	case err == nil && !old.Mode().IsRegular(): // such as /dev/stdout
		return os.WriteFile(name, content, mode)
	case err == nil:
		mode = old.Mode().Perm()
	case !errors.Is(err, os.ErrNotExist):
		return err
	}
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target // or the link would be replaced
	}
	file, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	_, err = file.Write(content)
	if err = errors.Join(err, file.Chmod(mode), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), name)
}
