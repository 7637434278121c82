package plan

import (
	"slices"
	"strconv"
	"strings"

	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

// style is how a statement writes its parameters.
type style uint8

const (
	// dense are PostgreSQL's, numbered from 1 without gaps: one that isn't used has no type, which is an error.
	dense style = iota
	// numbered are SQLite's with numbers, among which there may be gaps.
	numbered
	// anonymous are SQLite's question marks: each is the next argument.
	anonymous
	// named are SQLite's with names.
	named
	// mixed are several of these in one statement, which no executor takes.
	mixed
)

func styleOf(stmt *tree.Statement) style {
	if stmt.Dialect == messages.PostgreSQL {
		return dense
	}
	found := numbered
	for i, p := range stmt.Params {
		this := numbered
		switch {
		case p.Name != "":
			this = named
		case p.Of(stmt.Text) == "?":
			this = anonymous
		}
		if i > 0 && this != found {
			return mixed
		}
		found = this
	}
	return found
}

// rendered is a text with its parameters.
type rendered struct {
	text string
	// args are the arguments of text; nil if they are the statement's own.
	args []Arg
	// old are the statement's ordinals of text's parameters, which have the ordinals from 1; nil if they are the same. That of the
	// slot is slotOrdinal.
	old []int
	// slotName is the name of the slot's parameter, if the parameters have names.
	slotName string
}

// render writes pieces of a statement's text. slotFor is the parameter that the slot replaces; 0 if it replaces none. SQLite
// calls a column by its text, so there parameters keep their spelling, and the arguments follow; in PostgreSQL they get new
// numbers. ok is false if the parameters are of several styles and don't stay as they are.
func render(stmt *tree.Statement, pieces []piece, slotFor int) (r rendered, ok bool) {
	n := numbering{stmt: stmt, style: styleOf(stmt), slotFor: slotFor}
	n.survey(pieces)
	if n.same() {
		return rendered{text: n.write(pieces)}, true
	}
	switch n.style {
	case anonymous:
		n.inOrder()
	case numbered:
		n.withGaps()
	case dense, named:
		n.anew()
	default:
		return rendered{}, false
	}
	return rendered{text: n.write(pieces), args: n.args, old: n.old, slotName: n.slotName}, true
}

// numbering finds out which parameters a text has.
type numbering struct {
	stmt     *tree.Statement
	style    style
	slotFor  int
	used     []int // ordinals in the order of the new text
	slot     bool
	old      []int       // by new number, less 1; nil if nothing changes
	number   map[int]int // by old ordinal, if they change
	args     []Arg
	slotName string
}

func (n *numbering) survey(pieces []piece) {
	for _, p := range pieces {
		if p.slot {
			n.slot = true
			n.used = append(n.used, slotOrdinal)
		}
		for _, param := range paramsIn(n.stmt, p) {
			n.used = append(n.used, param.Ordinal)
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

// same reports whether the arguments are the statement's own.
func (n *numbering) same() bool {
	if n.slot {
		return false
	}
	before := make([]int, len(n.stmt.Params))
	for i, p := range n.stmt.Params {
		before[i] = p.Ordinal
	}
	if n.style == anonymous || n.style == mixed {
		return slices.Equal(before, n.used)
	}
	return slices.Equal(distinct(before), distinct(n.used))
}

func distinct(list []int) []int {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

// inOrder gives every question mark its own argument.
func (n *numbering) inOrder() {
	n.old = n.used
	n.args = argsOf(n.used)
}

// withGaps keeps the numbers. The slot gets that of the parameter that it replaces, if nothing else uses it, else a new one.
func (n *numbering) withGaps() {
	most, count := 0, 0
	for _, p := range n.stmt.Params {
		count = max(count, p.Ordinal)
	}
	for _, ordinal := range n.used {
		most = max(most, ordinal)
	}
	place := 0
	if n.slot {
		place = n.slotFor
		if place == 0 || slices.Contains(n.used, place) {
			place = count + 1
		}
		most = max(most, place)
	}
	n.old = make([]int, most)
	for i := range n.old {
		n.old[i] = i + 1
	}
	if n.slot {
		n.old[place-1] = slotOrdinal
		n.number = map[int]int{slotOrdinal: place}
	}
	n.args = argsOf(n.old)
}

// anew numbers the parameters from 1, in the order of their old numbers. The slot has the place of the parameter that it
// replaces, if nothing else uses that, else the last.
func (n *numbering) anew() {
	n.old = distinct(n.used)
	if n.slot {
		n.old = n.old[1:] // it sorts first
		at := len(n.old)
		if n.slotFor > 0 {
			if i, taken := slices.BinarySearch(n.old, n.slotFor); !taken {
				at = i
			}
		}
		n.old = slices.Insert(n.old, at, slotOrdinal)
	}
	n.number = make(map[int]int, len(n.old))
	for i, ordinal := range n.old {
		n.number[ordinal] = i + 1
	}
	n.args = argsOf(n.old)
	if n.style != named {
		return
	}
	for _, p := range n.stmt.Params {
		if i := n.number[p.Ordinal]; i > 0 {
			n.args[i-1].Name = p.Name
		}
	}
	if n.slot {
		n.slotName = ":" + prefixFor(n.stmt.Text) + "limit"
		n.args[n.number[slotOrdinal]-1].Name = n.slotName
	}
}

func argsOf(ordinals []int) []Arg {
	args := make([]Arg, len(ordinals))
	for i, ordinal := range ordinals {
		args[i] = Arg{Ordinal: ordinal}
		if ordinal == slotOrdinal {
			args[i] = Arg{Limit: true}
		}
	}
	return args
}

func (n *numbering) write(pieces []piece) string {
	var b strings.Builder
	b.Grow(len(n.stmt.Text) + 64)
	for _, p := range pieces {
		switch {
		case p.slot:
			b.WriteString(n.slotText())
		case p.text != "":
			b.WriteString(p.text)
		default:
			at := p.span.Start
			if n.style == dense && n.old != nil {
				for _, param := range paramsIn(n.stmt, p) {
					b.WriteString(n.stmt.Text[at:param.Start])
					b.WriteString("$" + strconv.Itoa(n.number[param.Ordinal]))
					at = param.End
				}
			}
			b.WriteString(n.stmt.Text[at:p.span.End])
		}
	}
	return b.String()
}

func (n *numbering) slotText() string {
	switch n.style {
	case named:
		return n.slotName
	case anonymous:
		return "?"
	case numbered:
		// As the others are written, for "$2" isn't the second parameter to SQLite.
		sign := "?"
		if len(n.stmt.Params) > 0 {
			sign = n.stmt.Params[0].Of(n.stmt.Text)[:1]
		}
		return sign + strconv.Itoa(n.number[slotOrdinal])
	default:
		return "$" + strconv.Itoa(n.number[slotOrdinal])
	}
}
