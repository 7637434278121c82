package oracletest

import (
	"errors"
	"slices"

	"github.com/troupedb/troupe/coordinator/plan"
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

// knownReason reports whether code is one of the fixed list.
func knownReason(code string) bool { return slices.Contains(plan.Reasons(), analysis.Code(code)) }
