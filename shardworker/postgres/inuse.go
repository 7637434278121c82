package postgres

// conns are those in use: a list that is linked through them, since each comes and goes within microseconds.
type conns struct {
	newest *conn
	number int
}

func (cs *conns) add(c *conn) {
	c.older = cs.newest
	if cs.newest != nil {
		cs.newest.newer = c
	}
	cs.newest = c
	cs.number++
}

func (cs *conns) remove(c *conn) {
	if c.newer != nil {
		c.newer.older = c.older
	} else {
		cs.newest = c.older
	}
	if c.older != nil {
		c.older.newer = c.newer
	}
	c.newer, c.older = nil, nil
	cs.number--
}

// all returns them.
func (cs *conns) all() []*conn {
	all := make([]*conn, 0, cs.number)
	for c := cs.newest; c != nil; c = c.older {
		all = append(all, c)
	}
	return all
}
