package merge

import (
	"bytes"
	"cmp"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/troupedb/troupe/messages"
)

// comparer compares the values of one column as the database does. How is decided once for a pair of types, and looked up
// for every pair of values, because on SQLite each row may have other types than the one before. It belongs to one
// goroutine.
type comparer struct {
	dialect   messages.Dialect
	column    string // for errors; if it is empty, the name that the rows have
	hidden    bool   // the statement doesn't have the column, so that errors don't name it
	collation Collation

	last         pairing
	texts        [2][]byte // room for values that have to be rewritten to be compared
	digits       [2][]byte // room for decimals
	decimalSides [2]decimal
}

// newComparer returns a comparer of texts under c, and of all other types.
func newComparer(dialect messages.Dialect, column string, c Collation) *comparer {
	return &comparer{dialect: dialect, column: column, collation: c}
}

// method is how two values are compared.
type method uint8

const (
	undecided method = iota
	byBytes
	byInt
	byOID
	byFloat
	byNumber  // integers with floats
	byDecimal // numerics with numbers
	byText    // under the comparer's collation
	byBlankText
	byStoredText // of SQLite
	bySpan
	alwaysLess // the kinds say it
	alwaysGreater
)

// pairing is how values of two types are compared.
type pairing struct {
	a, b             fieldType
	method           method
	aKind, bKind     valueKind
	aParsed, bParsed bool // the value is in text form, and parsed first
}

// fieldType is what of a field decides how its values are compared.
type fieldType struct {
	oid    uint32
	format int16
}

func fieldTypeOf(f *pgconn.FieldDescription) fieldType { return fieldType{f.DataTypeOID, f.Format} }

// compare compares a, column ai of a row that ad describes, with b, column bi of one that bd describes. Neither is NULL. The
// result is negative, 0 or positive.
func (c *comparer) compare(ad *messages.Description, ai int, a []byte, bd *messages.Description, bi int, b []byte) (int, error) {
	af, bf := &ad.Fields[ai], &bd.Fields[bi]
	if c.last.method == undecided || c.last.a != fieldTypeOf(af) || c.last.b != fieldTypeOf(bf) {
		p, err := c.pair(af, bf)
		if err != nil {
			return 0, err
		}
		c.last = p
	}
	return c.apply(&c.last, a, b)
}

func (c *comparer) apply(p *pairing, a, b []byte) (int, error) {
	if p.aParsed || p.bParsed {
		var err error
		if a, b, err = c.parse(p, a, b); err != nil {
			return 0, err
		}
	}
	switch p.method {
	case byBytes:
		return bytes.Compare(a, b), nil
	case byInt:
		an, aok := readInt(a)
		bn, bok := readInt(b)
		if !aok || !bok {
			return 0, c.malformed(p)
		}
		return cmp.Compare(an, bn), nil
	case byText:
		return compareTexts(c.collation, a, b), nil
	case byBlankText:
		return compareTexts(c.collation, trimBlanks(a), trimBlanks(b)), nil
	case alwaysLess:
		return -1, nil
	case alwaysGreater:
		return 1, nil
	default:
		return c.applyRest(p, a, b)
	}
}

func (c *comparer) applyRest(p *pairing, a, b []byte) (int, error) {
	result, aok, bok := 0, false, false
	switch p.method {
	case byOID:
		var an, bn int64
		an, aok = readOID(a)
		bn, bok = readOID(b)
		result = cmp.Compare(an, bn)
	case byFloat:
		var an, bn float64
		an, aok = readFloat(a)
		bn, bok = readFloat(b)
		result = compareFloats(an, bn)
	case byNumber:
		var an, bn number
		an, aok = readNumber(p.aKind, a)
		bn, bok = readNumber(p.bKind, b)
		result = compareNumbers(an, bn)
	case byDecimal:
		aok, bok = c.readDecimalSide(0, p.aKind, a), c.readDecimalSide(1, p.bKind, b)
		result = compareDecimals(&c.decimalSides[0], &c.decimalSides[1])
	case byStoredText:
		c.texts[0], aok = appendStored(c.texts[0][:0], p.aKind, a)
		c.texts[1], bok = appendStored(c.texts[1][:0], p.bKind, b)
		result = compareTexts(c.collation, c.texts[0], c.texts[1])
	case bySpan:
		var an, bn span
		an, aok = readSpan(a)
		bn, bok = readSpan(b)
		result = compareSpans(an, bn)
	}
	if !aok || !bok {
		return 0, c.malformed(p)
	}
	return result, nil
}

// readDecimalSide reads a number of any kind.
func (c *comparer) readDecimalSide(side int, k valueKind, v []byte) (ok bool) {
	if k == numericValue {
		c.decimalSides[side], ok = readDecimal(v)
		return ok
	}
	n, ok := readNumber(k, v)
	c.decimalSides[side], c.digits[side] = decimalOf(n, c.digits[side])
	return ok
}

// parse brings the sides that are in text form into binary form.
func (c *comparer) parse(p *pairing, a, b []byte) (parsedA, parsedB []byte, err error) {
	ok := true
	if p.aParsed {
		c.texts[0], ok = appendParsed(c.texts[0][:0], p.aKind, a)
		a = c.texts[0]
	}
	if p.bParsed && ok {
		c.texts[1], ok = appendParsed(c.texts[1][:0], p.bKind, b)
		b = c.texts[1]
	}
	if !ok {
		oid := p.a.oid
		if !p.aParsed {
			oid = p.b.oid
		}
		return nil, nil, unread(&pgconn.FieldDescription{Name: c.column, DataTypeOID: oid})
	}
	return a, b, nil
}

func (c *comparer) malformed(p *pairing) error {
	what := typeNameOf(&pgconn.FieldDescription{DataTypeOID: p.a.oid})
	if p.a.oid != p.b.oid {
		what += " or " + typeNameOf(&pgconn.FieldDescription{DataTypeOID: p.b.oid})
	}
	return malformed(c.column, what)
}

// pair decides how values of two fields are compared.
func (c *comparer) pair(a, b *pgconn.FieldDescription) (pairing, error) {
	p := pairing{a: fieldTypeOf(a), b: fieldTypeOf(b), aKind: kindOf(c.dialect, a), bKind: kindOf(c.dialect, b)}
	if c.column == "" {
		c.column = a.Name
	}
	for _, f := range []*pgconn.FieldDescription{a, b} {
		if f.Format != pgtype.BinaryFormatCode && f.Format != pgtype.TextFormatCode {
			return p, refused("column %q has unknown format code %d", c.column, f.Format)
		}
	}
	if c.dialect == messages.SQLite {
		p.method = sqliteMethod(p.aKind, p.bKind)
	} else {
		p.method = postgresMethod(p.aKind, p.bKind)
	}
	if p.method == undecided {
		return p, c.incomparable(a, b, p.aKind, p.bKind)
	}
	if p.aKind.isCollated() && p.bKind.isCollated() && !c.collation.orders() {
		return p, c.unordered()
	}
	p.aParsed = a.Format == pgtype.TextFormatCode && p.aKind.isParsed()
	p.bParsed = b.Format == pgtype.TextFormatCode && p.bKind.isParsed()
	return p, nil
}

// subject names what is compared.
func (c *comparer) subject() string {
	if c.hidden {
		return "an expression of ORDER BY"
	}
	return fmt.Sprintf("column %q", c.column)
}

// hintStored is what to do about a time of SQLite.
func (c *comparer) hintStored() string {
	if c.hidden {
		return "put a + before the expression"
	}
	return fmt.Sprintf("order by +%s, or in a UNION select +%s", c.column, c.column)
}

func (c *comparer) unordered() error {
	return refused("%s is ordered by %s, which only the database knows: %s", c.subject(), c.collation, hintCollate)
}

func (c *comparer) incomparable(a, b *pgconn.FieldDescription, aKind, bKind valueKind) error {
	switch {
	case c.dialect == messages.SQLite && (aKind == clockText || bKind == clockText):
		return refused("%s is declared as a time: SQLite orders it by the text that is stored, which isn't that of the times in every form: %s",
			c.subject(), c.hintStored())
	case a.DataTypeOID == b.DataTypeOID:
		return refused("%s has type %s, which can't be ordered here", c.subject(), typeNameOf(a))
	default:
		return refused("%s has type %s and type %s, which can't be ordered together", c.subject(), typeNameOf(a), typeNameOf(b))
	}
}
