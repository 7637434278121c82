package coordinator

import (
	"bytes"
	"encoding/json"
	"reflect"
	"time"
)

// The size at which a chunk is passed on. Handing one over costs some microseconds, so it isn't one row.
const (
	chunkRows  = 256
	chunkBytes = 64 << 10
)

// chunk is rows of a copy that travel together to one shard.
type chunk struct {
	shard   int
	values  []any   // of all rows, one after another
	numbers []int64 // of each row in the source
	bytes   int     // about
}

func (c *chunk) full() bool { return len(c.numbers) >= chunkRows || c.bytes >= chunkBytes }

// add copies a row.
func (c *chunk) add(row []any, number int64) {
	for _, v := range row {
		own, size := keep(v)
		c.values = append(c.values, own)
		c.bytes += size
	}
	c.numbers = append(c.numbers, number)
}

// reset makes the chunk empty and lets go of its values.
func (c *chunk) reset() {
	clear(c.values)
	c.values, c.numbers, c.bytes = c.values[:0], c.numbers[:0], 0
}

const word = 16 // bytes of an interface

// keep returns a value that a source can't change any more by using its buffers again, and about how many bytes it has, with all that
// it refers to; no less than a chunk has if that can't be found out. What is neither a slice nor a pointer to something simple is left as it is.
func keep(v any) (any, int) {
	switch v := v.(type) {
	case nil, bool, int, int64, int32, int16, float64, time.Time:
		return v, word
	case string:
		return v, word + len(v)
	case []byte:
		return bytes.Clone(v), word + len(v)
	case json.RawMessage:
		return json.RawMessage(bytes.Clone(v)), word + len(v)
	}
	rv := reflect.ValueOf(v)
	switch rv.Kind() {
	case reflect.Slice:
		if !rv.IsNil() {
			own := reflect.MakeSlice(rv.Type(), rv.Len(), rv.Len())
			reflect.Copy(own, rv)
			rv = own
		}
	case reflect.Pointer:
		if !rv.IsNil() && isSimple(rv.Type().Elem()) {
			own := reflect.New(rv.Type().Elem())
			own.Elem().Set(rv.Elem())
			rv = own
		}
	default:
		return v, word + int(rv.Type().Size()) + weigh(rv, 0, false)
	}
	return rv.Interface(), word + weigh(rv, 0, false)
}

// isSimple reports whether a copy of a value of type t shares nothing with it.
func isSimple(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Bool, reflect.String, reflect.Float32, reflect.Float64,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return true
	case reflect.Array:
		return isSimple(t.Elem())
	}
	return t == reflect.TypeFor[time.Time]()
}
