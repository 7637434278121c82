package statement

// PostgreSQLFunction returns which list of the catalogue has a function.
func PostgreSQLFunction(name string) string {
	for list, names := range map[string]names{
		"immutable": postgresqlImmutable, "stable": postgresqlStable, "volatile": postgresqlVolatile,
		"aggregate": postgresqlAggregateNames, "window": postgresqlWindows,
	} {
		if names.has(name) {
			return list
		}
	}
	return ""
}
