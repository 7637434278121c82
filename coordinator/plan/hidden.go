package plan

import (
	"strconv"
	"strings"

	"github.com/troupedb/troupe/coordinator/statement/sqlite"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

// hiddenColumn is a column that the shards are asked for.
type hiddenColumn struct {
	x    tree.Expr
	sign string // "+" if it is asked for as it is stored, or ""
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
		with = append(with, literal(h.sign), source(h.x), literal(" AS "+h.name))
		x := h.x
		if h.sign != "" {
			x = stored(x)
		}
		s.targets = append(s.targets, &tree.Target{X: x, Alias: &tree.Ident{Name: h.name}})
	}
	at := s.b.TargetsSpan.End
	if next := sqlite.NextToken(s.stmt.Text, at); s.d == messages.SQLite && strings.ContainsAny(s.stmt.Text[at:next], "-*") {
		// A comment is part of the name of the column before it.
		at = next
		with = append(with, literal(" "))
	}
	s.text.insert(at, with...)
}

// hide1 returns the index of the hidden column that is x.
func (s *selection) hide1(x tree.Expr) int { return s.hideSigned("", x) }

// hideStored returns the index of the hidden column that is the column x as it is stored.
func (s *selection) hideStored(x tree.Expr) int { return s.hideSigned("+", tree.Bare(x)) }

func (s *selection) hideSigned(sign string, x tree.Expr) int {
	for i, h := range s.hidden {
		if h.sign == sign && s.same.Equal(h.x, x) {
			return i
		}
	}
	if s.prefix == "" {
		s.prefix = prefixFor(s.stmt.Text)
	}
	s.hidden = append(s.hidden, hiddenColumn{x, sign, s.prefix + strconv.Itoa(len(s.hidden)+1)})
	return len(s.hidden) - 1
}
