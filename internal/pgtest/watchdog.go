package pgtest

import (
	"fmt"
	"io"
	"os/exec"
	"syscall"
)

// watchdogScript waits until its standard input ends, which happens when the process that started it closes the pipe or
// dies, however it dies. It then stops the server in $1, if one is running there still, and removes $1 and $2. A pid in a
// stale file may be somebody else's by now: the server is recognised by its working directory.
const watchdogScript = `
read -r _
if [ -f "$1/postmaster.pid" ]; then
	pid=$(head -n 1 "$1/postmaster.pid")
	if [ ! -d /proc/self ] || [ "$(readlink "/proc/$pid/cwd")" = "$1" ]; then
		kill -QUIT "$pid" && kill -CONT "$pid"
		i=0
		while kill -0 "$pid" && [ $i -lt 100 ]; do sleep 0.1; i=$((i+1)); done
	fi
fi 2>/dev/null
rm -rf "$1" "$2"
`

// watchdog cleans up after a cluster.
type watchdog struct {
	cmd   *exec.Cmd
	leash io.WriteCloser
}

func startWatchdog(data, sockets string) (*watchdog, error) {
	cmd := exec.Command("/bin/sh", "-c", watchdogScript, "pgtest-watchdog", data, sockets)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Dir = "/"
	leash, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("pgtest: watchdog: %w", err)
	}
	return &watchdog{cmd, leash}, nil
}

// release lets the watchdog clean up and waits for it.
func (w *watchdog) release() error {
	_ = w.leash.Close()
	return w.cmd.Wait()
}
