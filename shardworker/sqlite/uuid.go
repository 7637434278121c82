package sqlite

import "encoding/hex"

// uuidGroups are where the groups of a UUID's digits begin and end, in its text and in its bytes.
var uuidGroups = [...]struct{ from, to, at int }{{0, 8, 0}, {9, 13, 4}, {14, 18, 6}, {19, 23, 8}, {24, 36, 10}}

const uuidLength = 36

// uuidText returns id as UUIDs are written.
func uuidText(id [16]byte) string {
	text := [uuidLength]byte{8: '-', 13: '-', 18: '-', 23: '-'}
	for _, g := range uuidGroups {
		hex.Encode(text[g.from:g.to], id[g.at:g.at+(g.to-g.from)/2])
	}
	return string(text[:])
}

// parseUUID reads what uuidText writes, and nothing else: from the bytes of another spelling its text couldn't be told,
// and SQL compares texts.
func parseUUID(text []byte) (id [16]byte, ok bool) {
	if len(text) != uuidLength || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return id, false
	}
	for _, g := range uuidGroups {
		for i := g.from; i < g.to; i += 2 {
			high, low := hexDigit(text[i]), hexDigit(text[i+1])
			if high|low > 15 {
				return id, false
			}
			id[g.at+(i-g.from)/2] = high<<4 | low
		}
	}
	return id, true
}

// hexDigit returns the value of a digit in lower case, or 255.
func hexDigit(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	default:
		return 255
	}
}
