package sqlite

// leases are those that a backend has given out: a list that is linked through them, since each comes and goes within microseconds.
type leases struct {
	newest *lease
	number int
}

func (ls *leases) add(l *lease) {
	l.older = ls.newest
	if ls.newest != nil {
		ls.newest.newer = l
	}
	ls.newest = l
	ls.number++
}

func (ls *leases) remove(l *lease) {
	if l.newer != nil {
		l.newer.older = l.older
	} else {
		ls.newest = l.older
	}
	if l.older != nil {
		l.older.newer = l.newer
	}
	l.newer, l.older = nil, nil
	ls.number--
}

// all returns them.
func (ls *leases) all() []*lease {
	all := make([]*lease, 0, ls.number)
	for l := ls.newest; l != nil; l = l.older {
		all = append(all, l)
	}
	return all
}
