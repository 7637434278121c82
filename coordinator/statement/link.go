package statement

import "github.com/troupedb/troupe/coordinator/statement/keyset"

// entity is something whose rows have a key: an occurrence of a sharded table, or a reference to a common table expression
// that passes the key of one on.
type entity struct {
	occurrence *Occurrence // nil for a reference
	decl       *Table      // nil if it isn't declared, and then there are no slots
	slots      []slot
}

// slot is a key column of an entity. Slots whose columns are equal in all rows that matter form a class, whose members have
// one set of values; classes are trees by parent.
type slot struct {
	entity *entity
	index  int
	parent *slot
	size   int
	// The following belong to the class, and are its root's. sets are what its values are known to be in, givers the classes
	// whose values they are among.
	sets   []keyset.Set
	givers []*slot
	solved keyset.Set
	weight int
	state  solving
}

type solving uint8

const (
	unsolved solving = iota
	beingSolved
	isSolved
)

func newEntity(o *Occurrence, decl *Table) *entity {
	e := &entity{}
	e.init(o, decl)
	return e
}

func (e *entity) init(o *Occurrence, decl *Table) {
	e.occurrence, e.decl = o, decl
	if decl == nil {
		return
	}
	e.slots = make([]slot, len(decl.Keys))
	for i := range e.slots {
		e.slots[i].entity = e
		e.slots[i].index = i
		e.slots[i].size = 1
	}
}

func (s *slot) typ() keyset.Type { return s.entity.decl.Keys[s.index].Type }

// root returns the slot that stands for the class. It changes nothing: an analysis that is finished is read concurrently.
func (s *slot) root() *slot {
	for s.parent != nil {
		s = s.parent
	}
	return s
}

// equate makes one class of two slots' if their types agree: else one key wouldn't have one canonical form.
func equate(a, b *slot) {
	x, y := a.root(), b.root()
	if x == y || a.typ() != b.typ() {
		return
	}
	if x.size < y.size {
		x, y = y, x
	}
	y.parent = x
	x.size += y.size
	x.sets = append(x.sets, y.sets...)
	x.givers = append(x.givers, y.givers...)
}

// maxGivers is how many classes one inherits from; others are left out.
const maxGivers = 64

// inherit says that the values of s that matter are among those of giver.
func (s *slot) inherit(giver *slot) {
	r := s.root()
	if s.typ() == giver.typ() && len(r.givers) < maxGivers && !repeated(r.givers, giver) {
		r.givers = append(r.givers, giver)
	}
}

// restrict says that the values of s that matter are in set.
func (s *slot) restrict(set keyset.Set) {
	r := s.root()
	r.sets = append(r.sets, set)
}

// colocated reports whether rows of a and b that are joined live on one shard: their keys are equal, column by column, and
// equal keys are on one shard.
func colocated(a, b *entity) bool {
	if !together(a.decl, b.decl) {
		return false
	}
	for i := range a.slots {
		if a.slots[i].root() != b.slots[i].root() {
			return false
		}
	}
	return true
}

// together reports whether rows of two tables with equal keys live on one shard.
func together(a, b *Table) bool {
	if a == nil || b == nil || len(a.Keys) == 0 || len(a.Keys) != len(b.Keys) {
		return false
	}
	if a != b && a.Name != b.Name && (a.Group == "" || a.Group != b.Group) {
		return false
	}
	for i := range a.Keys {
		if a.Keys[i].Type != b.Keys[i].Type {
			return false
		}
	}
	return true
}

// maxWeight bounds the size of one slot's set: what is inherited beyond it is left out.
const maxWeight = 1 << 14

// solve returns the values of the slot's class.
func (s *slot) solve() (keyset.Set, int) {
	r := s.root()
	if r.state != unsolved {
		// A class that is among its own givers learns nothing by it.
		return r.solved, r.weight
	}
	r.state = beingSolved
	all := r.sets
	weight := len(all)
	for i, g := range r.givers {
		if g.root() == r || repeated(r.givers[:i], g) {
			continue
		}
		set, w := g.solve()
		if set == nil || weight+w > maxWeight {
			continue
		}
		weight += w
		all = append(all, set)
	}
	switch len(all) {
	case 0:
	case 1:
		r.solved = all[0]
	default:
		r.solved = keyset.Intersection(all)
	}
	r.state, r.weight = isSolved, weight
	return r.solved, r.weight
}

func repeated(before []*slot, s *slot) bool {
	for _, b := range before {
		if b.root() == s.root() {
			return true
		}
	}
	return false
}
