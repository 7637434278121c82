package sqlpeer

import "fmt"

// The table of events, which clients insert one by one. Its ids are 1 and up without a gap.
const (
	InsertEvent = "insert into event (id, client, note) values ($1, $2, $3)"
	SumEvents   = "select count(*), coalesce(sum(id), 0) from event"
)

// Note is what each event says.
const Note = "an event that somebody has to find again after the power has failed"

// CreateEvents makes a table of events of that name, which stands for "event" in the statements.
func CreateEvents(name string) string {
	return fmt.Sprintf("create table %s (id bigint primary key, client bigint, note varchar(255))", name)
}

// CheckEvents says what is wrong with a table that was told to have n events, acknowledged all of them.
func CheckEvents(n, count, sum int64) error {
	if count != n || sum != n*(n+1)/2 {
		return fmt.Errorf("a wrong answer: %d inserts were acknowledged, and %d rows are there, whose ids' sum is %d", n, count, sum)
	}
	return nil
}
