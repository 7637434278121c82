package translate

import "github.com/troupedb/troupe/coordinator/statement/tree"

// alterTable translates what follows ALTER TABLE.
func (r *reader) alterTable() {
	r.ifExists()
	r.accept("only")
	from := r.at
	table := r.relation(true)
	r.symbol("*")
	if r.refusal == nil {
		r.list(r.action)
	}
	r.refuseOwnName(table, from)
}

// action translates one change of a table.
func (r *reader) action() {
	switch {
	case r.accept("add"):
		r.added()
	case r.accept("drop", "constraint"):
		r.ifExists()
		r.constraint()
		r.cascade()
	case r.accept("validate", "constraint"):
		r.constraint()
	case r.accept("alter", "constraint"):
		r.constraint()
		r.rest()
	case r.accept("drop"), r.accept("alter"):
		r.rest()
	case r.accept("rename"):
		r.renamed()
	default:
		r.refuse(r.token().Start, "ALTER TABLE", "of its changes only ADD, DROP, ALTER, RENAME and VALIDATE are translated", hintBackend)
	}
}

// renamed translates what follows RENAME.
func (r *reader) renamed() {
	switch {
	case r.accept("to"): // a name without schema: the table stays where it is
		r.relation(false)
	case r.accept("constraint"):
		r.constraint()
		r.to()
		r.constraint()
	default:
		if r.token().Is("column") && !r.ahead(1).Is("to") {
			r.advance()
		}
		r.name()
		r.to()
		r.name()
	}
}

func (r *reader) to() {
	if r.refusal == nil && !r.accept("to") {
		r.unexpected()
	}
}

// added translates what follows ADD: a column or a constraint.
func (r *reader) added() {
	if r.token().Is("column") {
		r.advance()
	}
	r.ifNotExists()
	for r.refusal == nil {
		switch t := r.token(); {
		case t.IsSymbol(","), t.Kind == tree.EndToken:
			return
		case t.Is("unique") && r.ahead(1).Is("using"), t.Is("key") && r.ahead(1).Is("using"):
			r.advance()
			if r.accept("using", "index") && !r.token().Is("tablespace") {
				r.own()
			}
		case t.IsSymbol("("):
			r.brackets()
		case t.IsSymbol("["):
			r.squares()
		default:
			r.part()
		}
	}
}

// rest passes over what is left of a change, up to the comma or the end.
func (r *reader) rest() {
	for r.refusal == nil {
		switch t := r.token(); {
		case t.IsSymbol(","), t.Kind == tree.EndToken:
			return
		case t.IsSymbol("("):
			r.brackets()
		case t.IsSymbol("["):
			r.squares()
		case t.Is("set"):
			r.advance()
			r.refuseSequence(r.at)
		default:
			r.advance()
		}
	}
}
