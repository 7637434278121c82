package plan

import (
	"slices"
	"strconv"
	"strings"

	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

// piece is a part of a text that is made of another: a text of its own, bytes of the statement's, or the computed limit.
type piece struct {
	text string
	span tree.Span
	slot bool
}

func literal(text string) piece { return piece{text: text} }

func source(n tree.Node) piece { return piece{span: n.Extent()} }

// slotOrdinal is the ordinal of the computed limit in a tree that is expected, before parameters are numbered.
const slotOrdinal = -1

// splice is a statement's text with some of its spans replaced.
type splice struct {
	stmt  *tree.Statement
	edits []edit
	// slotFor is the ordinal of the parameter that the computed limit replaces; 0 if it replaces none.
	slotFor int
}

// edit replaces a span, which may be empty, by pieces.
type edit struct {
	span tree.Span
	with []piece
}

func (s *splice) replace(span tree.Span, with ...piece) {
	s.edits = append(s.edits, edit{span, with})
}

func (s *splice) insert(at int, with ...piece) { s.replace(tree.Span{Start: at, End: at}, with...) }

func (s *splice) remove(span tree.Span) { s.replace(span) }

// pieces returns what span of the text has become. REQUIRES: edits don't overlap.
func (s *splice) pieces(span tree.Span) []piece {
	edits := slices.Clone(s.edits)
	slices.SortStableFunc(edits, func(a, b edit) int { return a.span.Start - b.span.Start })
	var out []piece
	at := span.Start
	for _, e := range edits {
		if !span.Contains(e.span) || e.span.Start < at {
			continue
		}
		out = append(out, piece{span: tree.Span{Start: at, End: e.span.Start}})
		out = append(out, e.with...)
		at = e.span.End
	}
	return append(out, piece{span: tree.Span{Start: at, End: span.End}})
}

// rendered is a text with its parameters numbered.
type rendered struct {
	text string
	// args are the arguments of text; nil if they are the statement's own.
	args []Arg
	// params maps the ordinals of the statement's parameters to those in text; nil if they are the same.
	params map[int]int
	// slotName is the name of the slot's parameter, if the parameters have names.
	slotName string
}

// render writes pieces of a statement's text. Unless their parameters are what they were, these are numbered from 1 in the
// order of their old numbers; slotFor is the parameter whose place the slot takes.
func render(stmt *tree.Statement, pieces []piece, slotFor int) rendered {
	r := numbering{stmt: stmt}
	r.survey(pieces)
	if r.same() {
		return rendered{text: r.write(pieces)}
	}
	r.number(slotFor)
	return rendered{text: r.write(pieces), args: r.args, params: r.params, slotName: r.slotName}
}

// numbering gives the parameters of a text their numbers.
type numbering struct {
	stmt             *tree.Statement
	used             []int // ordinals in the order of the new text; the slot is slotOrdinal
	slot             bool
	named, anonymous bool
	params           map[int]int // nil: they stay as they are
	args             []Arg
	slotName         string
}

func (r *numbering) survey(pieces []piece) {
	for _, p := range r.stmt.Params {
		r.named = r.named || p.Name != ""
		r.anonymous = r.anonymous || p.Of(r.stmt.Text) == "?"
	}
	for _, p := range pieces {
		if p.slot {
			r.slot = true
			r.used = append(r.used, slotOrdinal)
		}
		for _, param := range paramsIn(r.stmt, p) {
			r.used = append(r.used, param.Ordinal)
		}
	}
}

// paramsIn returns the parameters that a piece of the statement's text has.
func paramsIn(stmt *tree.Statement, p piece) []*tree.Param {
	if p.slot || p.span.Start == p.span.End {
		return nil
	}
	all := stmt.Params
	from, _ := slices.BinarySearchFunc(all, p.span.Start, func(n *tree.Param, at int) int { return n.Start - at })
	to, _ := slices.BinarySearchFunc(all, p.span.End, func(n *tree.Param, at int) int { return n.Start - at })
	return all[from:to]
}

func (r *numbering) same() bool {
	if r.slot {
		return false
	}
	before := make([]int, len(r.stmt.Params))
	for i, p := range r.stmt.Params {
		before[i] = p.Ordinal
	}
	if slices.Equal(before, r.used) {
		return true
	}
	return !r.anonymous && slices.Equal(distinct(before), distinct(r.used))
}

func distinct(list []int) []int {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

func (r *numbering) number(slotFor int) {
	r.params = map[int]int{}
	ordinals := distinct(r.used)
	if r.slot {
		// The slot sorts first. It gets the place of the parameter that it replaces, if nothing else uses that, else the last.
		ordinals = ordinals[1:]
		at := len(ordinals)
		if slotFor > 0 {
			if i, taken := slices.BinarySearch(ordinals, slotFor); !taken {
				at = i
			}
		}
		ordinals = slices.Insert(ordinals, at, slotOrdinal)
	}
	names := map[int]string{}
	for _, p := range r.stmt.Params {
		names[p.Ordinal] = p.Name
	}
	r.args = make([]Arg, len(ordinals))
	for i, ordinal := range ordinals {
		r.params[ordinal] = i + 1
		r.args[i] = Arg{Ordinal: ordinal, Name: names[ordinal]}
		if ordinal == slotOrdinal {
			r.args[i] = Arg{Limit: true}
			if r.named {
				r.slotName = ":" + prefixFor(r.stmt.Text) + "limit"
				r.args[i].Name = r.slotName
			}
		}
	}
}

// prefixFor returns what the names begin with that are put into a text: something that isn't in it.
func prefixFor(text string) string {
	prefix := "troupe_"
	lower := strings.ToLower(text)
	for strings.Contains(lower, prefix) {
		prefix += "_"
	}
	return prefix
}

func (r *numbering) write(pieces []piece) string {
	var b strings.Builder
	b.Grow(len(r.stmt.Text) + 64)
	for _, p := range pieces {
		switch {
		case p.slot:
			r.writeParam(&b, slotOrdinal, r.slotName)
		case p.text != "":
			b.WriteString(p.text)
		default:
			at := p.span.Start
			if r.params != nil {
				for _, param := range paramsIn(r.stmt, p) {
					b.WriteString(r.stmt.Text[at:param.Start])
					r.writeParam(&b, param.Ordinal, param.Name)
					at = param.End
				}
			}
			b.WriteString(r.stmt.Text[at:p.span.End])
		}
	}
	return b.String()
}

func (r *numbering) writeParam(b *strings.Builder, ordinal int, name string) {
	if name != "" {
		b.WriteString(name)
		return
	}
	if r.stmt.Dialect == messages.PostgreSQL {
		b.WriteByte('$')
	} else {
		b.WriteByte('?')
	}
	b.WriteString(strconv.Itoa(r.params[ordinal]))
}
