package plan

import (
	"container/list"
	"strings"
	"sync"

	"github.com/troupedb/troupe/coordinator/statement"
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

// Cache remembers the plans, and the errors, of the texts that were used last. It is safe for concurrent use.
type Cache struct {
	maxEntries int
	maxBytes   int

	mu struct {
		sync.Mutex
		entries map[cacheKey]*list.Element // of *cacheEntry
		recent  list.List                  // of *cacheEntry that are built, the one used last in front
		pending map[cacheKey]*cacheEntry   // being built
		bytes   int
	}
}

// cacheKey is what a plan depends on. A catalogue is known by its address: it is immutable, and an entry keeps it alive.
type cacheKey struct {
	dialect   messages.Dialect
	options   Options
	catalogue *statement.Catalogue
	text      string
}

// cacheEntry is a plan, or one that is being built: its fields are set before done is closed.
type cacheEntry struct {
	key   cacheKey
	done  chan struct{} // closed; nil once no one can wait any more
	plan  *Plan
	err   error
	bytes int
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
	c.mu.pending = make(map[cacheKey]*cacheEntry)
	return c
}

// Plan is [Build], remembered. Of several callers that miss the same text one builds the plan and the others wait for it; if
// building panics the panic goes on in the one, and the others get an error of code [messages.ErrPanic].
func (c *Cache) Plan(d messages.Dialect, sql string, catalogue *statement.Catalogue, o Options) (*Plan, error) {
	if len(sql) > maxCachedText {
		return Build(d, sql, catalogue, o)
	}
	return c.find(cacheKey{d, o, catalogue, sql}, build)
}

// find returns the plan of key, or builds it.
func (c *Cache) find(key cacheKey, build func(cacheKey) (*Plan, error)) (*Plan, error) {
	c.mu.Lock()
	if hit, ok := c.mu.entries[key]; ok {
		c.mu.recent.MoveToFront(hit)
		e := hit.Value.(*cacheEntry)
		c.mu.Unlock()
		return e.plan, e.err
	}
	if e, ok := c.mu.pending[key]; ok {
		c.mu.Unlock()
		<-e.done
		return e.plan, e.err
	}
	// The text may be a piece of something larger that shouldn't stay in memory.
	key.text = strings.Clone(key.text)
	e := &cacheEntry{key: key, done: make(chan struct{})}
	c.mu.pending[key] = e
	c.mu.Unlock()
	c.fill(e, build)
	return e.plan, e.err
}

// build is how find builds a plan but in tests.
func build(key cacheKey) (*Plan, error) {
	return Build(key.dialect, key.text, key.catalogue, key.options)
}

// fill builds the plan of e and lets those go on that wait for it, whatever happens.
func (c *Cache) fill(e *cacheEntry, build func(cacheKey) (*Plan, error)) {
	e.err = &messages.Error{Code: messages.ErrPanic, Op: "plan", Detail: "the planner panicked on another goroutine"}
	built := false
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.mu.pending, e.key)
		if built {
			c.keep(e)
		}
		close(e.done)
	}()
	plan, err := build(e.key)
	e.plan, e.err, built = plan, err, true
	e.bytes = cost(plan, e.key.text)
}

// keep adds e and forgets what is too much. mu must be held.
func (c *Cache) keep(e *cacheEntry) {
	if e.bytes > c.maxBytes {
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

// cost estimates what an entry holds on to: the texts, and a tree that grows with them.
func cost(p *Plan, sql string) int {
	const perByte = 24 // a tree's nodes, measured over ordinary statements
	n := 2048 + len(sql)
	if p == nil {
		return n + len(sql) // a syntax error may quote the text
	}
	n += perByte * len(sql)
	if p.Gather != nil && p.Gather.Text != sql {
		n += len(p.Gather.Text)
	}
	return n
}
