package merge

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/troupedb/troupe/messages"
)

// argument is a Go value as a datum, before PostgreSQL's type is known.
type argument struct {
	datum
	time   time.Time
	isTime bool
}

// plainArgument reads an argument. The types that can't be read exactly are refused.
func plainArgument(dialect messages.Dialect, ordinal int, arg any) (argument, error) {
	const levels = 8 // of pointers and Valuers
	v := arg
	for range levels {
		switch x := v.(type) {
		case nil:
			return argument{}, nil
		case time.Time:
			return argument{time: x, isTime: true}, nil
		case pgtype.Numeric:
			if dialect == messages.PostgreSQL {
				d, ok := pgxNumeric(x)
				if !ok {
					return argument{}, cannot(hintInGo, "argument $%d, a numeric beyond the bounds of the type", ordinal)
				}
				return argument{datum: d}, nil
			}
			v = &x
		case json.RawMessage:
			return argument{}, cannot(hintInGo, "argument $%d of type %T in an expression over groups", ordinal, arg)
		case driver.Valuer:
			plain, err := callValuer(x)
			if err != nil {
				return argument{}, &messages.Error{Code: messages.ErrInvalidRequest, Op: opMerge, Detail: fmt.Sprintf("argument $%d", ordinal), Err: err}
			}
			v = plain
		default:
			d, inner, ok := reflectArgument(x)
			switch {
			case !ok:
				return argument{}, cannot(hintInGo, "argument $%d of type %T in an expression over groups", ordinal, arg)
			case inner == nil:
				return argument{datum: d}, nil
			}
			v = inner
		}
	}
	return argument{}, cannot(hintInGo, "argument $%d of type %T in an expression over groups", ordinal, arg)
}

// reflectArgument reads a value by its kind; inner is what a pointer points to.
func reflectArgument(arg any) (d datum, inner any, ok bool) {
	v := reflect.ValueOf(arg)
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return datum{}, nil, true
		}
		return datum{}, v.Elem().Interface(), v.Elem().CanInterface()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return intOf(v.Int()), nil, true
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if u := v.Uint(); u > math.MaxInt64 {
			return numericDatumOf(wideNumeric(new(big.Int).SetUint64(u), 0)), nil, true
		}
		return intOf(int64(v.Uint())), nil, true
	case reflect.Float32, reflect.Float64:
		return floatOf(v.Float()), nil, true
	case reflect.Bool:
		return boolOf(v.Bool()), nil, true
	case reflect.String:
		return datum{kind: textDatum, bytes: []byte(v.String())}, nil, true
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Uint8 {
			return datum{}, nil, false
		}
		if v.IsNil() {
			return datum{}, nil, true
		}
		return datum{kind: blobDatum, bytes: append([]byte{}, v.Bytes()...)}, nil, true
	default:
		return datum{}, nil, false
	}
}

func pgxNumeric(n pgtype.Numeric) (datum, bool) {
	switch {
	case !n.Valid:
		return datum{}, true
	case n.NaN:
		return numericDatumOf(numeric{class: numericNaN}), true
	case n.InfinityModifier == pgtype.Infinity:
		return numericDatumOf(numeric{class: numericInfinity}), true
	case n.InfinityModifier == pgtype.NegativeInfinity:
		return numericDatumOf(numeric{class: numericMinusInfinity}), true
	case n.Int == nil || n.Exp < -maxScale || n.Exp > maxWholeDigits:
		return datum{}, false
	case n.Exp < 0:
		return numericDatumOf(wideNumeric(new(big.Int).Set(n.Int), -n.Exp)), true
	default:
		return numericDatumOf(wideNumeric(new(big.Int).Mul(n.Int, power10(int(n.Exp))), 0)), true
	}
}

// callValuer returns what v is as a plain value. Like database/sql it takes a nil pointer for NULL where the method isn't the
// pointer's own.
func callValuer(v driver.Valuer) (plain driver.Value, err error) {
	if rv := reflect.ValueOf(v); rv.Kind() == reflect.Pointer && rv.IsNil() && rv.Type().Elem().Implements(valuerType) {
		return nil, nil
	}
	defer func() {
		if r := recover(); r != nil {
			plain, err = nil, fmt.Errorf("the Value method of %T panicked: %s", v, messages.PanicText(r))
		}
	}()
	return v.Value()
}

var valuerType = reflect.TypeFor[driver.Valuer]()

// as returns the argument as PostgreSQL gets it for a parameter of type oid. What would have to be rounded or cut for it
// is refused.
func (a *argument) as(ordinal int, oid uint32) (datum, error) {
	if a.isTime && isMoment(oid) {
		return momentOf(a.time, oid), nil
	}
	switch {
	case a.isTime:
	case a.kind == nullDatum:
		return datum{}, nil
	case a.kind == textDatum && oid != pgtype.ByteaOID && oid != pgtype.UUIDOID:
		return literalAs(string(a.bytes), oid)
	case a.kind == blobDatum && (oid == pgtype.ByteaOID || isText(oid)):
		return datum{kind: map[bool]datumKind{true: textDatum, false: blobDatum}[isText(oid)], bytes: a.bytes}, nil
	case a.kind == boolDatum && oid == pgtype.BoolOID:
		return a.datum, nil
	case integerSize(oid) > 0:
		if i, ok := a.whole(); ok {
			if _, err := checkedInteger(oid, i); err == nil {
				return intOf(i), nil
			}
		}
	case oid == pgtype.NumericOID:
		if d, ok := a.exactly(); ok {
			return numericDatumOf(d), nil
		}
	case isFloat(oid) && (a.kind == intDatum || a.kind == floatDatum):
		f, err := a.asFloat()
		if oid == pgtype.Float4OID {
			f = float64(float32(f))
		}
		return floatOf(f), err
	}
	return datum{}, cannot("pass a value of that type", "argument $%d isn't a %s, which it is used as", ordinal, typeName(oid))
}

// whole returns the argument as an integer, if it is one.
func (a *argument) whole() (int64, bool) {
	switch {
	case a.kind == intDatum:
		return a.int, true
	case a.kind == floatDatum && floatFits(a.float):
		return int64(a.float), true
	case a.kind == numericDatum && a.dec.class == numericFinite && a.dec.wide == nil && a.dec.scale == 0:
		return a.dec.small, true
	default:
		return 0, false
	}
}

// exactly returns the argument as a numeric. Of a float it is the shortest that reads as that float, as pgx sends it.
func (a *argument) exactly() (numeric, bool) {
	switch a.kind {
	case intDatum:
		return numericOf(a.int), true
	case numericDatum:
		return a.dec, true
	case floatDatum:
		return parseNumeric(strconv.FormatFloat(a.float, 'f', -1, 64))
	default:
		return numeric{}, false
	}
}
