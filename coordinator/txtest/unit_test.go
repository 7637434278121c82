package txtest_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/session"
	"github.com/troupedb/troupe/messages"
)

// objects are the live ones, by primary key.
type objects struct {
	accounts map[int64]*account
	entries  map[int64]*entry
}

func (o objects) clone() objects { return objects{maps.Clone(o.accounts), maps.Clone(o.entries)} }

// mark is a savepoint of the session, and what lived when it was set.
type mark struct {
	sp   *session.Savepoint
	then objects
	name string
}

// unit is a session beside a plain database that everything is done in at once.
type unit struct {
	*stage
	t     *rapid.T
	ctx   context.Context
	s     *session.Session
	plain *plain

	now       objects
	committed objects
	fresh     map[any]bool // added and not flushed
	followers map[any]bool // those of fresh that were never given to Add: they come with their children
	marks     []mark
	next      int64
	stale     map[int64]bool // accounts that somebody else has changed since the session knew them
	ever      map[int64]bool // those that somebody else has ever changed
	meddled   map[int64]bool // those whose rows the session has to read before it changes them
	poison    messages.Code  // what the next flush must fail with; "" if it mustn't
	broken    bool           // a flush has failed
}

func TestUnitOfWorkAgainstOneDatabase(t *testing.T) {
	for kinds, times := range map[string]int{"sss": repeats(400, 12000), "psp": repeats(30, 1500), "ppp": repeats(30, 1500)} {
		t.Run(kinds, func(t *testing.T) {
			st := open(t, kinds, byRegion)
			st.everywhere(t, createAccounts)
			p := openPlain(t)
			rapidly(t, times, func(rt *rapid.T) {
				p.t = rt
				for _, table := range []string{"entries", "accounts"} {
					p.exec("delete from " + table)
					st.everywhere(rt, "delete from "+table)
				}
				playUnit(rt, st, p)
				st.requireIdle(rt)
				p.requireSame(rt, st)
			})
		})
	}
}

func playUnit(t *rapid.T, st *stage, p *plain) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	u := &unit{stage: st, t: t, ctx: ctx, plain: p, next: 1, fresh: map[any]bool{}, followers: map[any]bool{}, stale: map[int64]bool{}, ever: map[int64]bool{}, meddled: map[int64]bool{}}
	u.now = objects{map[int64]*account{}, map[int64]*entry{}}
	u.committed = u.now.clone()
	u.s = session.New(ctx, st.Troupe, session.Config{})
	defer u.s.Close()
	p.exec("begin")
	inTransaction := true
	defer func() {
		if inTransaction {
			p.exec("rollback")
		}
	}()
	for range rapid.IntRange(1, 30).Draw(t, "length") {
		u.step()
	}
	if !u.broken && u.poison == "" && rapid.IntRange(0, 2).Draw(t, "end") > 0 {
		require.NoError(t, u.s.Commit(ctx))
		p.exec("commit")
		inTransaction = false
		return
	}
	u.s.Close()
}

// pick draws one of the live objects in a stable order; nil if there is none.
func pick[T any](t *rapid.T, from map[int64]*T, label string) *T {
	ids := slices.Sorted(maps.Keys(from))
	if len(ids) == 0 {
		return nil
	}
	return from[rapid.SampledFrom(ids).Draw(t, label)]
}

func (u *unit) step() {
	kind := rapid.SampledFrom([]string{
		"add", "add", "add", "add entry", "add entry", "add both", "get", "get", "get nothing", "change", "change", "change", "change", "change entry", "adopt",
		"delete", "delete entry", "move", "flush", "flush", "select", "related", "savepoint", "savepoint", "roll back", "roll back", "release",
		"commit", "roll all back", "spoil",
	}).Draw(u.t, "step")
	switch kind {
	case "roll back":
		u.rollBack()
		return
	case "roll all back":
		u.rollAllBack()
		return
	}
	if u.broken { // nothing else is possible
		require.ErrorIs(u.t, u.s.Flush(u.ctx), messages.ErrTxAborted)
		_, err := session.Get[account](u.ctx, u.s, int64(1))
		require.ErrorIs(u.t, err, messages.ErrTxAborted)
		return
	}
	switch kind {
	case "add":
		a := u.newAccount()
		require.NoError(u.t, u.s.Add(a))
		u.added(a)
	case "add entry", "add both":
		owner := pick(u.t, u.now.accounts, "owner")
		if owner == nil || kind == "add both" { // the parent comes with its child
			owner = u.newAccount()
		}
		e := &entry{ID: u.id(), Owner: owner, Amount: rapid.Int64Range(-9, 9).Draw(u.t, "amount")}
		require.NoError(u.t, u.s.Add(e))
		if u.now.accounts[owner.ID] == nil {
			u.added(owner)
			u.followers[owner] = true
		}
		u.plain.exec("insert into entries values ($1, $2, $3)", e.ID, owner.ID, e.Amount)
		u.now.entries[e.ID], u.fresh[e] = e, true
	case "get", "get nothing":
		u.get(kind == "get")
	case "commit":
		u.commit()
	case "savepoint":
		u.savepoint()
	case "release":
		u.release()
	case "flush":
		u.flush()
	case "select":
		u.readAll()
	case "related":
		u.related()
	case "spoil":
		u.spoil()
	default:
		if u.poison == "" { // else it could be mended
			u.change(kind)
		}
	}
}

func (u *unit) id() int64 {
	u.next++
	return u.next
}

func (u *unit) region() string { return string(rapid.SampledFrom(u.Shards()).Draw(u.t, "region")) }

func (u *unit) newAccount() *account {
	return &account{ID: u.id(), Region: u.region(), Balance: rapid.Int64Range(0, 99).Draw(u.t, "balance")}
}

func (u *unit) added(a *account) {
	u.plain.exec("insert into accounts values ($1, $2, $3, 0)", a.ID, a.Region, a.Balance)
	u.now.accounts[a.ID], u.fresh[a] = a, true
}

// flushed checks what a call answered that flushes before all else.
func (u *unit) flushed(err error) bool {
	u.t.Helper()
	if u.poison == "" {
		require.NoError(u.t, err)
		clear(u.fresh)
		clear(u.followers)
		return true
	}
	require.ErrorIs(u.t, err, u.poison)
	u.broken = true
	return false
}

func (u *unit) flush() { u.flushed(u.s.Flush(u.ctx)) }

func (u *unit) get(known bool) {
	if !known {
		_, err := session.Get[account](u.ctx, u.s, rapid.SampledFrom([]int64{-5, 1 << 40}).Draw(u.t, "nobody's key"))
		require.ErrorIs(u.t, err, pgx.ErrNoRows)
		return
	}
	a := pick(u.t, u.now.accounts, "account")
	if a == nil || u.poison != "" {
		return
	}
	if u.fresh[a] {
		_, err := session.Get[account](u.ctx, u.s, a.ID)
		require.ErrorIs(u.t, err, pgx.ErrNoRows, "it isn't flushed yet")
		return
	}
	u.read(a)
}

// read gets an account that has a row.
func (u *unit) read(a *account) {
	u.t.Helper()
	got, err := session.Get[account](u.ctx, u.s, a.ID)
	require.NoError(u.t, err)
	require.Same(u.t, a, got)
	require.Equal(u.t, u.plain.accounts()[a.ID], fmt.Sprint(a.Region, " ", a.Balance))
	delete(u.meddled, a.ID)
	delete(u.stale, a.ID)
}

// readAll compares all rows that the session sees, and the objects that they are.
func (u *unit) readAll() {
	if !u.flushed(u.s.Flush(u.ctx)) {
		return
	}
	found, err := session.Select[account](u.ctx, u.s, "select id, region, balance, version from accounts order by id")
	require.NoError(u.t, err)
	want := u.plain.accounts()
	require.Len(u.t, found, len(want))
	for _, a := range found {
		require.Same(u.t, u.now.accounts[a.ID], a)
		require.Equal(u.t, want[a.ID], fmt.Sprint(a.Region, " ", a.Balance))
		delete(u.meddled, a.ID)
		delete(u.stale, a.ID)
	}
	entries, err := session.Select[entry](u.ctx, u.s, "select id, account, amount from entries order by id")
	require.NoError(u.t, err)
	wanted := u.plain.entries()
	require.Len(u.t, entries, len(wanted))
	for _, e := range entries {
		require.Same(u.t, u.now.entries[e.ID], e)
		require.Equal(u.t, wanted[e.ID], fmt.Sprint(e.Account, " ", e.Amount))
	}
}

func (u *unit) related() {
	a := pick(u.t, u.now.accounts, "account")
	if a == nil || !u.flushed(u.s.Flush(u.ctx)) {
		return
	}
	u.read(a)
	found, err := session.Related[entry](u.ctx, u.s, a, "account")
	require.NoError(u.t, err)
	n := 0
	for _, e := range u.now.entries {
		if e.Owner == a {
			n++
		}
	}
	require.Len(u.t, found, n)
	for _, e := range found {
		require.Same(u.t, u.now.entries[e.ID], e)
		parent, err := session.Parent[account](u.ctx, u.s, e)
		require.NoError(u.t, err)
		require.Same(u.t, a, parent)
	}
}

func (u *unit) commit() {
	err := u.s.Commit(u.ctx)
	if u.poison != "" {
		require.ErrorIs(u.t, err, u.poison)
		u.broken = true
		u.rollAllBack()
		return
	}
	require.NoError(u.t, err)
	clear(u.fresh)
	clear(u.followers)
	u.plain.exec("commit")
	u.requireIdle(u.t)
	u.plain.requireSame(u.t, u.stage)
	u.plain.exec("begin")
	u.committed, u.marks = u.now.clone(), nil
	u.meddle()
}

func (u *unit) savepoint() {
	sp, err := u.s.Begin(u.ctx)
	if !u.flushed(err) {
		return
	}
	name := fmt.Sprintf("mark_%d", u.id())
	u.plain.exec("savepoint " + name)
	u.marks = append(u.marks, mark{sp, u.now.clone(), name})
}

func (u *unit) release() {
	if len(u.marks) == 0 {
		return
	}
	at := rapid.IntRange(0, len(u.marks)-1).Draw(u.t, "savepoint")
	if !u.flushed(u.marks[at].sp.Release(u.ctx)) {
		return
	}
	u.plain.exec("release " + u.marks[at].name)
	for _, m := range u.marks[at:] {
		require.ErrorIs(u.t, m.sp.Rollback(u.ctx), pgx.ErrTxClosed)
	}
	u.marks = u.marks[:at]
}

func (u *unit) rollBack() {
	if len(u.marks) == 0 {
		return
	}
	at := rapid.IntRange(0, len(u.marks)-1).Draw(u.t, "savepoint")
	require.NoError(u.t, u.marks[at].sp.Rollback(u.ctx))
	u.plain.exec("rollback to " + u.marks[at].name)
	u.plain.exec("release " + u.marks[at].name)
	for _, m := range u.marks[at:] {
		require.ErrorIs(u.t, m.sp.Release(u.ctx), pgx.ErrTxClosed)
	}
	u.restore(u.marks[at].then)
	u.marks = u.marks[:at]
}

func (u *unit) rollAllBack() {
	require.NoError(u.t, u.s.Rollback(u.ctx))
	u.plain.exec("rollback")
	u.plain.exec("begin")
	for _, m := range u.marks {
		require.ErrorIs(u.t, m.sp.Release(u.ctx), pgx.ErrTxClosed)
	}
	u.marks = nil
	u.restore(u.committed)
	u.meddle()
}

// restore makes the objects of then the live ones, and checks that they are what they were.
func (u *unit) restore(then objects) {
	before := u.now
	u.now, u.broken, u.poison = then.clone(), false, ""
	clear(u.fresh)
	clear(u.followers)
	u.meddled = maps.Clone(u.ever) // what the session has read since counts no more
	clear(u.stale)
	accounts, entries := u.plain.accounts(), u.plain.entries()
	for id, a := range u.now.accounts {
		if old := fmt.Sprint(a.Region, " ", a.Balance); old != accounts[id] {
			require.True(u.t, u.meddled[id], "account %d has not the values that it had: %s, %s", id, old, accounts[id])
		}
	}
	for id, e := range u.now.entries {
		require.Equal(u.t, entries[id], fmt.Sprint(e.Account, " ", e.Amount), "entry %d has the values that it had", id)
		e.Owner = u.now.accounts[e.Account]
	}
	for id, a := range before.accounts {
		if then.accounts[id] == nil {
			_, has := coordinator.KeyOf(a)
			require.False(u.t, has, "account %d has no row any more", id)
		}
	}
}
