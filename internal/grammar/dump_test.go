package grammar_test

import (
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// dump writes a tree of the real grammar without the places in the text that its nodes have: equal dumps are equal trees.
func dump(m proto.Message) string {
	var b strings.Builder
	dumpMessage(&b, m.ProtoReflect())
	return b.String()
}

func dumpMessage(b *strings.Builder, m protoreflect.Message) {
	b.WriteString(string(m.Descriptor().Name()))
	b.WriteByte('(')
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if isPlace(string(f.Name())) {
			return true
		}
		b.WriteString(string(f.Name()))
		b.WriteByte('=')
		if !f.IsList() {
			dumpValue(b, f, v)
			return true
		}
		list := v.List()
		b.WriteByte('[')
		for i := range list.Len() {
			dumpValue(b, f, list.Get(i))
		}
		b.WriteByte(']')
		return true
	})
	b.WriteByte(')')
}

func dumpValue(b *strings.Builder, f protoreflect.FieldDescriptor, v protoreflect.Value) {
	if f.Message() != nil {
		dumpMessage(b, v.Message())
	} else {
		b.WriteString(strconv.Quote(v.String()))
	}
	b.WriteByte(' ')
}

func isPlace(field string) bool {
	return field == "location" || field == "stmt_len" || strings.HasSuffix(field, "_location")
}

// difference returns the two texts from a little before where they begin to differ.
func difference(a, b string) (string, string) {
	same := 0
	for same < len(a) && same < len(b) && a[same] == b[same] {
		same++
	}
	cut := func(s string) string { return s[max(0, same-150):min(len(s), same+250)] }
	return cut(a), cut(b)
}
