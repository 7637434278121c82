package tree

// Token is a piece of a text as a dialect's lexer cuts it, for who reads what the front ends don't. White space and comments are none.
type Token struct {
	Span
	Kind TokenKind
	// Name is what a Word, Name or String stands for: a word in lower case, a name or text without its quotes. Of the others it is what
	// is written.
	Name string
}

// TokenKind is the kind of a [Token].
type TokenKind uint8

// The kinds of tokens.
const (
	// EndToken is the end of the text.
	EndToken TokenKind = iota
	// WordToken is a keyword or a name without quotes.
	WordToken
	// NameToken is a name in quotes.
	NameToken
	// StringToken is a text; SQLite takes one for a name where nothing else can be.
	StringToken
	// OtherToken is everything else: an operator, a bracket, a number, a parameter.
	OtherToken
)

// Is reports whether the token is the word, which is in lower case.
func (t Token) Is(word string) bool { return t.Kind == WordToken && t.Name == word }

// IsSymbol reports whether the token is the operator, bracket or the like.
func (t Token) IsSymbol(symbol string) bool { return t.Kind == OtherToken && t.Name == symbol }
