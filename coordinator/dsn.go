package coordinator

import (
	"strings"

	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/postgres"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

// openDSN returns the backend that dsn names: SQLite for "sqlite:…", else PostgreSQL.
func openDSN(dsn shardworker.DSN) (shardworker.Backend, error) {
	if text := string(dsn); strings.HasPrefix(text, "sqlite:") {
		cfg, err := sqlite.Parse(text)
		if err != nil {
			return nil, err
		}
		return sqlite.New(cfg)
	}
	return postgres.New(postgres.Config{DSN: string(dsn)})
}
