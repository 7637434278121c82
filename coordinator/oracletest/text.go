package oracletest

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/troupedb/troupe/messages"
)

// writer writes a statement's text and collects its arguments.
type writer struct {
	b       strings.Builder
	dialect messages.Dialect
	args    []any
	numbers map[*value]int // a leaf that stands in several places is one parameter
	repeats bool           // one does
	style   int            // of parameters in SQLite
	odd     *rand.Rand     // makes white space, comments and case odd; nil for a plain text
	inline  bool           // write every value as a literal
}

// put writes words of SQL, which have no quotes and no names in them that matter.
func (w *writer) put(sql string) {
	if w.odd == nil {
		w.b.WriteString(sql)
		return
	}
	for i, word := range strings.Split(sql, " ") {
		if i > 0 {
			w.space()
		}
		if w.odd.IntN(3) == 0 {
			word = strings.ToUpper(word)
		}
		w.b.WriteString(word)
	}
}

// space writes something that separates words. What the comments say must not be believed.
func (w *writer) space() {
	w.b.WriteString(among(w.odd, []string{
		" ", " ", " ", " ", "  ", "\n", "\t ", "\r\n", " /* where k = 1 */ ", " -- and k = 'x' limit 1\n", "/**/", " --\n ", " /* ; */ ", "/* ' */",
	}))
}

// reserved are names that need quotes.
var reserved = map[string]bool{"select": true, "from": true, "order": true, "group": true, "key": true}

// name writes an identifier.
func (w *writer) name(name string) {
	plain := !reserved[name]
	for i, c := range []byte(name) {
		plain = plain && (c >= 'a' && c <= 'z' || c == '_' || i > 0 && c >= '0' && c <= '9')
	}
	switch {
	case w.odd == nil && plain:
		w.b.WriteString(name)
	case plain && w.odd.IntN(3) > 0:
		if w.odd.IntN(2) == 0 {
			name = strings.ToUpper(name)
		}
		w.b.WriteString(name)
	case w.odd != nil && w.dialect == messages.SQLite && w.odd.IntN(2) == 0:
		w.b.WriteString(among(w.odd, []string{"[" + name + "]", "`" + name + "`"}))
	default:
		w.b.WriteString(quoted(name))
	}
}

// qualified writes a column's name.
func (w *writer) qualified(qualifier, name string) {
	if qualifier != "" {
		w.name(qualifier)
		w.b.WriteString(".")
	}
	w.name(name)
}

// leaf writes a value, as a literal or as a parameter.
func (w *writer) leaf(l *leaf) {
	if l.parameter && !w.inline {
		w.parameter(l)
		return
	}
	literal := l.literal(w.dialect)
	if strings.HasPrefix(literal, "-") && strings.HasSuffix(w.b.String(), "-") {
		w.b.WriteString(" ")
	}
	w.b.WriteString(literal)
}

func (w *writer) parameter(l *leaf) {
	n, again := w.numbers[&l.value]
	if !again {
		w.args = append(w.args, l.argument(w.dialect))
		n = len(w.args)
		w.numbers[&l.value] = n
	}
	w.repeats = w.repeats || again
	switch {
	case w.dialect == messages.PostgreSQL:
		fmt.Fprintf(&w.b, "$%d%s", n, l.cast)
	case w.style == 1:
		fmt.Fprintf(&w.b, "?%d", n)
	case w.style == 2:
		w.b.WriteString("?")
	default:
		fmt.Fprintf(&w.b, "$%d", n)
	}
}

// leaf is a value in a statement.
type leaf struct {
	value
	list      []value // an array, in place of the value
	spelling  int
	parameter bool
	cast      string // behind a parameter, in PostgreSQL
}

func (l *leaf) literal(d messages.Dialect) string {
	if l.list == nil {
		return l.value.literal(d, l.spelling)
	}
	parts := make([]string, len(l.list))
	for i, v := range l.list {
		parts[i] = v.literal(d, 5)
	}
	return "array[" + strings.Join(parts, ", ") + "]"
}

func (l *leaf) argument(d messages.Dialect) any {
	if l.list == nil {
		return l.value.argument(d, l.spelling)
	}
	if l.list[0].kind == text {
		texts := make([]string, len(l.list))
		for i, v := range l.list {
			texts[i] = v.s
		}
		return texts
	}
	numbers := make([]int64, len(l.list))
	for i, v := range l.list {
		numbers[i] = v.i
	}
	return numbers
}
