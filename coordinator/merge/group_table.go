package merge

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"math"
	"math/bits"
	"unsafe"

	"github.com/troupedb/troupe/messages"
)

// groupTable finds groups by the identities of their keys. Identities and keys lie in one arena each, so that the garbage collector
// has little to look at.
type groupTable struct {
	seed   maphash.Seed
	slots  []int32 // group+1; a power of two of them, at most three quarters full
	groups []group
	ids    []byte
	keys   []byte // of each key its length in four bytes, then its bytes
}

// group is where a group's identity and keys lie. from describes the row that it was seen in first.
type group struct {
	hash           uint64
	id, idEnd, key int
	from           *messages.Description
}

const nullKey = math.MaxUint32

// bytes returns how much memory the table takes.
func (t *groupTable) bytes() int64 {
	return int64(cap(t.slots))*4 + int64(cap(t.groups))*int64(unsafe.Sizeof(group{})) + int64(cap(t.ids)) + int64(cap(t.keys))
}

// expect makes room for so many groups, whose rows have so many bytes.
func (t *groupTable) expect(groups, size int) {
	t.resize(1 << bits.Len(uint(max(15, (groups+1)*4/3))))
	t.groups, t.ids, t.keys = make([]group, 0, groups), make([]byte, 0, size/2), make([]byte, 0, size/2)
}

// find returns the group with that identity. A fresh one has yet to be given its keys.
func (t *groupTable) find(id []byte) (index int, fresh bool) {
	if 4*(len(t.groups)+1) > 3*len(t.slots) {
		t.resize(max(16, 2*len(t.slots)))
	}
	hash := maphash.Bytes(t.seed, id)
	mask := uint64(len(t.slots) - 1)
	i := hash & mask
	for ; t.slots[i] != 0; i = (i + 1) & mask {
		found := &t.groups[t.slots[i]-1]
		if found.hash == hash && bytes.Equal(t.ids[found.id:found.idEnd], id) {
			return int(t.slots[i] - 1), false
		}
	}
	begin := len(t.ids)
	t.ids = append(t.ids, id...)
	t.groups = append(t.groups, group{hash: hash, id: begin, idEnd: len(t.ids)})
	t.slots[i] = int32(len(t.groups))
	return len(t.groups) - 1, true
}

func (t *groupTable) resize(slots int) {
	if t.slots == nil {
		t.seed = maphash.MakeSeed()
	}
	t.slots = make([]int32, slots)
	mask := uint64(len(t.slots) - 1)
	for index := range t.groups {
		i := t.groups[index].hash & mask
		for t.slots[i] != 0 {
			i = (i + 1) & mask
		}
		t.slots[i] = int32(index + 1)
	}
}

// keep copies the keys of a fresh group from the row that it was seen in.
func (t *groupTable) keep(index int, row *rowAt, keys []groupKey) {
	t.groups[index].from, t.groups[index].key = row.from, len(t.keys)
	for i := range keys {
		v := row.value(keys[i].column)
		if v == nil {
			t.keys = binary.LittleEndian.AppendUint32(t.keys, nullKey)
			continue
		}
		t.keys = append(binary.LittleEndian.AppendUint32(t.keys, uint32(len(v))), v...)
	}
}

// key returns a key of a group: nil is NULL. It is valid until the next keep.
func (t *groupTable) key(index, key int) []byte {
	rest := t.keys[t.groups[index].key:]
	for {
		n := binary.LittleEndian.Uint32(rest)
		rest = rest[4:]
		switch {
		case n == nullKey && key == 0:
			return nil
		case n == nullKey:
			n = 0
		case key == 0:
			return rest[:n:n]
		}
		rest = rest[n:]
		key--
	}
}
