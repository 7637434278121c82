package postgresql

// KeywordWords are the lines of keyword_words.go.
var KeywordWords = keywordWords
