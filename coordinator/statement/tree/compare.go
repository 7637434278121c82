package tree

import "reflect"

// Comparer compares trees. Spans never count. The zero value wants them equal but for these.
type Comparer struct {
	// Loose says that parentheses and quotes don't count. Defaults to false.
	Loose bool
	// Only is the name of the only item of a FROM: a column is the same with it as without. Defaults to none.
	Only string
	// Old has the ordinal in the first tree of each parameter of the second, from 1. Defaults to the same ordinals.
	Old []int
	// Expected has, for nodes of the first tree, what is to be compared instead of them: copies with a part changed, of the same type.
	// Defaults to none.
	Expected map[Node]Node
}

// Equal reports whether two nodes are of the same meaning as far as c looks.
func (c *Comparer) Equal(a, b Node) bool {
	return c.values(reflect.ValueOf(&a).Elem(), reflect.ValueOf(&b).Elem())
}

var (
	spanType  = reflect.TypeFor[Span]()
	identType = reflect.TypeFor[Ident]()
)

// values compares any parts of two trees, which have no cycles and are of bounded depth. That it goes by reflection keeps it
// true when a node gets another field.
func (c *Comparer) values(a, b reflect.Value) bool {
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

func (c *Comparer) interfaces(a, b reflect.Value) bool {
	if a.IsNil() || b.IsNil() {
		return a.IsNil() == b.IsNil()
	}
	if c.Loose {
		a, b = withoutParens(a), withoutParens(b)
	}
	a, b = a.Elem(), b.Elem()
	return a.Type() == b.Type() && c.values(a, b)
}

func withoutParens(v reflect.Value) reflect.Value {
	for {
		p, ok := v.Interface().(*Paren)
		if !ok {
			return v
		}
		v = reflect.ValueOf(p).Elem().FieldByName("X")
	}
}

func (c *Comparer) pointers(a, b reflect.Value) bool {
	if len(c.Expected) > 0 {
		if node, ok := a.Interface().(Node); ok && c.Expected[node] != nil {
			a = reflect.ValueOf(c.Expected[node])
		}
	}
	switch x := a.Interface().(type) {
	case *Param:
		return c.parameters(x, b.Interface().(*Param))
	case *Column:
		if c.Loose {
			return c.columns(x, b.Interface().(*Column))
		}
	}
	return c.values(a.Elem(), b.Elem())
}

func (c *Comparer) structs(a, b reflect.Value) bool {
	switch a.Type() {
	case spanType:
		return true
	case identType:
		x, y := a.Interface().(Ident), b.Interface().(Ident)
		return x.Name == y.Name && (c.Loose || x.Quoted == y.Quoted)
	}
	for i := range a.NumField() {
		if !c.values(a.Field(i), b.Field(i)) {
			return false
		}
	}
	return true
}

func (c *Comparer) parameters(a, b *Param) bool {
	if a.Name != "" || b.Name != "" {
		return a.Name == b.Name
	}
	if c.Old == nil {
		return a.Ordinal == b.Ordinal
	}
	return b.Ordinal <= len(c.Old) && c.Old[b.Ordinal-1] == a.Ordinal
}

func (c *Comparer) columns(a, b *Column) bool {
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

func (c *Comparer) qualifier(n *Column) []Ident {
	if c.Only != "" && len(n.Qualifier) == 1 && n.Qualifier[0].Name == c.Only {
		return nil
	}
	return n.Qualifier
}
