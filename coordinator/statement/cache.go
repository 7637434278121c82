package statement

import (
	"container/list"
	"strings"
	"sync"

	"github.com/troupedb/troupe/messages"
)

// Bounds of a [Cache].
const (
	DefaultCacheEntries = 2048
	DefaultCacheBytes   = 16 << 20
	// maxCachedText keeps texts out that are long enough to be seldom repeated (a multi-row INSERT) and would push out
	// many that are.
	maxCachedText = 64 << 10
)

// Cache remembers the statements, and the errors, of the texts that were parsed last. It is safe for concurrent use.
type Cache struct {
	maxEntries int
	maxBytes   int

	mu struct {
		sync.Mutex
		entries map[cacheKey]*list.Element
		recent  list.List // of *cacheEntry, the one used last in front
		bytes   int
	}
}

type cacheKey struct {
	dialect messages.Dialect
	text    string
}

type cacheEntry struct {
	key       cacheKey
	statement *Statement
	err       error
	bytes     int
}

// NewCache returns a cache of at most that many entries and, by estimate, bytes. Zero or less stands for
// [DefaultCacheEntries] and [DefaultCacheBytes].
func NewCache(entries, bytes int) *Cache {
	if entries <= 0 {
		entries = DefaultCacheEntries
	}
	if bytes <= 0 {
		bytes = DefaultCacheBytes
	}
	c := &Cache{maxEntries: entries, maxBytes: bytes}
	c.mu.entries = make(map[cacheKey]*list.Element)
	return c
}

// Parse is [Parse], remembered.
func (c *Cache) Parse(d messages.Dialect, sql string) (*Statement, error) {
	if len(sql) > maxCachedText {
		return Parse(d, sql)
	}
	c.mu.Lock()
	if hit, ok := c.mu.entries[cacheKey{d, sql}]; ok {
		c.mu.recent.MoveToFront(hit)
		e := hit.Value.(*cacheEntry)
		c.mu.Unlock()
		return e.statement, e.err
	}
	c.mu.Unlock()

	// The text may be a piece of something larger that shouldn't stay in memory. Parsing happens outside the lock: two
	// callers may parse the same text, which costs less than making every miss wait for another.
	sql = strings.Clone(sql)
	s, err := Parse(d, sql)
	e := &cacheEntry{key: cacheKey{d, sql}, statement: s, err: err, bytes: cost(s, sql)}
	c.add(e)
	return s, err
}

func (c *Cache) add(e *cacheEntry) {
	if e.bytes > c.maxBytes {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.mu.entries[e.key]; ok {
		return
	}
	c.mu.entries[e.key] = c.mu.recent.PushFront(e)
	c.mu.bytes += e.bytes
	for len(c.mu.entries) > c.maxEntries || c.mu.bytes > c.maxBytes {
		oldest := c.mu.recent.Remove(c.mu.recent.Back()).(*cacheEntry)
		delete(c.mu.entries, oldest.key)
		c.mu.bytes -= oldest.bytes
	}
}

// cost estimates what an entry holds on to: the text, the statement with its refusals, and the comparisons.
func cost(s *Statement, sql string) int {
	n := 1024 + len(sql)
	if s == nil {
		// A syntax error may quote the text.
		return n + len(sql)
	}
	for i := range s.comparisons {
		n += 128 + 64*len(s.comparisons[i].operands)
	}
	return n
}
