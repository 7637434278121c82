package actors_test

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/actors"
	"github.com/troupedb/troupe/messages"
)

var errBroken = errors.New("broken")

// read reads until an error, and returns the sources of the batches.
func (r *rig) read(t *testing.T) (sources []int, err error) {
	t.Helper()
	next := map[int]uint64{}
	for {
		b, err := r.stream.Next(t.Context())
		if err != nil {
			return sources, err
		}
		source, seq := content(b)
		require.Equal(t, b.Source, source)
		require.Equal(t, next[source], seq)
		next[source]++
		sources = append(sources, source)
	}
}

func TestStreamHandsOutBatchesAsTheyCome(t *testing.T) {
	r := openRig(3, 4, messages.AsTheyCome)
	require.True(t, r.stream.Opened())
	require.Equal(t, []messages.ShardID{"s0", "s1", "s2"}, r.stream.Shards())
	r.stream.Tell(newBatch(2, 0, 1))
	r.stream.Tell(newBatch(0, 0, 2))
	r.stream.Tell(newBatch(2, 1, 1))
	require.Equal(t, 4, r.stream.InFlight())
	require.Equal(t, oneColumn, r.stream.Declared())
	r.stream.Tell(newEnd(0, 1, nil))
	described, ended := r.owner.saw()
	require.Empty(t, described)
	require.Zero(t, ended)
	r.stream.Tell(newEnd(1, 0, nil)) // no rows, but it describes its columns
	described, _ = r.owner.saw()
	require.Equal(t, []error{nil}, described)
	require.True(t, r.stream.Waiting(2))
	require.Equal(t, []*messages.End{newEnd(0, 1, nil), newEnd(1, 0, nil), nil}, r.stream.Ends())
	r.stream.Tell(newEnd(2, 2, nil))
	require.False(t, r.stream.Waiting(2))
	require.False(t, r.stream.Waiting(3))
	_, ended = r.owner.saw()
	require.Equal(t, 1, ended)
	sources, err := r.read(t)
	require.Equal(t, io.EOF, err)
	require.Equal(t, []int{2, 0, 2}, sources)
	require.Zero(t, r.stream.InFlight())
	require.NoError(t, r.stream.Err())
	for _, w := range r.workers {
		require.Empty(t, w.all(), "whoever has ended is told nothing")
	}
}

func TestStreamKeepsTheOrderOfTheShards(t *testing.T) {
	r := openRig(3, 4, messages.InShardOrder)
	r.stream.Tell(newBatch(2, 0, 1))
	r.stream.Tell(newBatch(1, 0, 1))
	r.stream.Tell(newBatch(2, 1, 1))
	r.stream.Tell(newEnd(2, 2, nil))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := r.stream.Next(ended)
	require.ErrorIs(t, err, context.Canceled, "the first shard has said nothing yet")
	r.stream.Tell(newBatch(0, 0, 1))
	r.stream.Tell(newEnd(0, 1, nil))
	r.stream.Tell(newEnd(1, 1, nil))
	sources, err := r.read(t)
	require.Equal(t, io.EOF, err)
	require.Equal(t, []int{0, 1, 2, 2}, sources)
}

func TestNextReturnsTheErrorOfItsContext(t *testing.T) {
	r := openRig(1, 4, messages.AsTheyCome)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(io.EOF) // a cause that would look like the end of the rows
	_, err := r.stream.Next(ctx)
	require.Equal(t, context.Canceled, err)
	require.NoError(t, r.stream.Err(), "the stream goes on")
	r.stream.Tell(newEnd(0, 0, nil))
	_, err = r.stream.Next(ctx)
	require.Equal(t, io.EOF, err)
}

func TestSourceThatFailsEndsTheStream(t *testing.T) {
	r := openRig(3, 4, messages.AsTheyCome)
	r.stream.Tell(newBatch(0, 0, 1))
	r.stream.Tell(newEnd(2, 0, nil))
	r.stream.Tell(newEnd(1, 0, errBroken))
	err := r.stream.Err()
	require.ErrorIs(t, err, errBroken)
	require.ErrorIs(t, err, messages.ErrShardLost)
	require.Equal(t, messages.ShardID("s1"), messages.ShardErrors(err)[0].Shard)
	described, _ := r.owner.saw()
	require.Equal(t, []error{err}, described)
	require.Equal(t, []messages.Message{&messages.Cancel{Call: callID, Source: 0, Cause: err}}, r.workers[0].all())
	require.Empty(t, r.workers[1].all())
	require.Empty(t, r.workers[2].all())
	_, next := r.stream.Next(t.Context())
	require.Equal(t, err, next)
	require.Zero(t, r.stream.InFlight())

	r.stream.Tell(newBatch(0, 1, 1)) // on its way when the stream failed
	r.stream.Tell(newEnd(0, 2, &messages.Error{Code: messages.ErrCanceled}))
	_, ended := r.owner.saw()
	require.Equal(t, 1, ended)
	require.Equal(t, err, r.stream.Err())
}

func TestLostShardsAreAllNamed(t *testing.T) {
	r := openRig(3, 4, messages.AsTheyCome)
	for i := range 3 {
		r.stream.Tell(newEnd(i, 0, &messages.Error{Code: messages.ErrShardLost, Shard: shardName(i)}))
	}
	require.Len(t, messages.ShardErrors(r.stream.Err()), 3)
}

// TestStreamRefusesWhatBreaksItsProtocol has a message each that no worker should send.
func TestStreamRefusesWhatBreaksItsProtocol(t *testing.T) {
	for name, test := range map[string]struct {
		prepare func(r *rig)
		msg     func() messages.Message
		ended   bool // whether the message ends its source
	}{
		"gap":                    {msg: func() messages.Message { return newBatch(0, 1, 1) }},
		"batch again":            {prepare: func(r *rig) { r.stream.Tell(newBatch(0, 0, 1)) }, msg: func() messages.Message { return newBatch(0, 0, 1) }},
		"beyond the window":      {prepare: func(r *rig) { r.stream.Tell(newBatch(0, 0, 2)) }, msg: func() messages.Message { return newBatch(0, 1, 1) }},
		"larger than the window": {msg: func() messages.Message { return newBatch(0, 0, 3) }},
		"batches missing":        {msg: func() messages.Message { return newEnd(0, 1, nil) }, ended: true},
		"end again":              {prepare: func(r *rig) { r.stream.Tell(newEnd(0, 0, nil)) }, msg: func() messages.Message { return newEnd(0, 0, nil) }, ended: true},
		"batch after the end":    {prepare: func(r *rig) { r.stream.Tell(newEnd(0, 0, nil)) }, msg: func() messages.Message { return newBatch(0, 0, 1) }, ended: true},
		"no such source":         {msg: func() messages.Message { return newBatch(2, 0, 1) }},
		"negative source":        {msg: func() messages.Message { return newEnd(-1, 0, nil) }},
		"foreign batch": {msg: func() messages.Message {
			b := newBatch(0, 0, 1)
			b.Call++
			return b
		}},
		"foreign end": {msg: func() messages.Message { return &messages.End{Call: callID + 1} }},
		"no answer":   {msg: func() messages.Message { return &messages.Flush{Call: callID} }},
	} {
		t.Run(name, func(t *testing.T) {
			r := openRig(2, 2, messages.AsTheyCome)
			if test.prepare != nil {
				test.prepare(r)
			}
			require.NoError(t, r.stream.Err())
			r.stream.Tell(test.msg())
			require.ErrorIs(t, r.stream.Err(), messages.ErrProtocol)
			_, err := r.stream.Next(t.Context())
			require.ErrorIs(t, err, messages.ErrProtocol)
			require.Equal(t, test.ended, !r.stream.Waiting(0))
			cancels := 1
			if test.ended {
				cancels = 0
			}
			require.Equal(t, cancels, count[*messages.Cancel](r.workers[0]))
			require.Equal(t, 1, count[*messages.Cancel](r.workers[1]))
			described, ended := r.owner.saw()
			require.Len(t, described, 1)
			require.ErrorIs(t, described[0], messages.ErrProtocol)
			require.Zero(t, ended)
		})
	}
}

func TestSchemasMustAgree(t *testing.T) {
	for name, tell := range map[string]func(r *rig, d *messages.Description){
		"with a batch": func(r *rig, d *messages.Description) {
			b := messages.NewRowBatch(d)
			b.Call, b.Source, b.Cost, b.Declared = callID, 1, 1, d
			r.stream.Tell(b)
		},
		"with the end": func(r *rig, d *messages.Description) {
			e := newEnd(1, 0, nil)
			e.Declared = d
			r.stream.Tell(e)
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := openRig(3, 2, messages.AsTheyCome)
			r.stream.Tell(newBatch(2, 0, 1))
			tell(r, columns("n", "m"))
			err := r.stream.Err()
			require.ErrorIs(t, err, messages.ErrSchemaMismatch)
			require.ErrorContains(t, err, "s1")
			require.ErrorContains(t, err, "s2")
			require.Equal(t, 1, count[*messages.Cancel](r.workers[0]))
			described, _ := r.owner.saw()
			require.Equal(t, []error{err}, described)
		})
	}
	t.Run("none have columns", func(t *testing.T) {
		r := openRig(2, 2, messages.AsTheyCome)
		r.stream.Tell(&messages.End{Call: callID, Source: 0})
		r.stream.Tell(&messages.End{Call: callID, Source: 1})
		require.NoError(t, r.stream.Err())
		described, ended := r.owner.saw()
		require.Equal(t, []error{nil}, described)
		require.Equal(t, 1, ended)
		require.Empty(t, r.stream.Declared().Fields)
	})
}

func TestReaderLeaves(t *testing.T) {
	r := openRig(3, 4, messages.AsTheyCome)
	for i := range 3 {
		r.stream.Tell(newBatch(i, 0, 1))
	}
	r.stream.Tell(newEnd(1, 1, nil))
	_, err := r.stream.Next(t.Context())
	require.NoError(t, err)
	r.stream.Leave(errBroken)
	r.stream.Leave(errBroken)
	require.Zero(t, r.stream.InFlight())
	require.Equal(t, 1, count[*messages.Cancel](r.workers[0]))
	require.Zero(t, count[*messages.Cancel](r.workers[1]))
	require.Equal(t, 1, count[*messages.Cancel](r.workers[2]))
	_, err = r.stream.Next(t.Context())
	require.Equal(t, io.EOF, err)

	r.stream.Fail(errBroken)
	r.stream.Tell(newBatch(0, 1, 1))
	require.NoError(t, r.stream.Err())
	require.Zero(t, r.stream.InFlight())
	r.stream.Tell(newEnd(0, 2, nil))
	r.stream.Tell(newEnd(2, 1, &messages.Error{Code: messages.ErrCanceled}))
	described, ended := r.owner.saw()
	require.Equal(t, []error{nil}, described)
	require.Equal(t, 1, ended)
}

func TestReaderLeavesBeforeAnythingCame(t *testing.T) {
	t.Run("open", func(t *testing.T) {
		r := openRig(2, 4, messages.AsTheyCome)
		r.stream.Leave(errBroken)
		r.stream.Tell(newEnd(0, 0, &messages.Error{Code: messages.ErrCanceled}))
		r.stream.Tell(newEnd(1, 0, nil))
		described, ended := r.owner.saw()
		require.Equal(t, []error{errBroken}, described, "whoever waits for the columns waits for nothing")
		require.Equal(t, 1, ended)
	})
	t.Run("not open", func(t *testing.T) {
		r := newRig(system(), 2, 4, messages.AsTheyCome)
		r.stream.Leave(errBroken)
		require.False(t, r.open())
		require.False(t, r.stream.Opened())
		described, ended := r.owner.saw()
		require.Equal(t, []error{errBroken}, described)
		require.Zero(t, ended)
	})
}

func TestFailBeforeOpen(t *testing.T) {
	r := newRig(system(), 2, 4, messages.AsTheyCome)
	r.stream.Fail(errBroken)
	require.False(t, r.open())
	require.False(t, r.stream.Opened())
	r.stream.CancelIfOver()
	_, err := r.stream.Next(t.Context())
	require.Equal(t, errBroken, err)
	described, ended := r.owner.saw()
	require.Equal(t, []error{errBroken}, described)
	require.Zero(t, ended)
	require.Empty(t, r.workers[0].all())
}

// TestFailRacesOpen fails a stream while its Executes are sent: afterwards each worker has got a Cancel after its
// Execute, or no Execute.
func TestFailRacesOpen(t *testing.T) {
	for range 500 {
		r := newRig(system(), 3, 4, messages.AsTheyCome)
		var wg sync.WaitGroup
		wg.Go(func() { r.stream.Fail(errBroken) })
		wg.Go(func() {
			if !r.open() {
				return
			}
			for i, w := range r.workers {
				w.Tell(&messages.Execute{Call: callID, Source: i})
			}
			r.stream.CancelIfOver()
		})
		wg.Wait()
		for _, w := range r.workers {
			got := w.all()
			if !r.stream.Opened() {
				require.Empty(t, got)
				continue
			}
			require.IsType(t, (*messages.Cancel)(nil), got[len(got)-1], "the last word is Cancel")
			require.Equal(t, errBroken, got[len(got)-1].(*messages.Cancel).Cause)
		}
		described, _ := r.owner.saw()
		require.Equal(t, []error{errBroken}, described)
	}
}

func TestCancelAllLeavesItToTheEnds(t *testing.T) {
	r := openRig(2, 4, messages.AsTheyCome)
	r.stream.Tell(newEnd(0, 0, nil))
	r.stream.CancelAll(errBroken)
	require.Empty(t, r.workers[0].all())
	require.Equal(t, []messages.Message{&messages.Cancel{Call: callID, Source: 1, Cause: errBroken}}, r.workers[1].all())
	require.NoError(t, r.stream.Err())
	r.stream.Tell(newEnd(1, 0, nil))
	_, err := r.stream.Next(t.Context())
	require.Equal(t, io.EOF, err)
}

// TestErrorComesBeforeTheEnd has a reader that looks all the time while the only source fails: it must never see a clean
// end.
func TestErrorComesBeforeTheEnd(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for range 1000 {
		r := openRig(1, 4, messages.AsTheyCome)
		looking := make(chan struct{})
		got := make(chan error, 1)
		go func() {
			_, err := r.stream.Next(ended)
			close(looking)
			for errors.Is(err, context.Canceled) {
				_, err = r.stream.Next(ended)
			}
			got <- err
		}()
		<-looking
		r.stream.Tell(newEnd(0, 0, errBroken))
		require.ErrorIs(t, soon(t, got), errBroken)
	}
}

func TestStreamIsAProcess(t *testing.T) {
	r := openRig(1, 4, messages.AsTheyCome)
	id := r.stream.Register()
	require.Equal(t, id, r.stream.Register())
	protoactor := actors.Protoactor(system())
	pid := actor.NewPID(protoactor.Address(), id)
	root := protoactor.Root
	root.Send(pid, newBatch(0, 0, 1))
	root.Send(pid, "nonsense")
	require.Equal(t, 1, r.stream.InFlight())
	root.Stop(pid)
	require.ErrorIs(t, r.stream.Err(), messages.ErrUnavailable)
	require.Equal(t, 1, count[*messages.Cancel](r.workers[0]))
	root.Send(pid, newEnd(0, 1, nil))
	_, registered := protoactor.ProcessRegistry.Get(pid)
	require.False(t, registered, "the stream has ended")
	require.Empty(t, r.stream.Register())
}

// TestEachTypeIsComparedThoughAShardDoesNotKnowIt: a shard that declares no type doesn't hide that two others differ.
func TestEachTypeIsComparedThoughAShardDoesNotKnowIt(t *testing.T) {
	r := openRig(3, 4, messages.AsTheyCome)
	for source, oid := range []uint32{pgtype.UnknownOID, pgtype.Int8OID, pgtype.TextOID} {
		end := newEnd(source, 0, nil)
		end.Declared = &messages.Description{Fields: []pgconn.FieldDescription{{Name: "n", DataTypeOID: oid}}}
		r.stream.Tell(end)
	}
	require.ErrorIs(t, r.stream.Err(), messages.ErrSchemaMismatch)
	require.ErrorContains(t, r.stream.Err(), "s1")
	require.ErrorContains(t, r.stream.Err(), "s2")
}
