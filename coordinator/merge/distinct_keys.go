package merge

import (
	"bytes"
	"context"

	"github.com/troupedb/troupe/messages"
)

// distinctKey is a column, and the collation under which its texts are equal.
type distinctKey struct {
	Key
	collation Collation
	column    int // in the rows as they are described
}

// distinctKeys keeps the first of adjacent rows that are equal in the keys.
type distinctKeys struct {
	from       Merger
	identities identities
	hidden     int
	keys       []distinctKey

	described    *messages.Description // of the row before
	any          bool
	key, lastKey []byte // encodings
	err          error  // that ended it
}

func newDistinctKeys(spec *Spec, from Merger, o *Options) *distinctKeys {
	m := &distinctKeys{from: from, identities: identities{dialect: spec.Dialect}, hidden: spec.Hidden}
	for _, on := range spec.DistinctOn {
		k := distinctKey{Key: on, collation: on.Collation}
		for i, by := range spec.Order {
			if on.Name == by.Name && (on.Name != "" || on.Column == by.Column) && k.collation == CollationUnknown {
				k.collation = by.collation(o.Order, i)
			}
		}
		if k.collation == CollationUnknown {
			k.collation = o.Distinct
		}
		m.keys = append(m.keys, k)
	}
	return m
}

func (m *distinctKeys) Description() *messages.Description { return m.from.Description() }

func (m *distinctKeys) Next(ctx context.Context) (*Position, error) {
	if m.err != nil {
		return nil, m.err
	}
	for {
		at, err := m.from.Next(ctx)
		if err != nil {
			return nil, err
		}
		if d := at.Batch().Description; d != m.described {
			if m.err = m.describe(d); m.err != nil {
				return nil, m.err
			}
		}
		if m.key, m.err = m.identities.appendKeys(m.key[:0], at, m.keys); m.err != nil {
			return nil, m.err
		}
		if !m.any || !bytes.Equal(m.key, m.lastKey) {
			m.any = true
			m.key, m.lastKey = m.lastKey, m.key
			return at, nil
		}
	}
}

func (m *distinctKeys) describe(d *messages.Description) error {
	for i := range m.keys {
		column, err := m.keys[i].resolve(d, m.hidden)
		if err != nil {
			return err
		}
		m.keys[i].column = column
		if err := m.identities.admit(i, &d.Fields[column]); err != nil {
			return err
		}
	}
	m.described = d
	return nil
}
