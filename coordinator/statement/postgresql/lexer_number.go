package postgresql

// number passes over a number: decimal with or without a fraction and an exponent, or an integer of another base. Digits
// may have underscores between them. A letter right behind is an error, since PostgreSQL 15.
func (l *lexer) number() kind {
	start := l.at
	k := integerToken
	if base := l.base(); base != nil {
		l.at += 2
		l.digits(base)
	} else {
		k = l.decimal()
	}
	if isNameStart(l.peek(0)) {
		l.fail(start, "letters right behind a number")
	}
	return k
}

// base returns what the digits of a number are that begins with 0x, 0o or 0b, with a digit behind it.
func (l *lexer) base() func(byte) bool {
	if l.peek(0) != '0' {
		return nil
	}
	var digit func(byte) bool
	switch l.peek(1) | 0x20 {
	case 'x':
		digit = isHexDigit
	case 'o':
		digit = func(c byte) bool { return '0' <= c && c <= '7' }
	case 'b':
		digit = func(c byte) bool { return c == '0' || c == '1' }
	default:
		return nil
	}
	if !digit(l.peek(2)) && (l.peek(2) != '_' || !digit(l.peek(3))) {
		return nil
	}
	return digit
}

func (l *lexer) decimal() kind {
	k := integerToken
	l.digits(isDigit)
	// "1..2" is two numbers and a range.
	if l.peek(0) == '.' && l.peek(1) != '.' {
		k = decimalToken
		l.at++
		if isDigit(l.peek(0)) {
			l.digits(isDigit)
		}
	}
	if l.peek(0)|0x20 == 'e' {
		sign := 0
		if l.peek(1) == '+' || l.peek(1) == '-' {
			sign = 1
		}
		if isDigit(l.peek(1 + sign)) {
			k = decimalToken
			l.at += 1 + sign
			l.digits(isDigit)
		}
	}
	return k
}

// digits passes over digits, and underscores that stand before one.
func (l *lexer) digits(digit func(byte) bool) {
	for digit(l.peek(0)) || l.peek(0) == '_' && digit(l.peek(1)) {
		l.at++
	}
}

func isHexDigit(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }
