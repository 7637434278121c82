package profile

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

// checkURLs finds URLs that are no database's. Its errors don't show them.
func checkURLs(dburls []string) error {
	seen := map[string]bool{}
	for i, dburl := range dburls {
		scheme, _, _ := strings.Cut(dburl, ":")
		switch {
		case scheme != "sqlite" && scheme != "postgres" && scheme != "postgresql":
			return fmt.Errorf("--dburl no. %d: neither postgres://… nor sqlite:…", i+1)
		case seen[dburl] && dburl != "sqlite::memory:":
			return fmt.Errorf("--dburl no. %d: each shard needs a database of its own, and another has this URL", i+1)
		}
		seen[dburl] = true
	}
	return nil
}

// databases returns the shards that the options say: those of --dburl, or files in dir.
func (o *options) databases(dir string) ([]shardworker.Shard, error) {
	var shards []shardworker.Shard
	for i := range o.shards {
		shard := shardworker.Shard{ID: messages.ShardID(fmt.Sprintf("shard%d", i))}
		if len(o.dburls) == 0 {
			path := filepath.Join(dir, string(shard.ID)+".db")
			shard.DSN = shardworker.DSN("sqlite:" + url.PathEscape(path)) // the directory's name may have a "?" or "%"
		} else {
			dsn, err := named(o.dburls[i], shard.ID)
			if err != nil {
				return nil, err
			}
			shard.DSN = dsn
		}
		shards = append(shards, shard)
	}
	return shards, nil
}

// named gives a database in memory a name, so that plain drivers find it, too.
func named(dburl string, id messages.ShardID) (shardworker.DSN, error) {
	if !strings.HasPrefix(dburl, "sqlite:") {
		return shardworker.DSN(dburl), nil
	}
	cfg, err := sqlite.Parse(dburl)
	if err != nil {
		return "", err
	}
	rest, anonymous := strings.CutPrefix(dburl, "sqlite::memory:")
	if anonymous && cfg.Path == "" {
		return shardworker.DSN("sqlite::memory:bench-" + string(id) + rest), nil
	}
	return shardworker.DSN(dburl), nil
}
