package messages

import (
	"fmt"
	"strconv"
)

// MaxShardIDLength is the length of the longest shard id, in bytes.
const MaxShardIDLength = 63

// ShardID names one database. Its grammar, chosen so that an id can stand in a log line, a metric label, a file name
// and an SQL identifier without being quoted:
//
//	id    = first { rest }            1 to 63 bytes
//	first = "a".."z" | "A".."Z" | "0".."9" | "_"
//	rest  = first | "-" | "."
//
// Ids are compared byte by byte: "Asia" and "asia" are two shards. Letters outside ASCII are refused, because two of
// them can look alike.
type ShardID string

// Validate returns nil if id follows the grammar, else an [Error] with [ErrInvalidShardID] that shows where it departs.
func (id ShardID) Validate() error {
	if id == "" {
		return &Error{Code: ErrInvalidShardID, Detail: "the id is empty"}
	}
	if len(id) > MaxShardIDLength {
		return &Error{Code: ErrInvalidShardID, Detail: fmt.Sprintf("%s… has %d bytes, the longest id has %d",
			strconv.QuoteToASCII(string(id[:24])), len(id), MaxShardIDLength)}
	}
	for i := range len(id) {
		if c := id[i]; !shardIDByte(c, i > 0) {
			return &Error{Code: ErrInvalidShardID, Detail: fmt.Sprintf("%s has byte 0x%02x at offset %d; allowed are ASCII letters, digits, '_', and after the first byte '-' and '.'",
				strconv.QuoteToASCII(string(id)), c, i)}
		}
	}
	return nil
}

func shardIDByte(c byte, inner bool) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_':
		return true
	case c == '-', c == '.':
		return inner
	default:
		return false
	}
}
