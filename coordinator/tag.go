package coordinator

import (
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/troupedb/troupe/messages"
)

// sumTags returns the command tag of a statement that ran on several shards: theirs, with the row counts added.
func sumTags(ends []*messages.End) pgconn.CommandTag {
	var tag pgconn.CommandTag
	var rows int64
	for i, end := range ends {
		if end == nil || end.Err != nil {
			return pgconn.CommandTag{}
		}
		if i == 0 {
			tag = end.Tag
		}
		rows += end.Tag.RowsAffected()
	}
	if len(ends) < 2 || rows == tag.RowsAffected() {
		return tag
	}
	words := strings.Fields(tag.String())
	if n := len(words); n > 1 {
		words[n-1] = fmt.Sprint(rows)
	}
	return pgconn.NewCommandTag(strings.Join(words, " "))
}
