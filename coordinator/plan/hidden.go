package plan

import (
	"strconv"
	"strings"

	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

// hiddenColumn is a column that the shards are asked for.
type hiddenColumn struct {
	x    tree.Expr
	name string
}

// hide puts the hidden columns behind the others.
func (s *selection) hide() {
	if len(s.hidden) == 0 {
		return
	}
	s.targets = s.targets[:len(s.targets):len(s.targets)]
	var with []piece
	for _, h := range s.hidden {
		if len(s.targets) > 0 {
			with = append(with, literal(", "))
		} else {
			with = append(with, literal(" ")) // PostgreSQL's list of no columns
		}
		with = append(with, source(h.x), literal(" AS "+h.name))
		s.targets = append(s.targets, &tree.Target{X: h.x, Alias: &tree.Ident{Name: h.name}})
	}
	at := s.b.TargetsSpan.End
	if next := nextToken(s.stmt.Text, at); s.d == messages.SQLite && strings.ContainsAny(s.stmt.Text[at:next], "-*") {
		// A comment is part of the name of the column before it.
		at = next
		with = append(with, literal(" "))
	}
	s.text.insert(at, with...)
}

// hide1 returns the index of the hidden column that is x.
func (s *selection) hide1(x tree.Expr) int {
	for i, h := range s.hidden {
		if s.same.equal(h.x, x) {
			return i
		}
	}
	if s.prefix == "" {
		s.prefix = prefixFor(s.stmt.Text)
	}
	s.hidden = append(s.hidden, hiddenColumn{x, s.prefix + strconv.Itoa(len(s.hidden)+1)})
	return len(s.hidden) - 1
}
