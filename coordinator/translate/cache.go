package translate

import (
	"strings"
	"sync"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// Bounds of a [Cache]. Longer texts are seldom repeated, and would push out many that are.
const (
	cacheEntries  = 1024
	cacheBytes    = 4 << 20
	maxCachedText = 64 << 10
)

// Cache remembers translations, and refusals, of the texts that were used last. The zero value is ready. It is safe for concurrent use.
type Cache struct {
	mu struct {
		sync.Mutex
		// recent are those used since old were all that there were. When they are too many they become the old ones, and what was
		// old and not used since is forgotten.
		recent, old map[cacheKey]cacheEntry
		bytes       int // of recent
	}
}

type cacheKey struct {
	dialect messages.Dialect
	names   shardworker.Names
	text    string
}

type cacheEntry struct {
	text string
	err  error
}

// Text is [Text], remembered.
func (c *Cache) Text(d messages.Dialect, names shardworker.Names, sql string) (string, error) {
	if names.IsZero() || len(sql) > maxCachedText {
		return Text(d, names, sql)
	}
	key := cacheKey{d, names, sql}
	c.mu.Lock()
	e, ok := c.mu.recent[key]
	if ok {
		c.mu.Unlock()
		return e.text, e.err
	}
	e, ok = c.mu.old[key]
	c.mu.Unlock()
	if !ok {
		e.text, e.err = Text(d, names, sql)
	}
	key.text = strings.Clone(sql) // it may be a piece of something larger that shouldn't stay in memory
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keep(key, e)
	return e.text, e.err
}

// keep files an entry as used just now. mu must be held.
func (c *Cache) keep(key cacheKey, e cacheEntry) {
	if _, ok := c.mu.recent[key]; ok {
		return
	}
	if c.mu.recent == nil || len(c.mu.recent) >= cacheEntries/2 || c.mu.bytes >= cacheBytes/2 {
		c.mu.old, c.mu.recent, c.mu.bytes = c.mu.recent, map[cacheKey]cacheEntry{}, 0
	}
	c.mu.recent[key] = e
	c.mu.bytes += len(key.text) + len(e.text)
}
