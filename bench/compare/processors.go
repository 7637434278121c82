package compare

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of /proc's times: Linux shows all of them in hundredths of a second.
const tick = 10 * time.Millisecond

// processorTime returns how to know the processor time of a local PostgreSQL server, whose backend has that process id: of the postmaster, of
// its children, and of those that have ended. It is nil where /proc doesn't know them.
func processorTime(backend int) func() time.Duration {
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", backend))
	if err != nil || !strings.HasPrefix(string(name), "postgres") { // somebody else's, in another container
		return nil
	}
	own, ok := readProcess(strconv.Itoa(backend))
	if !ok {
		return nil
	}
	postmaster := own.parent
	return func() time.Duration {
		var all time.Duration
		entries, err := os.ReadDir("/proc")
		if err != nil {
			return 0
		}
		for _, entry := range entries {
			if first := entry.Name()[0]; first < '0' || first > '9' {
				continue
			}
			switch p, ok := readProcess(entry.Name()); {
			case !ok:
			case entry.Name() == strconv.Itoa(postmaster):
				all += p.own + p.ended
			case p.parent == postmaster:
				all += p.own
			}
		}
		return all
	}
}

// process is what /proc says of one.
type process struct {
	parent     int
	own, ended time.Duration // of itself, and of its children that have ended
}

func readProcess(pid string) (p process, ok bool) {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return p, false
	}
	// "pid (name) state ppid …": the name may hold anything, so look behind its last parenthesis.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	const parent, user, system, endedUser, endedSystem = 1, 11, 12, 13, 14
	if len(fields) <= endedSystem {
		return p, false
	}
	number := func(field int) int64 {
		n, err := strconv.ParseInt(string(fields[field]), 10, 64)
		if err != nil {
			ok = false
		}
		return n
	}
	ok = true
	p.parent = int(number(parent))
	p.own = time.Duration(number(user)+number(system)) * tick
	p.ended = time.Duration(number(endedUser)+number(endedSystem)) * tick
	// PostgreSQL's processes have one thread, so this is the same in nanoseconds, where the kernel has it.
	if exact, err := os.ReadFile("/proc/" + pid + "/schedstat"); err == nil {
		if fields := bytes.Fields(exact); len(fields) > 0 {
			if n, err := strconv.ParseInt(string(fields[0]), 10, 64); err == nil && n > 0 {
				p.own = time.Duration(n)
			}
		}
	}
	return p, ok
}
