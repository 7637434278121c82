package oracletest

import (
	"errors"
	"slices"

	analysis "github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/messages"
)

// refusal returns the code of a refusal, and whether err is one.
func refusal(err error) (string, bool) {
	if !errors.Is(err, messages.ErrRefused) {
		return "", false
	}
	var r *analysis.Refusal
	if !errors.As(err, &r) {
		return "", true
	}
	return string(r.Code), true
}

// planned are the codes of package plan, which shows no list of them.
var planned = []string{
	"statement", "clause", "order", "limit", "distinct", "group", "aggregate", "expression", "window", "insert", "reference",
}

// knownReason reports whether code is one of the fixed list.
func knownReason(code string) bool {
	return slices.Contains(analysis.Reasons(), analysis.Code(code)) || slices.Contains(planned, code)
}
