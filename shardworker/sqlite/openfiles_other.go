//go:build !unix

package sqlite

// openFiles returns how many files the process may have open: there is no limit to ask for.
func openFiles() int { return mostOpenFiles }
