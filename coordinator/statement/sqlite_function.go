package statement

import (
	"strings"

	"github.com/sqlc-dev/meyer/ast"
)

var (
	sqliteAggregates = set(`avg count group_concat string_agg sum total median percentile percentile_cont percentile_disc
		json_group_array json_group_object jsonb_group_array jsonb_group_object`)
	sqliteVolatile = set(`changes last_insert_rowid load_extension random randomblob sqlite_compileoption_get
		sqlite_compileoption_used sqlite_offset sqlite_source_id sqlite_version total_changes`)
	// sqliteScalars are built-in functions whose value depends on their arguments only.
	sqliteScalars = set(`abs char coalesce concat concat_ws format glob hex if ifnull iif instr length like likelihood
		likely lower ltrim nullif octet_length printf quote replace round rtrim sign substr substring trim typeof unhex
		unicode unistr unistr_quote unlikely upper zeroblob
		acos acosh asin asinh atan atan2 atanh ceil ceiling cos cosh degrees exp floor ln log log10 log2 mod pi pow
		power radians sin sinh sqrt tan tanh trunc
		json json_array json_array_length json_error_position json_extract json_insert json_object json_patch
		json_pretty json_quote json_remove json_replace json_set json_type json_valid jsonb jsonb_array jsonb_extract
		jsonb_insert jsonb_object jsonb_patch jsonb_remove jsonb_replace jsonb_set`)
	// sqliteClocks maps functions that read the clock if a time is missing or 'now' to the places of their times.
	sqliteClocks = map[string][]int{
		"date": {0}, "time": {0}, "datetime": {0}, "julianday": {0}, "unixepoch": {0}, "strftime": {1}, "timediff": {0, 1},
	}
)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

func plainCall(n *ast.FuncCall) *Refusal {
	name := foldName(n.Name.Name)
	clause := name + "()"
	places, clock := sqliteClocks[name]
	switch {
	case n.Over != nil:
		return refuse(clause+" OVER", n.Pos(), "its window may hold rows of other shards", hintPin)
	case sqliteAggregates[name], n.Distinct, n.Filter != nil, len(n.OrderBy) > 0,
		(name == "min" || name == "max") && len(n.Args) < 2:
		return refuse(clause, n.Pos(), "an aggregate's rows may live on several shards", hintClient)
	case sqliteVolatile[name]:
		return refuse(clause, n.Pos(), reasonVaries, hintCompute)
	case clock:
		for _, i := range places {
			if i >= len(n.Args) || mayBeNow(n.Args[i]) {
				return refuse(clause, n.Pos(), reasonClock, hintCompute)
			}
		}
		return nil
	case name == "min", name == "max", sqliteScalars[name]:
		return nil
	default:
		return refuse(clause, n.Pos(), reasonFunction, hintCompute)
	}
}

// mayBeNow reports whether a time may be 'now', or 'subsec' which implies it: only columns, numbers and texts that
// begin with a digit or a sign are certain not to be.
func mayBeNow(e ast.Expr) bool {
	switch n := unwrap(e).(type) {
	case *ast.Ident:
		// It may be a text after all, if no column has the name.
		return isNow(n.Name)
	case *ast.QualifiedRef:
		return false
	case *ast.Literal:
		return n.Kind == ast.LitString && !beginsLikeTime(n.Value)
	default:
		return true
	}
}

func isNow(text string) bool {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "now", "subsec", "subsecond":
		return true
	default:
		return false
	}
}

func beginsLikeTime(text string) bool {
	return text != "" && (text[0] == '-' || text[0] == '+' || '0' <= text[0] && text[0] <= '9')
}
