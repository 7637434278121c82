package postgresql_test

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

var spanType = reflect.TypeFor[tree.Span]()

// shape returns a tree as text, without its spans: what two texts have in common that differ in white space.
func shape(n tree.Node) string {
	var b strings.Builder
	writeShape(&b, reflect.ValueOf(n))
	return b.String()
}

func writeShape(b *strings.Builder, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			b.WriteString("-")
			return
		}
		writeShape(b, v.Elem())
	case reflect.Slice:
		b.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				b.WriteByte(' ')
			}
			writeShape(b, v.Index(i))
		}
		b.WriteByte(']')
	case reflect.Struct:
		b.WriteString(v.Type().Name())
		separator := "{"
		for i := range v.NumField() {
			if v.Field(i).Type() != spanType && !v.Field(i).IsZero() {
				b.WriteString(separator + v.Type().Field(i).Name + ":")
				separator = " "
				writeShape(b, v.Field(i))
			}
		}
		if separator == "{" {
			b.WriteString(separator)
		}
		b.WriteByte('}')
	default:
		fmt.Fprintf(b, "%v", v.Interface())
	}
}

// bracketed returns a text with brackets around every expression that has others in it, and every set operation and join.
func bracketed(text string, n tree.Node) string {
	var b strings.Builder
	writeBracketed(&b, text, n)
	return strings.Join(strings.Fields(b.String()), " ")
}

func writeBracketed(b *strings.Builder, text string, n tree.Node) {
	var brackets bool
	switch n := n.(type) {
	case *tree.Paren, *tree.Subquery:
	case *tree.Query:
		_, brackets = n.Body.(*tree.SetOp)
	case *tree.SetOp, *tree.Join:
		brackets = true
	case tree.Expr:
		tree.Children(n, func(tree.Node) { brackets = true })
	}
	if brackets {
		b.WriteByte('{')
	}
	at := n.Extent().Start
	tree.Children(n, func(child tree.Node) {
		b.WriteString(text[at:child.Extent().Start])
		writeBracketed(b, text, child)
		at = child.Extent().End
	})
	b.WriteString(text[at:n.Extent().End])
	if brackets {
		b.WriteByte('}')
	}
}
