package plan

import (
	"reflect"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// comparer compares trees. Spans never count.
type comparer struct {
	// loose says that parentheses and quotes don't count.
	loose bool
	// only are the names of the only item of a FROM: a column is the same with it as without.
	only string
	// old has the ordinal in the first tree of each parameter of the second, from 1; nil if they are the same.
	old []int
}

// equal reports whether two nodes are of the same meaning as far as c looks.
func (c *comparer) equal(a, b tree.Node) bool {
	return c.values(reflect.ValueOf(&a).Elem(), reflect.ValueOf(&b).Elem())
}

var (
	spanType  = reflect.TypeFor[tree.Span]()
	identType = reflect.TypeFor[tree.Ident]()
)

// values compares any parts of two trees, which have no cycles and are of bounded depth. That it goes by reflection keeps it
// true when a node gets another field.
func (c *comparer) values(a, b reflect.Value) bool {
	switch a.Kind() {
	case reflect.Interface:
		return c.interfaces(a, b)
	case reflect.Pointer:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		return c.pointers(a, b)
	case reflect.Slice:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !c.values(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Struct:
		return c.structs(a, b)
	default:
		return a.Equal(b)
	}
}

func (c *comparer) interfaces(a, b reflect.Value) bool {
	if a.IsNil() || b.IsNil() {
		return a.IsNil() == b.IsNil()
	}
	if c.loose {
		a, b = withoutParens(a), withoutParens(b)
	}
	a, b = a.Elem(), b.Elem()
	return a.Type() == b.Type() && c.values(a, b)
}

func withoutParens(v reflect.Value) reflect.Value {
	for {
		p, ok := v.Interface().(*tree.Paren)
		if !ok {
			return v
		}
		v = reflect.ValueOf(p).Elem().FieldByName("X")
	}
}

func (c *comparer) pointers(a, b reflect.Value) bool {
	switch x := a.Interface().(type) {
	case *tree.Param:
		return c.parameters(x, b.Interface().(*tree.Param))
	case *tree.Column:
		if c.loose {
			return c.columns(x, b.Interface().(*tree.Column))
		}
	}
	return c.values(a.Elem(), b.Elem())
}

func (c *comparer) structs(a, b reflect.Value) bool {
	switch a.Type() {
	case spanType:
		return true
	case identType:
		x, y := a.Interface().(tree.Ident), b.Interface().(tree.Ident)
		return x.Name == y.Name && (c.loose || x.Quoted == y.Quoted)
	}
	for i := range a.NumField() {
		if !c.values(a.Field(i), b.Field(i)) {
			return false
		}
	}
	return true
}

func (c *comparer) parameters(a, b *tree.Param) bool {
	if a.Name != "" || b.Name != "" {
		return a.Name == b.Name
	}
	if c.old == nil {
		return a.Ordinal == b.Ordinal
	}
	return b.Ordinal <= len(c.old) && c.old[b.Ordinal-1] == a.Ordinal
}

func (c *comparer) columns(a, b *tree.Column) bool {
	if a.Name.Name != b.Name.Name {
		return false
	}
	qa, qb := c.qualifier(a), c.qualifier(b)
	if len(qa) != len(qb) {
		return false
	}
	for i := range qa {
		if qa[i].Name != qb[i].Name {
			return false
		}
	}
	return true
}

func (c *comparer) qualifier(n *tree.Column) []tree.Ident {
	if c.only != "" && len(n.Qualifier) == 1 && n.Qualifier[0].Name == c.only {
		return nil
	}
	return n.Qualifier
}
