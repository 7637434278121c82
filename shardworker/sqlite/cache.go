package sqlite

// cache keeps the statements of a connection that were used last.
type cache struct {
	limit  int
	bySQL  map[string]*statement
	newest *statement
	oldest *statement
}

// get returns the statement of sql and marks it as used, or nil.
func (k *cache) get(sql string) *statement {
	if k.newest != nil && k.newest.sql == sql {
		return k.newest
	}
	s := k.bySQL[sql]
	if s != nil {
		k.unlink(s)
		k.link(s)
	}
	return s
}

// put adds s, and finalizes the one not used for longest if there are too many.
func (k *cache) put(c *connection, s *statement) {
	if k.bySQL == nil {
		k.bySQL = map[string]*statement{}
	}
	if len(k.bySQL) >= k.limit {
		last := k.oldest
		k.unlink(last)
		delete(k.bySQL, last.sql)
		last.finalize(c)
	}
	k.bySQL[s.sql] = s
	k.link(s)
}

// clear finalizes all statements.
func (k *cache) clear(c *connection) {
	for _, s := range k.bySQL {
		s.finalize(c)
	}
	*k = cache{limit: k.limit}
}

func (k *cache) link(s *statement) {
	s.older = k.newest
	if k.newest != nil {
		k.newest.newer = s
	}
	k.newest = s
	if k.oldest == nil {
		k.oldest = s
	}
}

func (k *cache) unlink(s *statement) {
	if s.newer != nil {
		s.newer.older = s.older
	} else {
		k.newest = s.older
	}
	if s.older != nil {
		s.older.newer = s.newer
	} else {
		k.oldest = s.newer
	}
	s.newer, s.older = nil, nil
}
