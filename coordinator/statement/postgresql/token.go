package postgresql

// kind is the kind of a token. That of a token of a single byte, a bracket for instance, is that byte.
type kind uint8

const (
	endToken kind = iota + 128
	// wordToken is a keyword or an unquoted name.
	wordToken
	// nameToken is a quoted name.
	nameToken
	// escapedNameToken is U&"…", with what UESCAPE says about it.
	escapedNameToken
	// stringToken is '…', also in several pieces.
	stringToken
	// escapedStringToken is E'…'.
	escapedStringToken
	// unicodeStringToken is U&'…', with what UESCAPE says about it.
	unicodeStringToken
	// dollarStringToken is $tag$…$tag$.
	dollarStringToken
	// bitStringToken is B'…' or X'…'.
	bitStringToken
	// integerToken and decimalToken are numbers.
	integerToken
	decimalToken
	// paramToken is $1.
	paramToken
	// operatorToken is an operator that has no kind of its own.
	operatorToken

	castToken         // ::
	rangeToken        // ..
	assignToken       // :=
	arrowToken        // =>
	lessEqualToken    // <=
	greaterEqualToken // >=
	notEqualToken     // <> and !=
)

// token is a piece of a text, from start to before end. An index of a word into keywords comes with it.
type token struct {
	start, end int32
	keyword    uint16
	kind       kind
}

// isString reports whether the token is a string constant; a bit string isn't.
func (t token) isString() bool { return stringToken <= t.kind && t.kind <= dollarStringToken }
