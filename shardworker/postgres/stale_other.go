//go:build !unix

package postgres

import "net"

// canPeek says whether a dead connection is noticed before it is used.
const canPeek = false

type peeker struct{}

func (*peeker) on(net.Conn) {}

func (*peeker) stale(bool) bool { return false }
