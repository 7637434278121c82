package report

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/troupedb/troupe/bench/results"
)

const module = "github.com/troupedb/troupe"

// ErrPage says that the program that makes the page can't be built or has failed.
var ErrPage = errors.New("make the page")

// Page returns a run as one page of HTML that needs nothing else. It builds and runs the program in the nested module page, which must be
// beside this package's source, and waits for its end.
func Page(ctx context.Context, run *results.Run) ([]byte, error) {
	dir, err := source(ctx)
	if err != nil {
		return nil, err
	}
	var data bytes.Buffer
	if err := results.Write(&data, run); err != nil {
		return nil, err
	}
	cmd := command(ctx, "-C", dir, "run", ".")
	cmd.Stdin = &data
	return output(cmd)
}

// source finds the nested module's directory.
func source(ctx context.Context) (string, error) {
	out, err := output(command(ctx, "list", "-f", "{{.Dir}}", module+"/bench/report"))
	if err != nil {
		return "", fmt.Errorf("the source of %s isn't here: %w", module, err)
	}
	dir := filepath.Join(strings.TrimSpace(string(out)), "page")
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		return "", fmt.Errorf("%w: it takes a checkout of %s: %w", ErrPage, module, err)
	}
	return dir, nil
}

func command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), "GOWORK=off") // a workspace of the user's doesn't know the module
	cmd.WaitDelay = 5 * time.Second              // what it has started may keep the pipes open
	return cmd
}

// output runs a command and returns what it printed; its complaints are in the error.
func output(cmd *exec.Cmd) ([]byte, error) {
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%w: %s: %w\n%s", ErrPage, strings.Join(cmd.Args, " "), err, strings.TrimSpace(complaints.String()))
	}
	return out.Bytes(), nil
}
