package txtest_test

import (
	"fmt"
	"maps"
	"slices"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// change changes, deletes or moves an object.
func (u *unit) change(kind string) {
	a, e := pick(u.t, u.now.accounts, "account"), pick(u.t, u.now.entries, "entry")
	if len(u.followers) > 0 && kind != "change" && kind != "change entry" && !u.flushed(u.s.Flush(u.ctx)) {
		return // a follower is nobody's once its children are gone, so that it has to have its row before
	}
	if a != nil && u.meddled[a.ID] {
		u.read(a)
	}
	switch {
	case kind == "change" && a != nil:
		a.Balance = rapid.Int64Range(0, 99).Draw(u.t, "balance")
		u.plain.exec("update accounts set balance = $2 where id = $1", a.ID, a.Balance)
	case kind == "change entry" && e != nil:
		e.Amount = rapid.Int64Range(-9, 9).Draw(u.t, "amount")
		u.plain.exec("update entries set amount = $2 where id = $1", e.ID, e.Amount)
	case kind == "adopt" && e != nil && a.Region == e.Owner.Region:
		e.Owner = a
		if !u.fresh[a] { // the flush sees to it anyway
			e.Account = a.ID
		}
		u.plain.exec("update entries set account = $2 where id = $1", e.ID, a.ID)
	case kind == "delete" && a != nil:
		doomed := []any{a}
		for _, id := range slices.Sorted(maps.Keys(u.now.entries)) {
			if child := u.now.entries[id]; child.Owner == a {
				doomed = append(doomed, child)
				delete(u.now.entries, id)
				delete(u.fresh, child)
			}
		}
		u.plain.exec("delete from entries where account = $1", a.ID)
		u.plain.exec("delete from accounts where id = $1", a.ID)
		delete(u.now.accounts, a.ID)
		delete(u.fresh, a)
		require.NoError(u.t, u.s.Delete(rapid.Permutation(doomed).Draw(u.t, "order")...))
	case kind == "delete entry" && e != nil:
		u.plain.exec("delete from entries where id = $1", e.ID)
		delete(u.now.entries, e.ID)
		delete(u.fresh, e)
		require.NoError(u.t, u.s.Delete(e))
	case kind == "move" && a != nil && !u.fresh[a] && !u.hasEntries(a):
		a.Region = u.region()
		if !u.flushed(u.s.MoveRow(u.ctx, a)) {
			return
		}
		u.plain.exec("update accounts set region = $2 where id = $1", a.ID, a.Region)
		key, _ := coordinator.KeyOf(a)
		require.Equal(u.t, a.Region, string(key.Shard))
	}
}

func (u *unit) hasEntries(a *account) bool {
	for _, e := range u.now.entries {
		if e.Owner == a {
			return true
		}
	}
	return false
}

// spoil does something that the next flush must refuse, or the database.
func (u *unit) spoil() {
	a := pick(u.t, u.now.accounts, "account")
	if a == nil || u.fresh[a] || u.poison != "" {
		return
	}
	if u.stale[a.ID] && rapid.Bool().Draw(u.t, "overwritten unseen") {
		a.Balance++
		u.poison = messages.ErrStale
		return
	}
	if u.meddled[a.ID] {
		u.read(a)
	}
	switch rapid.SampledFrom([]string{"constraint", "shard key"}).Draw(u.t, "spoiled") {
	case "constraint":
		a.Balance = -1
		u.poison = messages.ErrStatement
	case "shard key":
		shards := u.Shards()
		at := slices.Index(shards, messages.ShardID(a.Region))
		a.Region = string(shards[(at+1)%len(shards)])
		u.poison = messages.ErrWrongShard
	}
}

// meddle has somebody else change an account, while the session has no transaction.
func (u *unit) meddle() {
	a := pick(u.t, u.now.accounts, "account that somebody else changes")
	if a == nil || rapid.Bool().Draw(u.t, "nobody") {
		return
	}
	balance := rapid.Int64Range(100, 199).Draw(u.t, "somebody's balance")
	for _, d := range u.dbs {
		if d.id == messages.ShardID(a.Region) {
			d.exec(u.t, fmt.Sprintf("update accounts set balance = %d, version = version + 1 where id = %d", balance, a.ID))
		}
	}
	u.plain.exec("commit")
	u.plain.exec("update accounts set balance = $2 where id = $1", a.ID, balance)
	u.plain.exec("begin")
	u.stale[a.ID], u.ever[a.ID], u.meddled[a.ID] = true, true, true
}
