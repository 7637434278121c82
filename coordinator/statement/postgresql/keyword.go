package postgresql

import "strings"

// class says what a keyword may name besides.
type class uint8

const (
	// unreserved keywords may name anything; so may words that are no keywords.
	unreserved class = iota
	// columnName keywords may name columns, tables and the like, but no function and no type.
	columnName
	// functionName keywords may name functions and types, but nothing else.
	functionName
	// reserved keywords may name nothing but an output column.
	reserved
)

// keyword is a word that the grammar knows.
type keyword struct {
	word  string
	class class
	// labels says that it may name an output column without AS before it.
	labels bool
}

// keywords are all keywords. The first one stands for no keyword, which is what its fields say.
var keywords, keywordIndex, longestKeyword = indexKeywords()

func indexKeywords() ([]keyword, map[string]uint16, int) {
	list, longest := []keyword{{labels: true}}, 0
	index := map[string]uint16{}
	for c, words := range keywordWords {
		for word := range strings.FieldsSeq(words) {
			name, needsAs := strings.CutSuffix(word, "-")
			index[name] = uint16(len(list))
			list = append(list, keyword{name, class(c), !needsAs})
			longest = max(longest, len(name))
		}
	}
	return list, index, longest
}

// keywordOf returns the index in keywords of a word that is written in any case, 0 if it is no keyword.
func keywordOf(word string) uint16 {
	var lower [32]byte
	if len(word) < 2 || len(word) > longestKeyword {
		return 0
	}
	for i := range len(word) {
		c := word[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower[i] = c
	}
	return keywordIndex[string(lower[:len(word)])]
}
