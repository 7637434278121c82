package compare

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/troupedb/troupe/bench/compare/sqlpeer"
)

// child is a process that answers requests, a line of JSON each.
type child struct {
	cmd      *exec.Cmd
	in       io.WriteCloser
	requests *json.Encoder
	answers  *json.Decoder
	stderr   strings.Builder
}

// start starts a command, which ends when its input does: with this process, too, however that ends.
func start(name string, args ...string) (*child, error) {
	c := &child{cmd: exec.Command(name, args...)}
	c.cmd.Stderr = &c.stderr
	in, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.in, c.requests, c.answers = in, json.NewEncoder(in), json.NewDecoder(out)
	return c, c.cmd.Start()
}

// ask sends a request and reads its answer.
func (c *child) ask(request, answer any) error {
	err := c.requests.Encode(request)
	if err == nil {
		err = c.answers.Decode(answer)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("a peer's process: %w", err), c.close())
	}
	return nil
}

// close ends the process and waits for it. A second close does nothing.
func (c *child) close() error {
	if c.cmd == nil {
		return nil
	}
	cmd := c.cmd
	c.cmd = nil
	err := errors.Join(c.in.Close(), cmd.Wait())
	if err != nil {
		return fmt.Errorf("a peer's process: %w: %s", err, strings.TrimSpace(c.stderr.String()))
	}
	return nil
}

// startMattn starts mattn's peer, which ends with the experiment. Where it can't be built the error is a [skipped].
func (s *stage) startMattn() (ask func(sqlpeer.Request) (sqlpeer.Answer, error), err error) {
	if s.mattn == "" && s.noC == nil {
		s.mattn, s.noC = buildMattn(s.dir)
	}
	if s.noC != nil {
		return nil, s.noC
	}
	c, err := start(s.mattn)
	if err != nil {
		return nil, err
	}
	s.onReset(c.close)
	return func(r sqlpeer.Request) (a sqlpeer.Answer, err error) {
		if err = c.ask(r, &a); err == nil && a.Err != "" {
			err = errors.New(a.Err)
		}
		return a, err
	}, nil
}

// buildMattn builds mattn's peer, whose sources are beside ours. Go's cache has it from the second time on.
func buildMattn(dir string) (string, error) {
	output := func(name string, args ...string) (string, error) {
		out, err := exec.Command(name, args...).Output()
		return strings.TrimSpace(string(out)), err
	}
	compiler, err := output("go", "env", "CC")
	if err != nil {
		return "", skipped("there is no go command to build it with")
	}
	if words := strings.Fields(compiler); len(words) == 0 {
		return "", skipped("go env CC names no C compiler")
	} else if _, err := exec.LookPath(words[0]); err != nil {
		return "", skipped("there is no C compiler")
	}
	if enabled := os.Getenv("CGO_ENABLED"); enabled == "0" {
		return "", skipped("CGO_ENABLED is 0")
	}
	module, err := output("go", "list", "-m", "-f", "{{.Dir}}", "github.com/troupedb/troupe")
	if err != nil || module == "" {
		return "", skipped("its sources are in bench/mattn of troupe's, and the working directory isn't in these")
	}
	path := filepath.Join(dir, "mattn")
	build := exec.Command("go", "build", "-o", path, ".")
	build.Dir = filepath.Join(module, "bench", "mattn")
	build.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := build.CombinedOutput(); err != nil { // no network, perhaps, or no headers
		return "", skipped(fmt.Sprintf("it can't be built: %v: %s", err, bytes.TrimSpace(out)))
	}
	return path, nil
}
