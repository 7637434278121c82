package schema

import "strings"

// postgresClass returns what troupe reads a PostgreSQL type as, by its name in pg_type and its category.
func postgresClass(name, category string) string {
	if category == "A" {
		return "array"
	}
	switch name {
	case "int2", "int4", "int8":
		return "integer"
	case "float4", "float8":
		return "real"
	case "bool":
		return "boolean"
	case "text", "varchar", "bpchar", "name", "char", "citext":
		return "text"
	case "bytea":
		return "bytes"
	case "jsonb":
		return "json"
	}
	return name // numeric, date, time, timestamp, timestamptz, uuid, json, and what SQLite has nothing for
}

// sqliteClass returns what troupe reads a declared type of SQLite as; shardworker/sqlite has the same rules.
func sqliteClass(declared string) string {
	name := strings.ToUpper(declared)
	base, _, _ := strings.Cut(name, "(")
	switch base = strings.TrimSpace(base); {
	case name == "":
		return "any"
	case base == "BOOL" || base == "BOOLEAN":
		return "boolean"
	case base == "DATE":
		return "date"
	case base == "TIME":
		return "time"
	case base == "TIMESTAMPTZ" || strings.HasPrefix(base, "TIMESTAMP") && strings.Contains(name, "WITH TIME ZONE"):
		return "timestamptz"
	case base == "DATETIME" || strings.HasPrefix(base, "TIMESTAMP"):
		return "timestamp"
	case base == "UUID":
		return "uuid"
	case base == "JSON" || base == "JSONB":
		return "json"
	}
	for _, a := range affinities {
		if strings.Contains(name, a.part) {
			return a.class
		}
	}
	return "text"
}

// affinities are SQLite's rules, in their order.
var affinities = []struct{ part, class string }{
	{"INT", "integer"},
	{"CHAR", "text"},
	{"CLOB", "text"},
	{"TEXT", "text"},
	{"BLOB", "bytes"},
	{"REAL", "real"},
	{"FLOA", "real"},
	{"DOUB", "real"},
	{"NUMERIC", "numeric"},
	{"DECIMAL", "numeric"},
}
