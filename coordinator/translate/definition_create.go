package translate

import "github.com/troupedb/troupe/coordinator/statement/tree"

// create translates what follows CREATE.
func (r *reader) create() {
	switch {
	case r.accept("table"):
		r.createTable()
	case !r.sqlite() && r.accept("unlogged", "table"):
		r.createTable()
	case r.accept("index"), r.accept("unique", "index"):
		r.createIndex()
	default:
		r.other()
	}
}

// createTable translates what follows CREATE TABLE: a list of columns and constraints, and options.
func (r *reader) createTable() {
	r.ifNotExists()
	name := r.relation(true)
	if r.refusal != nil {
		return
	}
	if !r.token().IsSymbol("(") {
		r.refuse(r.token().Start, "CREATE TABLE", "only a list of columns is translated: no AS, OF, or PARTITION OF", hintBackend)
		return
	}
	r.columns(name)
	for r.refusal == nil && r.token().Kind != tree.EndToken {
		switch {
		case r.symbol(","), r.accept("strict"):
		case r.accept("using"), r.accept("tablespace"), r.accept("without"):
			r.name()
		case r.accept("with"):
			r.brackets()
		case r.token().Is("inherits"), r.token().Is("partition"):
			r.refuse(r.token().Start, "CREATE TABLE", "INHERITS and PARTITION aren't translated", hintBackend)
		default:
			r.unexpected()
		}
	}
}

// columns translates the list of columns and constraints.
func (r *reader) columns(table tree.Token) {
	from := r.at
	r.advance()
	for r.refusal == nil && !r.token().IsSymbol(")") {
		if r.token().Is("like") && !r.sqlite() {
			r.refuse(r.token().Start, "CREATE TABLE", "LIKE isn't translated", hintBackend)
			return
		}
		r.element()
		if !r.symbol(",") && !r.token().IsSymbol(")") {
			r.unexpected()
		}
	}
	r.advance()
	r.refuseOwnName(table, from)
}

// element translates a column or a constraint, up to the comma or bracket behind it.
func (r *reader) element() {
	for r.refusal == nil {
		switch t := r.token(); {
		case t.IsSymbol(","), t.IsSymbol(")"), t.Kind == tree.EndToken:
			return
		case t.IsSymbol("("):
			r.brackets()
		case t.IsSymbol("["): // of an array
			r.squares()
		default:
			r.part()
		}
	}
}

// part translates one word of a column or constraint, with the name behind it.
func (r *reader) part() {
	afterDot := r.at > 0 && r.tokens[r.at-1].IsSymbol(".")
	switch {
	case afterDot:
		r.advance()
	case r.accept("references"):
		r.relation(!r.sqlite()) // SQLite looks in the table's own schema, and takes no other
	case r.accept("constraint"):
		r.constraint()
	default:
		r.advance()
	}
}

// constraint translates the name of a constraint. It is an index's in PostgreSQL, if it is one of uniqueness; in SQLite nothing refers to
// it but messages.
func (r *reader) constraint() {
	if r.sqlite() {
		r.name()
		return
	}
	r.own()
}

// brackets passes over brackets and what is in them.
func (r *reader) brackets() {
	from := r.at
	r.enclosed("(", ")")
	if from > 0 && r.tokens[from-1].Is("identity") {
		for i := from; i < r.at; i++ {
			r.refuseSequence(i)
		}
	}
}

// refuseSequence refuses an option of an identity column, at a token, that names a relation: its sequence, or the sequence's owner.
func (r *reader) refuseSequence(at int) {
	if r.sqlite() || at+1 >= len(r.tokens) {
		return
	}
	switch first, second := r.tokens[at], r.tokens[at+1]; {
	case first.Is("sequence") && second.Is("name"):
		r.refuse(first.Start, "SEQUENCE NAME", "the name of an identity column's sequence isn't translated",
			"leave it out: PostgreSQL calls the sequence after its table and column")
	case first.Is("owned") && second.Is("by"):
		r.refuse(first.Start, "OWNED BY", "the name of a sequence's owner isn't translated", "leave it out: the sequence belongs to its column")
	}
}

func (r *reader) squares() { r.enclosed("[", "]") }

func (r *reader) enclosed(open, closing string) {
	if !r.token().IsSymbol(open) {
		r.unexpected()
		return
	}
	for depth := 0; r.refusal == nil; r.advance() {
		switch t := r.token(); {
		case t.IsSymbol(open):
			depth++
		case t.IsSymbol(closing):
			if depth--; depth == 0 {
				r.advance()
				return
			}
		case t.Kind == tree.EndToken:
			r.unexpected()
		}
	}
}

// refuseOwnName refuses columns with their table's name before them, from a token on: the name isn't the table's any more.
func (r *reader) refuseOwnName(table tree.Token, from int) {
	if r.names.Prefix == "" {
		return
	}
	for i := from; i+1 < len(r.tokens) && r.refusal == nil; i++ {
		t := r.tokens[i]
		isName := t.Kind == tree.WordToken || t.Kind == tree.NameToken || t.Kind == tree.StringToken && r.sqlite()
		if isName && r.folded(t.Name) == r.folded(table.Name) && r.tokens[i+1].IsSymbol(".") {
			r.refuse(t.Start, "column", "the table's name stands before it", "write the column without it")
		}
	}
}

// createIndex translates what follows CREATE INDEX.
func (r *reader) createIndex() {
	r.accept("concurrently")
	named := r.ifNotExists()
	if named || !r.token().Is("on") {
		if r.sqlite() {
			r.index()
		} else {
			r.own()
		}
	}
	if r.refusal == nil && !r.accept("on") {
		r.unexpected()
	}
	r.accept("only")
	from := r.at
	table := r.relation(!r.sqlite())
	for r.refusal == nil && r.token().Kind != tree.EndToken {
		r.advance()
	}
	r.refuseOwnName(table, from)
}
