//go:build unix

package sqlite

import "syscall"

// openFiles returns how many files the process may have open.
func openFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fewestOpenFiles
	}
	return int(min(uint64(limit.Cur), mostOpenFiles))
}
