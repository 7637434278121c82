package translate

import (
	"errors"
	"fmt"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/postgresql"
	"github.com/troupedb/troupe/coordinator/statement/sqlite"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// Text returns a text of one statement or several with its names translated. Without names it is the text. It is safe for
// concurrent use.
//
// What can't be translated is an error of code [messages.ErrRefused] whose cause is a [*statement.Refusal] of code [Untranslated]; what
// isn't SQL at all is [messages.ErrInvalidRequest].
func Text(d messages.Dialect, names shardworker.Names, sql string) (string, error) {
	if names.IsZero() {
		return sql, nil
	}
	n := naming{d, names}
	tokens, err := n.lex(sql)
	if err != nil {
		return "", &messages.Error{Code: messages.ErrInvalidRequest, Op: "parse", Detail: "not understood as " + d.String(), Err: err}
	}
	var changes edits
	for len(tokens) > 1 {
		next := 0
		for !tokens[next].IsSymbol(";") && tokens[next].Kind != tree.EndToken {
			next++
		}
		if next > 0 {
			span := tree.Span{Start: tokens[0].Start, End: tokens[next-1].End}
			out, err := n.one(sql, span, tokens[:next])
			if err != nil {
				return "", err
			}
			changes.replace(span, out)
		}
		tokens = tokens[min(next+1, len(tokens)-1):]
	}
	return changes.apply(sql), nil
}

// Identifier returns a table's name, as its parts, translated: for what names a table without being a statement, as COPY does. It
// is [messages.ErrRefused] for a name with a schema.
func Identifier(d messages.Dialect, names shardworker.Names, table []string) ([]string, error) {
	if names.IsZero() {
		return table, nil
	}
	translated, refusal := naming{d, names}.identifier(table)
	return translated, refusal.Err()
}

func (n naming) lex(text string) ([]tree.Token, error) {
	if n.sqlite() {
		return sqlite.Lex(text)
	}
	return postgresql.Lex(text)
}

// one translates the statement at span, whose tokens these are.
func (n naming) one(sql string, span tree.Span, tokens []tree.Token) (string, error) {
	text := span.Of(sql)
	switch first := tokens[0]; {
	case first.IsSymbol("("), first.Kind == tree.WordToken && rowsWords[first.Name]:
		out, err := n.rows(text)
		return out, moved(err, span.Start)
	case first.Kind == tree.WordToken && transactionWords[first.Name], startsTransaction(tokens):
		return text, nil
	case first.Is("explain"):
		return n.explain(sql, span, tokens)
	default:
		return n.definition(sql, span, tokens)
	}
}

// rowsWords begin the statements that read or change rows.
var rowsWords = map[string]bool{
	"select": true, "values": true, "table": true, "with": true, "insert": true, "replace": true, "update": true, "delete": true,
}

// transactionWords begin the statements that control transactions, and name no tables.
var transactionWords = map[string]bool{
	"begin": true, "commit": true, "end": true, "rollback": true, "abort": true, "savepoint": true, "release": true,
}

// startsTransaction reports whether the tokens are START TRANSACTION or SET TRANSACTION.
func startsTransaction(tokens []tree.Token) bool {
	return len(tokens) > 1 && (tokens[0].Is("start") || tokens[0].Is("set")) && tokens[1].Is("transaction")
}

// explain translates the statement that is explained.
func (n naming) explain(sql string, span tree.Span, tokens []tree.Token) (string, error) {
	i := 1
	if i < len(tokens) && tokens[i].IsSymbol("(") && !(i+1 < len(tokens) && rowsWords[tokens[i+1].Name]) {
		for i < len(tokens) && !tokens[i].IsSymbol(")") {
			i++
		}
		i++
	}
	for i < len(tokens) && (tokens[i].Is("query") || tokens[i].Is("plan") || tokens[i].Is("analyze") || tokens[i].Is("analyse") || tokens[i].Is("verbose")) {
		i++
	}
	if i >= len(tokens) || tokens[i].Is("explain") {
		return "", refuse(span.Start, "EXPLAIN", "no statement is explained", hintBackend).Err()
	}
	inner := tree.Span{Start: tokens[i].Start, End: span.End}
	out, err := n.one(sql, inner, tokens[i:])
	return sql[span.Start:inner.Start] + out, err
}

// moved returns an error about a part of a text as one about the text, in which the part begins at a place.
func moved(err error, by int) error {
	var r *statement.Refusal
	if by > 0 && errors.As(err, &r) {
		said := *r
		said.Offset += by
		return said.Err()
	}
	return err
}

// unread returns the error of a statement that can't be read: the hint of others wouldn't help.
func unread(err error) error {
	var r *statement.Refusal
	if errors.As(err, &r) {
		return refuse(r.Offset, r.Clause, fmt.Sprintf("%s, so that its names can't be translated", r.Reason), hintBackend).Err()
	}
	return err
}
