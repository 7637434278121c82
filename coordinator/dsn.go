package coordinator

import (
	"strings"

	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/postgres"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

// openDSN returns the backend that dsn names: "sqlite:…", or PostgreSQL as a URL or in keywords.
func openDSN(dsn shardworker.DSN) (shardworker.Backend, error) {
	text := string(dsn)
	if strings.HasPrefix(text, "sqlite:") {
		cfg, err := sqlite.Parse(text)
		if err != nil {
			return nil, err
		}
		return sqlite.New(cfg)
	}
	if scheme, _, isURL := strings.Cut(text, "://"); isURL && scheme != "postgres" && scheme != "postgresql" {
		return nil, invalidConfig("a DSN begins with postgres://, postgresql:// or sqlite:")
	}
	return postgres.New(postgres.Config{DSN: text})
}

func locationOf(b shardworker.Backend) string {
	if located, ok := b.(shardworker.Located); ok {
		return located.Location()
	}
	return ""
}
