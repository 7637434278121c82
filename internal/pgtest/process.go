package pgtest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// family returns the process ids of the postmaster and of its children. The children have process groups of their own,
// so that a signal to the postmaster's group doesn't reach them.
func family(postmaster int) []int {
	pids := []int{postmaster}
	parents, err := parentsFromProc()
	if err != nil {
		parents = parentsFromPs()
	}
	for pid, parent := range parents {
		if parent == postmaster {
			pids = append(pids, pid)
		}
	}
	return pids
}

func parentsFromProc() (map[int]int, error) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	defer func() { _ = dir.Close() }()
	names, err := dir.Readdirnames(0)
	if err != nil {
		return nil, err
	}
	parents := map[int]int{}
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + name + "/stat")
		if err != nil {
			continue // it has ended meanwhile
		}
		// "pid (name) state ppid …": the name may hold anything, so look behind its last parenthesis.
		fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
		if len(fields) > 1 {
			parents[pid], _ = strconv.Atoi(string(fields[1]))
		}
	}
	if len(parents) == 0 {
		return nil, errors.New("no processes in /proc")
	}
	return parents, nil
}

func parentsFromPs() map[int]int {
	out, _ := exec.Command("ps", "-A", "-o", "pid=,ppid=").Output()
	parents := map[int]int{}
	for line := range strings.Lines(string(out)) {
		var pid, parent int
		if n, _ := fmt.Sscan(line, &pid, &parent); n == 2 {
			parents[pid] = parent
		}
	}
	return parents
}

// signalAll sends sig to the postmaster first, so that it neither forks nor cleans up, and then to its children.
func signalAll(postmaster int, sig syscall.Signal) error {
	if err := syscall.Kill(postmaster, sig); err != nil {
		return fmt.Errorf("pgtest: signal %v to postmaster %d: %w", sig, postmaster, err)
	}
	for _, pid := range family(postmaster)[1:] {
		if err := syscall.Kill(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("pgtest: signal %v to %d: %w", sig, pid, err)
		}
	}
	return nil
}

// killAll kills the postmaster and its children without leaving any of them time for a last word.
func killAll(postmaster int) error {
	// Stopped, it can't fork while its children are listed. They are listed before it dies and they become orphans.
	_ = syscall.Kill(postmaster, syscall.SIGSTOP)
	pids := family(postmaster)
	var failed error
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			failed = err
		}
	}
	return failed
}
