package statement

// Verb is what kind of statement a text is.
type Verb uint8

// The verbs. A WITH clause and parentheses are looked through; EXPLAIN isn't.
const (
	// Other is everything that has no verb of its own: DDL, PRAGMA, BEGIN, EXPLAIN, MERGE, COPY, ….
	Other Verb = iota
	// Select is SELECT, VALUES or TABLE.
	Select
	// Insert is INSERT or REPLACE.
	Insert
	// Update is UPDATE.
	Update
	// Delete is DELETE.
	Delete
)

// String returns the verb in capitals, "OTHER" for Other.
func (v Verb) String() string {
	switch v {
	case Select:
		return "SELECT"
	case Insert:
		return "INSERT"
	case Update:
		return "UPDATE"
	case Delete:
		return "DELETE"
	default:
		return "OTHER"
	}
}
