package messages

// Dialect is the SQL that a shard understands. It belongs to the shard's backend and is never guessed from a text.
type Dialect uint8

// The dialects.
const (
	PostgreSQL Dialect = iota + 1
	SQLite
)

// String returns the dialect's name.
func (d Dialect) String() string {
	switch d {
	case PostgreSQL:
		return "PostgreSQL"
	case SQLite:
		return "SQLite"
	default:
		return "unknown dialect"
	}
}
