package translate

// Entries returns how many translations are remembered.
func (c *Cache) Entries() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.mu.recent) + len(c.mu.old)
}
