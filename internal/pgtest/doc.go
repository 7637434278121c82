// Package pgtest runs throw-away PostgreSQL clusters for tests, examples and benchmarks, and breaks them on demand. It
// uses the PostgreSQL that is installed and downloads nothing.
//
// A cluster listens on a Unix socket and on a free port of the loopback interface, lets everybody in, and doesn't sync
// to disk unless asked. Its processes never outlive the process that started them, even if that is killed: a small
// watchdog (a shell that waits for the end of a pipe) then stops the cluster and removes its files. Pdeathsig would be
// shorter but is bound to the thread that forked, and Go's threads come and go.
package pgtest
