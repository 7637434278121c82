package merge

import (
	"context"
	"io"

	"github.com/troupedb/troupe/messages"
)

// ordered merges sources that come in order each, with a tree of losers. Rows that are equal come in the order of their
// sources. It holds one batch of each source, and nothing is allocated per row.
type ordered struct {
	feed     Feed
	dialect  messages.Dialect
	hidden   int
	keys     []orderKey
	sources  []source
	heads    []head // of the sources' current rows
	losers   []int  // of the matches at the tree's inner nodes, from 1; 0 has the winner
	visible  visibility
	declared *messages.Description

	family valueKind // of the first key's values so far
	room   []byte    // for a value that is parsed
	opened int       // sources of which the first row was read
	err    error     // that ended the merge
}

// orderKey is a key and how its values compare.
type orderKey struct {
	Key
	comparer *comparer
}

func newOrdered(spec *Spec, feed Feed, o *Options) *ordered {
	m := &ordered{
		feed: feed, dialect: spec.Dialect, hidden: spec.Hidden, visible: visibility{hidden: spec.Hidden},
		sources: make([]source, o.Sources), heads: make([]head, o.Sources), losers: make([]int, o.Sources),
	}
	m.declared = m.visible.declared(o.Declared)
	for i, k := range spec.Order {
		m.keys = append(m.keys, orderKey{k, newComparer(spec.Dialect, k.Name, k.collation(o.Order, i))})
	}
	for i := range m.sources {
		m.sources[i].number = i
	}
	return m
}

func (m *ordered) Description() *messages.Description { return m.declared }

func (m *ordered) Next(ctx context.Context) (*Position, error) {
	if m.err != nil {
		return nil, m.err
	}
	err := m.move(ctx)
	if m.err != nil {
		err = m.err
	}
	if err != nil {
		return nil, err
	}
	winner := m.losers[0]
	if m.heads[winner].rank == rankEnded {
		return nil, m.fail(io.EOF)
	}
	return &m.sources[winner].at, nil
}

// fail ends the merge with err, and returns it. The feed's errors don't end it: who asks again goes on where the feed does.
func (m *ordered) fail(err error) error {
	m.err = err
	for i := range m.sources {
		m.sources[i].at.End()
	}
	return err
}

// move brings the next row to the root of the tree.
func (m *ordered) move(ctx context.Context) error {
	if m.opened < len(m.sources) {
		return m.open(ctx)
	}
	winner := m.losers[0]
	if err := m.advance(ctx, &m.sources[winner]); err != nil {
		return err
	}
	for node := (winner + len(m.sources)) / 2; node > 0; node /= 2 {
		if loser := m.losers[node]; m.beats(loser, winner) {
			m.losers[node], winner = winner, loser
		}
	}
	m.losers[0] = winner
	return nil
}

// open reads the first batch of each source and plays all matches.
func (m *ordered) open(ctx context.Context) error {
	for ; m.opened < len(m.sources); m.opened++ {
		if err := m.advance(ctx, &m.sources[m.opened]); err != nil {
			return err
		}
	}
	m.losers[0] = m.play(1)
	return nil
}

// play plays the matches below node and returns their winner. Source i is the leaf len(m.sources)+i.
func (m *ordered) play(node int) int {
	if node >= len(m.sources) {
		return node - len(m.sources)
	}
	a, b := m.play(2*node), m.play(2*node+1)
	if m.beats(b, a) {
		a, b = b, a
	}
	m.losers[node] = b
	return a
}

// beats reports whether the row of source a comes before that of b. An error is left in m.err.
func (m *ordered) beats(a, b int) bool {
	x, y := m.heads[a], m.heads[b]
	if !x.sameAs(y) {
		return x.before(y)
	}
	if x.rank == rankEnded {
		return a < b
	}
	result, err := m.compareSources(&m.sources[a], &m.sources[b], keysBeyond(x, y))
	if err != nil && m.err == nil {
		m.err = err
	}
	return result < 0 || result == 0 && a < b
}

// keysBeyond returns how many keys of two rows are equal because their heads, which are the same, say so.
func keysBeyond(a, b head) int {
	if a.whole && b.whole {
		return 1
	}
	return 0
}

// compareSources compares the current rows of a and b by the keys from the given one on.
func (m *ordered) compareSources(a, b *source, from int) (int, error) {
	for i := from; i < len(m.keys); i++ {
		result, err := m.keys[i].compare(a.described, a.columns[i], a.at.Value(a.columns[i]), b.described, b.columns[i], b.at.Value(b.columns[i]))
		if result != 0 || err != nil {
			return result, err
		}
	}
	return 0, nil
}

// compare compares values, of which each may be NULL, in the direction of the key.
func (k *orderKey) compare(ad *messages.Description, ai int, a []byte, bd *messages.Description, bi int, b []byte) (int, error) {
	if a == nil || b == nil {
		result := compareBools(a == nil, b == nil) // NULLs last
		if k.NullsFirst {
			result = -result
		}
		return result, nil
	}
	result, err := k.comparer.compare(ad, ai, a, bd, bi, b)
	if k.Desc {
		result = -result
	}
	return result, err
}
