package postgres

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/troupedb/troupe/messages"
)

// withheld is an error whose text may quote an argument. errors.Is and errors.As find it; printing doesn't show it.
type withheld struct {
	text string
	err  error
}

func (w *withheld) Error() string { return w.text }

func (w *withheld) Unwrap() error { return w.err }

// requestError says that pgx objected to a statement's arguments before it sent anything.
func (c *conn) requestError(op string, err error) *messages.Error {
	e := &messages.Error{Code: messages.ErrInvalidRequest, Op: op}
	text := err.Error()
	switch {
	case strings.HasPrefix(text, "expected ") && strings.Contains(text, " arguments, got "),
		strings.HasPrefix(text, "extended protocol limited to "), strings.HasPrefix(text, "mismatched param"):
		e.Err = err
	case strings.HasPrefix(text, "failed to encode args["):
		e.Err = &withheld{"argument " + c.describeArgument(text), err}
	default:
		e.Err = &withheld{"the statement or its arguments can't be sent", err}
	}
	return e
}

// describeArgument names the argument that pgx's message is about by its number and its type, not by its value.
func (c *conn) describeArgument(text string) string {
	name := "that can't be encoded"
	number, rest, _ := strings.Cut(strings.TrimPrefix(text, "failed to encode args["), "]")
	if n, err := strconv.Atoi(number); err == nil {
		name = fmt.Sprintf("$%d can't be encoded", n+1)
	}
	at := strings.LastIndex(rest, " (OID ")
	if at < 0 {
		return name
	}
	digits, _, _ := strings.Cut(rest[at+len(" (OID "):], ")")
	oid, err := strconv.ParseUint(digits, 10, 32)
	if err != nil {
		return name
	}
	if t, ok := c.pgx.TypeMap().TypeForOID(uint32(oid)); ok {
		return name + " as " + t.Name
	}
	return fmt.Sprintf("%s as the type with OID %d", name, oid)
}
