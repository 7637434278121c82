package profile

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// keep writes the profiles of --raw: into the file itself if there is only one, else next to it, with the test's name, and the run's number
// if there are several.
func (r *runner) keep(res *result) error {
	for run, m := range res.runs {
		name := r.raw
		extension := filepath.Ext(name)
		stem := strings.TrimSuffix(name, extension)
		if len(r.tests) > 1 {
			stem += "." + res.test.name
		}
		if len(res.runs) > 1 {
			stem = fmt.Sprintf("%s.%d", stem, run+1)
		}
		name = stem + extension
		if err := os.WriteFile(name, m.profile, 0o644); err != nil {
			return err
		}
		res.files = append(res.files, name)
	}
	return nil
}

// dumpProfiles has `go tool pprof` print the profiles of a test's runs, added up.
func (r *runner) dumpProfiles(ctx context.Context, res *result, w io.Writer) error {
	var files []string
	for run, m := range res.runs {
		name := filepath.Join(r.stage.Dir, fmt.Sprintf("%s.%d.pprof", res.test.name, run+1))
		if err := os.WriteFile(name, m.profile, 0o600); err != nil {
			return err
		}
		files = append(files, name)
	}
	ways := [][]string{{"-top", sorts[r.sort], "-nodefraction=0", "-nodecount=100000"}}
	if r.callers {
		ways = append(ways, []string{"-peek=.", sorts[r.sort]})
	}
	for _, way := range ways {
		if err := pprofTool(ctx, w, append(way, files...)); err != nil {
			return err
		}
	}
	return nil
}

func pprofTool(ctx context.Context, w io.Writer, args []string) error {
	cmd := exec.CommandContext(ctx, "go", append([]string{"tool", "pprof"}, args...)...)
	var errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = w, &errs
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go tool pprof: %w: %s", err, bytes.TrimSpace(errs.Bytes()))
	}
	return nil
}
