package postgresql

import (
	"strings"
	"unicode/utf8"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// maxName is how many bytes of a name count.
const maxName = 63

// names reports whether a token is a name, given what the keywords may be that are names here.
func (t token) names(classes ...class) bool {
	switch t.kind {
	case nameToken, escapedNameToken:
		return true
	case wordToken:
		for _, c := range classes {
			if keywords[t.keyword].class == c {
				return true
			}
		}
	}
	return false
}

// isColumnName reports whether a token can name a column, a table, an alias.
func (t token) isColumnName() bool { return t.names(unreserved, columnName) }

// isFunctionName reports whether a token can name a function or a type.
func (t token) isFunctionName() bool { return t.names(unreserved, functionName) }

// isName reports whether a token is a name at all: any word can name an output column after AS.
func (t token) isName() bool { return t.names(unreserved, columnName, functionName, reserved) }

// columnName reads the name of a column, a table, an alias.
func (p *parser) columnName() tree.Ident { return p.nameIf(p.token().isColumnName()) }

// label reads a name where any word is one: after AS, and after a dot.
func (p *parser) label() tree.Ident { return p.nameIf(p.token().isName()) }

func (p *parser) nameIf(ok bool) tree.Ident {
	if !ok {
		p.unexpected()
		return tree.Ident{}
	}
	t := p.token()
	p.advance()
	return p.ident(t)
}

// ident returns the name that a token is, as the server folds and shortens it.
func (p *parser) ident(t token) tree.Ident {
	id := tree.Ident{Span: tree.Span{Start: int(t.start), End: int(t.end)}}
	source := p.source(t)
	switch t.kind {
	case nameToken:
		id.Quoted = true
		id.Name = unquoted(source, '"')
	case escapedNameToken:
		id.Quoted = true
		id.Name, id.End = p.unicodeText(t)
	default:
		id.Name = fold(source)
	}
	id.Name = clip(id.Name, maxName)
	return id
}

// dotted reads names with dots between them, of which the first is a column's, a table's or the like.
func (p *parser) dotted() []tree.Ident {
	names := []tree.Ident{p.columnName()}
	for p.accept('.') {
		names = append(names, p.label())
	}
	return names
}

// columnNames reads names in parentheses, with commas between them.
func (p *parser) columnNames() []tree.Ident {
	p.want('(')
	names := []tree.Ident{p.columnName()}
	for p.accept(',') {
		names = append(names, p.columnName())
	}
	p.want(')')
	return names
}

// fold puts a name into lower case, ASCII only, as the server does with a database in UTF-8.
func fold(name string) string {
	for i := range len(name) {
		if c := name[i]; 'A' <= c && c <= 'Z' {
			lower := []byte(name)
			for ; i < len(lower); i++ {
				if c := lower[i]; 'A' <= c && c <= 'Z' {
					lower[i] = c + 'a' - 'A'
				}
			}
			return string(lower)
		}
	}
	return name
}

// unquoted returns what stands between quotes.
func unquoted(source string, quote byte) string {
	inner := source[1 : len(source)-1]
	if strings.IndexByte(inner, quote) < 0 {
		return inner
	}
	one := string(quote)
	return strings.ReplaceAll(inner, one+one, one)
}

// clip shortens a text to at most n bytes, without cutting through a character.
func clip(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}
