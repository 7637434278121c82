package plan

import (
	"database/sql/driver"
	"fmt"
	"math"
	"reflect"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

// Bound is a LIMIT or an OFFSET, in rows.
type Bound struct {
	Kind BoundKind
	// Value is that of a BoundLiteral. It may be negative.
	Value int64
	// Ordinal is the parameter of a BoundArgument, from 1. Name is its name in SQLite, if it has one, as it is written.
	Ordinal int
	Name    string
}

// BoundKind is how a [Bound] is given.
type BoundKind uint8

// The kinds of bounds.
const (
	// Unbound is none: no clause, or NULL.
	Unbound BoundKind = iota
	BoundLiteral
	BoundArgument
)

// boundOf reads the expression of a LIMIT or OFFSET; ok says that it is one of those that are understood.
func boundOf(d messages.Dialect, e tree.Expr) (b Bound, ok bool) {
	if e == nil {
		return Bound{}, true
	}
	switch n := tree.Bare(e).(type) {
	case *tree.Literal:
		switch v := n.Value.(type) {
		case nil:
			// To SQLite NULL is no integer, which is an error of the statement; there is nothing to merge then.
			return Bound{}, d == messages.PostgreSQL
		case int64:
			return Bound{Kind: BoundLiteral, Value: v}, true
		}
	case *tree.Unary:
		if l, isLiteral := tree.Bare(n.X).(*tree.Literal); isLiteral && n.Op == "-" && !n.Postfix {
			if v, isInt := l.Value.(int64); isInt {
				return Bound{Kind: BoundLiteral, Value: -v}, true
			}
		}
	case *tree.Param:
		return Bound{Kind: BoundArgument, Ordinal: n.Ordinal, Name: n.Name}, true
	case *tree.Cast:
		if p, isParam := tree.Bare(n.X).(*tree.Param); isParam && isIntegerType(n.Type) && d == messages.PostgreSQL {
			return Bound{Kind: BoundArgument, Ordinal: p.Ordinal, Name: p.Name}, true
		}
	}
	return Bound{}, false
}

func isIntegerType(t tree.TypeName) bool {
	if t.Qualified || t.Modified || t.Dimensions > 0 {
		return false
	}
	switch t.Name {
	case "int", "integer", "int4", "int8", "bigint", "int2", "smallint":
		return true
	}
	return false
}

// unlimited is a limit that is none.
const unlimited = -1

// limit returns b's value as a limit, unlimited if it is none.
func (b Bound) limit(d messages.Dialect, args arguments) (int64, error) {
	n, ok, err := b.value(d, args, "LIMIT")
	switch {
	case err != nil || !ok:
		return unlimited, err
	case n >= 0:
		return n, nil
	case d == messages.SQLite:
		return unlimited, nil
	default:
		return 0, negative("2201W", "LIMIT must not be negative")
	}
}

// offset returns b's value as an offset.
func (b Bound) offset(d messages.Dialect, args arguments) (int64, error) {
	n, ok, err := b.value(d, args, "OFFSET")
	switch {
	case err != nil || !ok:
		return 0, err
	case n >= 0:
		return n, nil
	case d == messages.SQLite:
		return 0, nil
	default:
		return 0, negative("2201X", "OFFSET must not be negative")
	}
}

// negative is the error that PostgreSQL has for a negative bound; no shard is asked with it, for the bound isn't sent.
func negative(code, message string) error {
	return &messages.Error{
		Code: messages.ErrStatement, Op: "plan",
		Err: &pgconn.PgError{Severity: "ERROR", SeverityUnlocalized: "ERROR", Code: code, Message: message},
	}
}

// value returns b's value, or ok false if there is none or it is NULL.
func (b Bound) value(d messages.Dialect, args arguments, clause string) (n int64, ok bool, err error) {
	switch b.Kind {
	case BoundLiteral:
		return b.Value, true, nil
	case BoundArgument:
		arg, err := args.value(b.Ordinal, b.Name)
		if err != nil {
			return 0, false, err
		}
		n, isNull, err := integerArgument(arg)
		switch {
		case err != nil:
			return 0, false, invalidArgument("%s: %v", clause, err)
		case isNull && d == messages.SQLite:
			return 0, false, invalidArgument("%s: NULL is no integer", clause)
		}
		return n, !isNull, nil
	default:
		return 0, false, nil
	}
}

// integerArgument reads an argument that has to be an integer or NULL.
func integerArgument(arg any) (n int64, isNull bool, err error) {
	if arg == nil {
		return 0, true, nil
	}
	v := reflect.ValueOf(arg)
	if v.Kind() == reflect.Pointer && v.IsNil() {
		return 0, true, nil
	}
	if valuer, ok := arg.(driver.Valuer); ok {
		if arg, err = valuer.Value(); err != nil || arg == nil {
			return 0, err == nil, err
		}
		v = reflect.ValueOf(arg)
	}
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return 0, true, nil
		}
		v = v.Elem()
	}
	switch {
	case v.CanInt():
		return v.Int(), false, nil
	case v.CanUint():
		if v.Uint() > math.MaxInt64 {
			return 0, false, fmt.Errorf("the argument is larger than a bigint")
		}
		return int64(v.Uint()), false, nil
	default:
		return 0, false, fmt.Errorf("an argument of type %T is no integer", arg)
	}
}

// plus adds a limit and an offset; a sum that is too large for an int64 is as good as the largest.
func plus(limit, offset int64) int64 {
	if limit > math.MaxInt64-offset {
		return math.MaxInt64
	}
	return limit + offset
}
