package session

import (
	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/ids"
)

// Config configures a session. It is copied by New.
type Config struct {
	// Tx are the options of the session's transactions. Tx.MaxAttempts is how often Run runs its function. Defaults to what
	// the databases have, and 10 attempts.
	Tx coordinator.TxOptions
	// IDs are the sources of primary keys, by table: an added object whose key, one integer, UUID or text, is zero is given one before
	// anything is sent. Defaults to none: objects bring their keys, or the database gives them.
	IDs map[string]ids.Source
}
