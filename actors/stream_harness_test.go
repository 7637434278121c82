package actors_test

import (
	"encoding/binary"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/troupedb/troupe/actors"
	"github.com/troupedb/troupe/messages"
)

// recorder is an address that keeps what it is told.
type recorder struct {
	mu  sync.Mutex
	got []messages.Message
}

func (r *recorder) Tell(msg messages.Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, msg)
}

func (r *recorder) all() []messages.Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]messages.Message(nil), r.got...)
}

// count returns how many messages of type M there are.
func count[M messages.Message](r *recorder) (n int) {
	for _, msg := range r.all() {
		if _, ok := msg.(M); ok {
			n++
		}
	}
	return n
}

func granted(r *recorder) (n int) {
	for _, msg := range r.all() {
		if c, ok := msg.(*messages.Credit); ok {
			n += c.Batches
		}
	}
	return n
}

// owner counts what a stream says.
type owner struct {
	mu        sync.Mutex
	described []error
	ended     int
}

func (o *owner) StreamDescribed(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.described = append(o.described, err)
}

func (o *owner) StreamEnded() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended++
}

func (o *owner) saw() (described []error, ended int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]error(nil), o.described...), o.ended
}

func columns(names ...string) *messages.Description {
	d := &messages.Description{}
	for _, name := range names {
		d.Fields = append(d.Fields, pgconn.FieldDescription{Name: name, DataTypeOID: pgtype.Int8OID, Format: pgtype.BinaryFormatCode})
	}
	return d
}

var oneColumn = columns("n")

const callID = messages.CallID(42)

// newBatch returns a batch of one row that holds its source and number.
func newBatch(source int, seq uint64, cost int) *messages.RowBatch {
	b := messages.NewRowBatch(oneColumn)
	b.Call, b.Source, b.Seq, b.Cost = callID, source, seq, cost
	if seq == 0 {
		b.Declared = oneColumn
	}
	b.AppendUint64(uint64(source)<<32 | seq)
	b.EndRow()
	return b
}

// content returns what newBatch put in.
func content(b *messages.RowBatch) (source int, seq uint64) {
	var values [1][]byte
	b.ReadRow(0, values[:])
	n := binary.BigEndian.Uint64(values[0])
	return int(n >> 32), n & 0xffff_ffff
}

func newEnd(source int, seq uint64, err error) *messages.End {
	e := &messages.End{Call: callID, Source: source, Seq: seq, Err: err}
	if err == nil {
		e.Declared = oneColumn
	}
	return e
}

// rig is an open stream with its surroundings.
type rig struct {
	stream  actors.Stream
	owner   owner
	workers []*recorder
}

func newRig(s *actors.System, sources, window int, order messages.Order) *rig {
	r := &rig{}
	r.stream.Init(s, &r.owner, actors.StreamConfig{Call: callID, Order: order, Window: window, BatchBytes: 1024})
	for range sources {
		r.workers = append(r.workers, &recorder{})
	}
	return r
}

func (r *rig) open() bool {
	var sources []actors.Source
	for i, w := range r.workers {
		sources = append(sources, actors.Source{Shard: shardName(i), Worker: w})
	}
	return r.stream.Open(sources...)
}

func openRig(sources, window int, order messages.Order) *rig {
	r := newRig(system(), sources, window, order)
	r.open()
	return r
}

func shardName(i int) messages.ShardID { return messages.ShardID("s" + string(rune('0'+i))) }
