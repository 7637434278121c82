package plan

import (
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/coordinator/statement/keyset"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// Insert is an INSERT … VALUES into a sharded table: each row goes to the shard of its key. It is immutable and safe for concurrent
// use.
//
// ON CONFLICT and OR REPLACE go to every shard with its rows. They see conflicts within a shard, which are all there are if
// every unique constraint of the table contains the key.
type Insert struct {
	// Returning says that the statement has a RETURNING clause: the shards' rows are concatenated, in no order.
	Returning bool
	// Conflicts says that it has ON CONFLICT, or SQLite's OR.
	Conflicts bool

	planner    *planner
	rows       []insertRow
	types      []keyset.Type
	width      int // key columns
	head, tail tree.Span
	count      int // arguments
	names      map[int]string
	inHead     []*tree.Param // of head, and inTail of tail
	inTail     []*tree.Param
	style      style
}

// insertRow is one row of the VALUES list.
type insertRow struct {
	span   tree.Span
	keys   []keyValue
	params []*tree.Param
}

// Part are the rows of an INSERT that go to one shard.
type Part struct {
	// Shard is the shard's number, as route returned it.
	Shard int
	// SQL and Args are the statement with these rows.
	SQL  string
	Args []any
	// Rows are the numbers of the rows, from 0, in the order of the text.
	Rows []int
}

// Rows returns how many rows are inserted.
func (i *Insert) Rows() int { return len(i.rows) }

// Split distributes the rows to the shards that route says. route gets the values of a row's key columns in canonical form, in a
// slice that is valid during the call. The parts come in the order of their first rows; if there is one, it is the statement as it
// is.
//
// The errors are *messages.Error of code ErrInvalidRequest for arguments that don't fit the parameters, ErrRefused for a key
// that is NULL or not exactly of its column's type, and route's own, as they are.
func (i *Insert) Split(args []any, route func(keys []any) (shard int, err error)) ([]Part, error) {
	a, err := argumentsOf(args)
	if err != nil {
		return nil, err
	}
	if a.named == nil && len(a.list) != i.count {
		return nil, invalidArgument("the statement has %d parameters and got %d arguments", i.count, len(a.list))
	}
	var parts []Part
	byShard := map[int]int{}
	keys := make([]any, i.width)
	for n := range i.rows {
		if err := i.keysOf(n, a, keys); err != nil {
			return nil, err
		}
		shard, err := route(keys)
		if err != nil {
			return nil, err
		}
		at, ok := byShard[shard]
		if !ok {
			at = len(parts)
			byShard[shard] = at
			parts = append(parts, Part{Shard: shard})
		}
		parts[at].Rows = append(parts[at].Rows, n)
	}
	if len(parts) == 1 {
		parts[0].SQL, parts[0].Args = i.planner.stmt.Text, args
		return parts, nil
	}
	w := i.newWriter()
	for n := range parts {
		text, used := w.write(parts[n].Rows)
		parts[n].SQL = text
		if parts[n].Args, err = i.argsOf(a, args, used); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

// keysOf puts the keys of row n into keys.
func (i *Insert) keysOf(n int, a arguments, keys []any) error {
	for k, value := range i.rows[n].keys {
		if value.param == nil {
			keys[k] = value.literal
			continue
		}
		arg, err := a.value(value.param.Ordinal, value.param.Name)
		if err != nil {
			return err
		}
		canonical, ok := keyset.Canonical(i.types[k], arg)
		if !ok || canonical == nil {
			return i.noKey(n, value.param)
		}
		keys[k] = canonical
	}
	return nil
}

func (i *Insert) noKey(n int, param *tree.Param) error {
	r := refuse(InsertKey, "row "+strconv.Itoa(n+1), param, "the key's argument is NULL or not exactly of the key column's type",
		"pass a value of the key's type, or "+hintPin)
	return r.Err()
}

// argsOf returns the arguments of a part's text.
func (i *Insert) argsOf(a arguments, args []any, used []int) ([]any, error) {
	if a.named != nil {
		if !a.strict {
			return args, nil
		}
		named := pgx.StrictNamedArgs{}
		for _, ordinal := range used {
			v, err := a.value(ordinal, i.names[ordinal])
			if err != nil {
				return nil, err
			}
			named[i.names[ordinal][1:]] = v
		}
		return append(slices.Clone(a.options), named), nil
	}
	out := make([]any, 0, len(a.options)+len(used))
	out = append(out, a.options...)
	for _, ordinal := range used {
		out = append(out, a.list[ordinal-1])
	}
	return out, nil
}

// surveyParams finds the parameters of the rows, and of what is around them.
func (i *Insert) surveyParams() {
	s := i.planner.stmt
	i.inHead = paramsIn(s, piece{span: i.head})
	for n := range i.rows {
		i.rows[n].params = paramsIn(s, piece{span: i.rows[n].span})
	}
	i.inTail = paramsIn(s, piece{span: i.tail})
}

// partWriter writes the texts of parts. In PostgreSQL each has its parameters numbered from 1; in SQLite, which calls a returned
// column by its text, they stay as they are written.
type partWriter struct {
	insert  *Insert
	style   style
	numbers []int // by ordinal; 0 if it isn't used
	used    []int
	b       strings.Builder
}

func (i *Insert) newWriter() *partWriter {
	return &partWriter{insert: i, style: i.style, numbers: make([]int, i.count+1)}
}

// write returns the statement with some of its rows, and the ordinals of its arguments in the order of their new numbers.
func (w *partWriter) write(rows []int) (text string, used []int) {
	i := w.insert
	clear(w.numbers)
	w.used = nil
	w.b = strings.Builder{}
	w.b.Grow(i.head.End + (i.tail.End - i.tail.Start) + len(rows)*(i.rows[rows[0]].span.End-i.rows[rows[0]].span.Start+8))
	w.copy(i.head, i.inHead)
	for n, row := range rows {
		if n > 0 {
			w.b.WriteString(", ")
		}
		w.copy(i.rows[row].span, i.rows[row].params)
	}
	w.copy(i.tail, i.inTail)
	if w.style == numbered {
		w.fillGaps()
	}
	return w.b.String(), w.used
}

// copy writes a span of the text that has these parameters.
func (w *partWriter) copy(span tree.Span, params []*tree.Param) {
	text := w.insert.planner.stmt.Text
	at := span.Start
	for _, p := range params {
		if w.numbers[p.Ordinal] == 0 {
			w.used = append(w.used, p.Ordinal)
			w.numbers[p.Ordinal] = len(w.used)
		}
		if w.style != dense {
			continue
		}
		w.b.WriteString(text[at:p.Start])
		w.b.WriteByte('$')
		var digits [20]byte
		w.b.Write(strconv.AppendInt(digits[:0], int64(w.numbers[p.Ordinal]), 10))
		at = p.End
	}
	w.b.WriteString(text[at:span.End])
}

// fillGaps adds the arguments that have a number below the highest one that is used.
func (w *partWriter) fillGaps() {
	most := 0
	for _, ordinal := range w.used {
		most = max(most, ordinal)
	}
	w.used = w.used[:0]
	for ordinal := range most {
		w.used = append(w.used, ordinal+1)
	}
}

// reads checks, once, that a text with some of the rows reads as expected.
func (i *Insert) reads(n *tree.InsertStmt) bool {
	if len(i.rows) < 2 {
		return true
	}
	if i.style == mixed {
		return false
	}
	rows := []int{0, len(i.rows) - 1}
	if len(i.rows) == 2 {
		rows = rows[1:]
	}
	text, used := i.newWriter().write(rows)
	r := rendered{text: text}
	if i.style != named {
		r.old = used
	}
	expected := *n
	expected.Rows = nil
	for _, row := range rows {
		expected.Rows = append(expected.Rows, n.Rows[row])
	}
	return i.planner.reads(r, &expected)
}
