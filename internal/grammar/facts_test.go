package grammar_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// facts counts what a tree holds, by description: "column a.b", "join LEFT", "limit". Both trees of a text are boiled
// down to facts by code that shares nothing but the words.
type facts map[string]int

func (f facts) add(format string, args ...any) { f[fmt.Sprintf(format, args...)]++ }

// addIf adds a fact that needs no arguments if it holds.
func (f facts) addIf(holds bool, fact string) {
	if holds {
		f[fact]++
	}
}

// differences returns what one has more often than the other, sorted.
func differences(ours, theirs facts) []string {
	var list []string
	for fact, n := range ours {
		if more := n - theirs[fact]; more > 0 {
			list = append(list, fmt.Sprintf("only ours, %d: %s", more, fact))
		}
	}
	for fact, n := range theirs {
		if more := n - ours[fact]; more > 0 {
			list = append(list, fmt.Sprintf("only the real one, %d: %s", more, fact))
		}
	}
	slices.Sort(list)
	return list
}

// number is a numeric constant without its sign, which the real grammar folds into it, in one way of writing.
func number(text string) string {
	plain := strings.ReplaceAll(text, "_", "")
	if trimmed := strings.TrimLeft(plain, "0"); trimmed != "" && trimmed[0] >= '0' && trimmed[0] <= '9' {
		plain = trimmed
	}
	if n, err := strconv.ParseUint(plain, 0, 64); err == nil {
		return strconv.FormatUint(n, 10)
	}
	return plain
}

// internalTypes are the names that PostgreSQL's own types have in its catalogue.
var internalTypes = map[string]string{
	"int": "int4", "integer": "int4", "smallint": "int2", "bigint": "int8", "real": "float4", "float": "float8",
	"double precision": "float8", "decimal": "numeric", "dec": "numeric", "boolean": "bool",
	"character varying": "varchar", "char varying": "varchar", "national character varying": "varchar",
	"national char varying": "varchar", "nchar varying": "varchar",
	"character": "bpchar", "char": "bpchar", "nchar": "bpchar", "national character": "bpchar", "national char": "bpchar",
	"bit varying": "varbit", "time without time zone": "time", "timestamp without time zone": "timestamp",
	"time with time zone": "timetz", "timestamp with time zone": "timestamptz",
}

// ownModifiers are the types whose modifiers the real grammar makes up or takes away: char is char(1).
var ownModifiers = []string{"bpchar", "bit", "float4", "float8"}

func castFact(name string, modified bool, dimensions int) string {
	if name == "float4" { // float(n) is one or the other
		name = "float8"
	}
	return fmt.Sprintf("cast to %s, %t, %d", name, modified && !slices.Contains(ownModifiers, name), dimensions)
}

// ownGrammar are the functions that the real grammar turns into something else.
var ownGrammar = []string{
	"coalesce", "greatest", "least", "nullif", "extract", "overlay", "position", "substring", "trim", "normalize", "grouping",
	"treat", "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "current_role",
	"current_user", "session_user", "system_user", "user", "current_catalog", "current_schema", "cast", "merge_action",
	"pg_collation_for", "collation",
}

func hasOwnGrammar(name string) bool {
	return slices.Contains(ownGrammar, name) || strings.HasPrefix(name, "xml") || strings.HasPrefix(name, "json")
}

func aliasFact(name string, columns []string) string {
	if name == "" {
		return ""
	}
	return fmt.Sprintf(" as %s(%s)", name, strings.Join(columns, ","))
}
