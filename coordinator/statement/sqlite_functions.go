package statement

import (
	"strings"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

var (
	sqliteAggregateNames = newNames(`avg count group_concat string_agg sum total median percentile percentile_cont percentile_disc
		json_group_array json_group_object jsonb_group_array jsonb_group_object`)
	sqliteWindowNames = newNames(`cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number`)
	sqliteVariable    = newNames(`changes last_insert_rowid load_extension sqlite_compileoption_get
		sqlite_compileoption_used sqlite_offset sqlite_source_id sqlite_version total_changes`)
	sqliteFresh = newNames(`random randomblob`)
	// sqliteSettled are built-in functions whose value depends on their arguments only.
	sqliteSettled = newNames(`abs char coalesce concat concat_ws format glob hex if ifnull iif instr length like likelihood
		likely lower ltrim nullif octet_length printf quote replace round rtrim sign substr substring trim typeof unhex
		unicode unistr unistr_quote unlikely upper zeroblob
		acos acosh asin asinh atan atan2 atanh ceil ceiling cos cosh degrees exp floor ln log log10 log2 mod pi pow
		power radians sin sinh sqrt tan tanh trunc
		json json_array json_array_length json_error_position json_extract json_insert json_object json_patch
		json_pretty json_quote json_remove json_replace json_set json_type json_valid jsonb jsonb_array jsonb_extract
		jsonb_insert jsonb_object jsonb_patch jsonb_remove jsonb_replace jsonb_set`)
	// sqliteTimes maps functions that read the clock if a time is missing or 'now' to the places of their times.
	sqliteTimes = map[string][]int{
		"date": {0}, "time": {0}, "datetime": {0}, "julianday": {0}, "unixepoch": {0}, "strftime": {1}, "timediff": {0, 1},
	}
	// sqliteTableFunctions are functions that SQLite has in a FROM: their rows depend on their arguments only.
	sqliteTableFunctions = newNames(`generate_series json_each json_tree jsonb_each jsonb_tree`)
	// sqliteVirtual are tables that exist without having been created: functions that are called without arguments.
	sqliteVirtual = newNames(`bytecode completion dbstat fsdir generate_series json_each json_tree jsonb_each jsonb_tree
		tables_used`)
	sqliteRowIDs = newNames(`_rowid_ oid rowid`)
)

func sqliteBehaviour(c *tree.Call) behaviour {
	if len(c.Name) != 1 {
		return unknownFunction
	}
	name := c.Name[0].Name
	switch {
	case sqliteAggregateNames.has(name), (name == "min" || name == "max") && len(c.Args) < 2:
		return aggregate
	case name == "min", name == "max", sqliteSettled.has(name):
		return settled
	case sqliteFresh.has(name):
		return fresh
	case sqliteVariable.has(name):
		return variable
	case sqliteWindowNames.has(name):
		return windowed
	case strings.HasPrefix(name, "current_"):
		return clocked
	}
	places, ok := sqliteTimes[name]
	if !ok {
		return unknownFunction
	}
	for _, i := range places {
		if i >= len(c.Args) || maybeNow(c.Args[i]) {
			return clocked
		}
	}
	return settled
}

// maybeNow reports whether a time may be 'now', or 'subsec' which implies it: only columns, numbers and texts that begin with
// a digit or a sign are certain not to be.
func maybeNow(e tree.Expr) bool {
	switch n := tree.Bare(e).(type) {
	case *tree.Column:
		// In quotes it may be a text after all, if no column has the name.
		if len(n.Qualifier) > 0 {
			return false
		}
		switch strings.TrimSpace(n.Name.Name) {
		case "now", "subsec", "subsecond":
			return true
		}
		return false
	case *tree.Literal:
		text, ok := n.Value.(string)
		return ok && (text == "" || !strings.ContainsRune("+-0123456789", rune(text[0])))
	default:
		return true
	}
}
