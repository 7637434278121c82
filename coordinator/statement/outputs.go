package statement

import (
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// maxOutputs is how many columns a query is understood to have: stars of stars would have any number.
const maxOutputs = 2048

// columnsOf returns the columns of a range variable, as far as they are known.
func columnsOf(v *rangeVar) *outputs {
	if v.columns != nil {
		return v.columns
	}
	o := &outputs{}
	if v.decl == nil {
		return o
	}
	names := v.decl.Columns
	o.complete = len(names) > 0
	if !o.complete {
		for _, k := range v.decl.Keys {
			names = append(names, k.Name)
		}
	}
	for _, name := range names {
		o.columns = append(o.columns, output{name: name, slot: v.slot(name), table: v.decl.Name, column: name})
	}
	return o
}

// renamed returns columns whose first have other names. If their order isn't known, nothing is known of them.
func renamed(o *outputs, to []tree.Ident) *outputs {
	if !o.complete || len(to) > len(o.columns) {
		return &outputs{}
	}
	r := &outputs{columns: append([]output(nil), o.columns...), complete: true}
	for i, name := range to {
		r.columns[i].name = name.Name
	}
	return r
}

// outputsOf returns the columns of a block whose FROM is bound. passes says that it passes keys on.
func outputsOf(l *level, b *tree.Block, passes bool) *outputs {
	v := l.whole()
	o := &outputs{complete: true}
	if b.TableCommand {
		o.addStar(l, &tree.Star{}, passes)
	}
	for _, t := range b.Targets {
		if len(o.columns) > maxOutputs {
			return &outputs{}
		}
		if star, ok := t.X.(*tree.Star); ok {
			o.addStar(l, star, passes)
			continue
		}
		out := output{name: outputName(t)}
		if c, ok := tree.Bare(t.X).(*tree.Column); ok {
			if r := v.resolve(c); r.in != nil && r.up == 0 {
				out.table, out.column, _ = r.in.own(c.Name.Name)
				if passes && !r.in.nullable {
					out.slot = r.in.slot(c.Name.Name)
				}
			}
		}
		o.columns = append(o.columns, out)
	}
	if !o.complete {
		o.hideAliases(b)
	}
	return o
}

func (o *outputs) addStar(l *level, star *tree.Star, passes bool) {
	var vars []*rangeVar
	merged := false
	if n := len(star.Qualifier); n > 0 {
		c := &tree.Column{Qualifier: star.Qualifier[:n-1], Name: star.Qualifier[n-1]}
		for _, v := range l.vars {
			if !v.hidden && v.name == c.Name.Name {
				vars = append(vars, v)
			}
		}
		if len(vars) != 1 {
			o.complete = false
			return
		}
	} else {
		merged = len(l.merged) > 0
		for _, v := range l.vars {
			if !v.hidden {
				vars = append(vars, v)
			}
		}
	}
	unknown := 0
	for _, v := range vars {
		if !columnsOf(v).complete {
			unknown++
		}
	}
	for _, v := range vars {
		from := columnsOf(v)
		if !from.complete || merged {
			o.complete = false
		}
		for _, c := range from.columns {
			if !passes || v.nullable || merged && unknown > 0 {
				c.slot = nil
			}
			// A table whose columns aren't known may have one of the same name.
			if unknown > 1 || unknown == 1 && from.complete {
				c.slot = nil
			}
			if len(o.columns) > maxOutputs {
				o.complete = false
				return
			}
			o.columns = append(o.columns, c)
		}
	}
	if merged {
		o.mergeNames(l)
	}
}

// mergeNames leaves one of the columns that a join has merged, if they are keys that are equal.
func (o *outputs) mergeNames(l *level) {
	for _, m := range l.merged {
		kept := o.columns[:0]
		seen := false
		for _, c := range o.columns {
			if c.name == m.name {
				if m.owner == nil {
					c.slot = nil
				}
				if seen {
					continue
				}
				seen = true
			}
			kept = append(kept, c)
		}
		o.columns = kept
	}
}

// hideAliases forgets the keys that stand beside a star whose columns aren't all known: one of these may have the same name,
// and which one is meant then isn't certain.
func (o *outputs) hideAliases(b *tree.Block) {
	stars := 0
	for _, t := range b.Targets {
		if _, ok := t.X.(*tree.Star); ok {
			if stars++; stars > 1 {
				o.columns = nil
				return
			}
		}
	}
	for _, t := range b.Targets {
		if _, ok := t.X.(*tree.Star); ok {
			continue
		}
		name := outputName(t)
		for i := range o.columns {
			if o.columns[i].name == name {
				o.columns[i].slot, o.columns[i].table = nil, ""
			}
		}
	}
}

// outputName returns the name of an output, or what may be its name; empty if nothing else has it.
func outputName(t *tree.Target) string {
	if t.Alias != nil {
		return t.Alias.Name
	}
	e := t.X
	for {
		switch n := e.(type) {
		case *tree.Paren:
			e = n.X
		case *tree.Cast:
			e = n.X
		case *tree.Collate:
			e = n.X
		case *tree.Column:
			return n.Name.Name
		case *tree.Call:
			if name := callName(n); len(n.Args) != 1 || name != "likely" && name != "unlikely" {
				return name
			}
			e = n.Args[0]
		default:
			return ""
		}
	}
}
