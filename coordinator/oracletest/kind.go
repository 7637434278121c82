package oracletest

import (
	"strings"

	"github.com/troupedb/troupe/messages"
)

// kind is what a column holds, in either dialect.
type kind uint8

const (
	integer kind = iota
	bigint
	numeric
	float
	text
	boolean
	date
	timestamp
	// anything is a SQLite column without a declared type, with values of several.
	anything
	// label is an enum of PostgreSQL's, whose labels aren't in the order of their letters.
	label
)

// enumName is the type of labels.
const enumName = "mood"

// enumLabels are its labels, in its order.
var enumLabels = []string{"ok", "Sad", "happy", "a", "o'k", "A"}

// createEnum returns the CREATE TYPE of labels.
func createEnum() string {
	quotes := make([]string, len(enumLabels))
	for i, l := range enumLabels {
		quotes[i] = value{kind: text, s: l}.literal(messages.SQLite, 0)
	}
	return "create type " + enumName + " as enum (" + strings.Join(quotes, ", ") + ")"
}

// columnKinds are the kinds that a column without a special part may have.
func columnKinds(d messages.Dialect) []kind {
	all := []kind{integer, integer, integer, bigint, numeric, numeric, float, text, text, boolean, date, timestamp}
	if d == messages.SQLite {
		return append(all, anything, timestamp) // its times are texts of many forms
	}
	return append(all, label)
}

// declaration returns the kind's type in a CREATE TABLE; variant picks one of several spellings.
func (k kind) declaration(d messages.Dialect, variant int) string {
	spellings := map[kind][]string{
		integer: {"int", "integer"}, bigint: {"bigint"}, numeric: {"numeric(12,2)", "numeric(12,2)", "numeric"},
		float: {"double precision"}, text: {"text", `text collate "C"`, "varchar(40)"}, boolean: {"boolean"}, date: {"date"},
		timestamp: {"timestamp"}, label: {enumName},
	}
	if d == messages.SQLite {
		spellings = map[kind][]string{
			integer: {"integer", "int"}, bigint: {"bigint"}, numeric: {"numeric"}, float: {"real", "double"},
			text: {"text", "varchar(40)"}, boolean: {"boolean", "bool"}, date: {"date"}, timestamp: {"timestamp", "datetime"},
			anything: {""},
		}
	}
	s := spellings[k]
	return s[variant%len(s)]
}

// cast returns the type's name for a CAST to the kind.
func (k kind) cast(d messages.Dialect) string {
	if d == messages.SQLite {
		switch k {
		case integer, bigint, boolean:
			return "integer"
		case float, numeric:
			return "real"
		default:
			return "text"
		}
	}
	switch k {
	case integer:
		return "integer"
	case bigint:
		return "bigint"
	case numeric:
		return "numeric"
	case float:
		return "double precision"
	case boolean:
		return "boolean"
	case date:
		return "date"
	case timestamp:
		return "timestamp"
	case label:
		return enumName
	default:
		return "text"
	}
}

// whole reports whether the kind's values are whole numbers.
func (k kind) whole() bool { return k == integer || k == bigint }

// number reports whether one can calculate with the kind's values exactly.
func (k kind) number() bool { return k <= float }
