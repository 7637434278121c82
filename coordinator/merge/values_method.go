package merge

// postgresMethod says how values of PostgreSQL's types are compared. Different types meet only where shards are of different
// engines or schemas: then only numbers compare, by their value.
func postgresMethod(a, b valueKind) method {
	if a != b {
		switch {
		case !a.isNumber() || !b.isNumber():
			return undecided
		case a == numericValue || b == numericValue:
			return byDecimal
		default:
			return byNumber
		}
	}
	switch a {
	case boolValue, byteaValue, uuidValue, macValue, charValue:
		return byBytes
	case intValue, moneyValue, dateValue, timeValue, timestampValue, timestamptzValue:
		return byInt // an infinity is the least or greatest integer
	case oidValue:
		return byOID
	case float4Value, float8Value:
		return byFloat
	case numericValue:
		return byDecimal
	case textValue:
		return byText
	case blankValue:
		return byBlankText
	case intervalValue:
		return bySpan
	default:
		return undecided
	}
}

// sqliteMethod follows SQLite's order of storage classes: numbers, texts, blobs.
func sqliteMethod(a, b valueKind) method {
	aClass, bClass := storageClass(a), storageClass(b)
	switch {
	case aClass == noClass || bClass == noClass:
		return undecided
	case aClass < bClass:
		return alwaysLess
	case aClass > bClass:
		return alwaysGreater
	case aClass == blobClass:
		return byBytes
	case aClass == numberClass:
		return sqliteNumberMethod(a, b)
	case a == clockText || b == clockText:
		return undecided
	case a == textValue && b == textValue:
		return byText
	case a == dayText && b == dayText:
		return byInt // a day's text has ten characters, and one form
	case a == uuidText && b == uuidText:
		return byBytes
	default:
		return byStoredText
	}
}

func sqliteNumberMethod(a, b valueKind) method {
	switch {
	case a == intValue && b == intValue:
		return byInt
	case a != intValue && b != intValue:
		return byFloat
	default:
		return byNumber
	}
}

// SQLite's storage classes, in their order.
const (
	noClass = iota
	numberClass
	textClass
	blobClass
)

func storageClass(k valueKind) int {
	switch {
	case k == intValue || k == float4Value || k == float8Value:
		return numberClass
	case k.isText():
		return textClass
	case k == byteaValue:
		return blobClass
	default:
		return noClass
	}
}
