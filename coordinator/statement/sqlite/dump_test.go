package sqlite_test

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// dump prints a tree without spans, without parentheses of expressions, and without what is zero. Names are printed as
// name or "name", literals as Go values.
func dump(n any) string {
	var b strings.Builder
	dumpValue(&b, reflect.ValueOf(n))
	return b.String()
}

func dumpValue(b *strings.Builder, v reflect.Value) {
	for v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer {
		if v.IsNil() {
			b.WriteString("nil")
			return
		}
		v = v.Elem()
	}
	switch n := v.Interface().(type) {
	case tree.Paren:
		dumpValue(b, reflect.ValueOf(n.X))
	case tree.Ident:
		dumpIdent(b, n)
	case tree.Literal:
		fmt.Fprintf(b, "%T(%v)", n.Value, n.Value)
	case []byte:
		fmt.Fprintf(b, "%x", n)
	default:
		dumpShape(b, v)
	}
}

func dumpIdent(b *strings.Builder, n tree.Ident) {
	if n.Quoted {
		fmt.Fprintf(b, "%q", n.Name)
		return
	}
	b.WriteString(n.Name)
}

func dumpShape(b *strings.Builder, v reflect.Value) {
	switch v.Kind() {
	case reflect.Slice:
		b.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				b.WriteByte(' ')
			}
			dumpValue(b, v.Index(i))
		}
		b.WriteByte(']')
	case reflect.Struct:
		b.WriteString(v.Type().Name() + "{")
		separator := ""
		for i := range v.NumField() {
			if v.Field(i).Type() == reflect.TypeFor[tree.Span]() || v.Field(i).IsZero() {
				continue
			}
			b.WriteString(separator)
			separator = " "
			if f := v.Type().Field(i); v.Field(i).Kind() == reflect.Bool {
				b.WriteString(f.Name)
			} else {
				b.WriteString(f.Name + ":")
				dumpValue(b, v.Field(i))
			}
		}
		b.WriteByte('}')
	default:
		fmt.Fprint(b, v.Interface())
	}
}
