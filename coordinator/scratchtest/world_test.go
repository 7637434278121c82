package scratchtest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m).Run()) }

var shards = []messages.ShardID{"s0", "s1", "s2"}

type tdef struct {
	name, lite, pg string
	rows           []string
	keyed          bool
	keys           []any
	decl           coordinator.Table
}

func lookup(n int) coordinator.Lookup {
	l := coordinator.Lookup{}
	for i := 0; i < n; i++ {
		l[i] = shards[i%3]
	}
	return l
}
func tlookup() coordinator.Lookup {
	l := coordinator.Lookup{}
	for i, s := range strings.Split("abcdefghijkl", "") {
		l[s] = shards[i%3]
		l[strings.ToUpper(s)] = shards[(i+1)%3]
	}
	return l
}

func intTable(name, lite, pg string, cols string, rows ...string) tdef {
	d := tdef{name: name, lite: lite, pg: pg, rows: rows, keyed: true}
	d.decl = coordinator.Table{Key: "k", Type: coordinator.Integer, Route: lookup(40), Group: "g", Columns: strings.Fields(cols)}
	for _, r := range rows {
		var k int
		fmt.Sscanf(r, "%d", &k)
		d.keys = append(d.keys, k)
	}
	return d
}
func textTable(name, lite, pg string, cols string, rows ...string) tdef {
	d := tdef{name: name, lite: lite, pg: pg, rows: rows, keyed: true}
	d.decl = coordinator.Table{Key: "t", Type: coordinator.Text, Route: tlookup(), Group: "tg", Columns: strings.Fields(cols)}
	for _, r := range rows {
		d.keys = append(d.keys, strings.Split(r, "'")[1])
	}
	return d
}

func tables(nocols bool) []tdef {
	ts := []tdef{
		intTable("u", "k integer not null, id integer, name text, city text, age integer, score real, v, flag boolean, d text, nm numeric",
			"k bigint not null, id integer, name text collate \"C\", city text collate \"C\", age integer, score double precision, v text, flag boolean, d date, nm numeric",
			"k id name city age score v flag d nm",
			"1,11,'ann','Oslo',30,1.5,'1',true,'2020-01-01',1.50",
			"1,12,'Bob',null,41,0.25,'1.0',false,'2020-01-02',2",
			"2,21,'cid','Rome',null,2.0,'a',null,null,1.5",
			"2,22,'dee','Oslo',25,null,'b',true,'2021-01-01',null",
			"3,31,'ann','Rome',30,-1.5,null,false,'2020-01-01',10",
			"3,32,'eve',null,52,4.75,'A',false,'1999-12-31',2.00",
			"4,41,'Zoe','Paris',19,0.5,'2',true,'2020-06-01',-3.1",
			"4,42,'ann','Oslo',null,1.5,'10',null,null,null",
			"5,51,'gus','Rome',41,3.0,'',true,'2020-01-01',1.500",
			"6,61,'eva','Bern',30,0.25,'b',true,'2020-01-02',0"),
		intTable("o", "k integer not null, no integer, kind text, total integer, price numeric, primary key(k, no)",
			"k bigint not null, no integer, kind text collate \"C\", total integer, price numeric(8,2), primary key(k, no)",
			"k no kind total price",
			"1,101,'book',10,1.10", "1,102,'pen',20,2.20", "2,201,'book',30,0.35", "3,301,'pen',null,9.99", "3,302,'cup',10,1.10",
			"4,401,'book',20,5.00", "6,601,'cup',10,2.20", "7,701,'book',40,3.00"),
		intTable("e", "k integer not null, a integer, b text", "k bigint not null, a integer, b text collate \"C\"", "k a b"),
		textTable("x", "t text not null, n integer, name text", "t text collate \"C\" not null, n integer, name text collate \"C\"", "t n name",
			"'a',1,'q'", "'b',2,'r'", "'c',3,null", "'d',null,'q'", "'A',5,'Q'", "'B',1,'s'"),
		textTable("y", "t text not null, n integer, m text", "t text collate \"C\" not null, n integer, m text collate \"C\"", "t n m",
			"'a',1,'q'", "'a',2,'w'", "'b',2,'r'", "'e',3,null", "'A',5,'Q'"),
		{name: "r", lite: "kind text, title text, k integer", pg: "kind text collate \"C\", title text collate \"C\", k bigint", rows: []string{"'book','a book',1", "'pen','a pen',2", "'ham','a ham',null", "'cup',null,9"},
			decl: coordinator.Table{Reference: true, Columns: []string{"kind", "title", "k"}}},
		{name: "rr", lite: "id integer, parent integer", pg: "id integer, parent integer", rows: []string{"1,null", "2,1", "3,1", "4,2"},
			decl: coordinator.Table{Reference: true, Columns: []string{"id", "parent"}}},
	}
	if nocols {
		for i := range ts {
			ts[i].decl.Columns = nil
		}
	}
	return ts
}

func home(k any) messages.ShardID {
	switch k := k.(type) {
	case int:
		return lookup(40)[k]
	case string:
		return tlookup()[k]
	}
	panic("x")
}

func quiet(sh ...shardworker.Shard) coordinator.Config {
	return coordinator.Config{Shards: sh, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
}

type world struct {
	d             messages.Dialect
	whole, troupe *coordinator.Troupe
	ts            []tdef
}

func dsn(t *testing.T, d messages.Dialect, name string) shardworker.DSN {
	if d == messages.PostgreSQL {
		return shardworker.DSN(pgtest.Shared(t).DSN() + "&pool_max_conns=3")
	}
	return shardworker.DSN("sqlite:" + filepath.Join(t.TempDir(), name+".db") + "?synchronous=OFF")
}

func within(t *testing.T) context.Context {
	ctx, c := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(c)
	return ctx
}

func newWorld(t *testing.T, d messages.Dialect, nocols bool, pre ...string) *world {
	return newWorld0(t, d, nocols, tables(nocols), pre...)
}

func newWorld0(t *testing.T, d messages.Dialect, nocols bool, ts []tdef, pre ...string) *world {
	w := &world{d: d, ts: ts}
	cfg := quiet()
	for _, s := range shards {
		cfg.Shards = append(cfg.Shards, shardworker.Shard{ID: s, DSN: dsn(t, d, string(s))})
	}
	cfg.Tables = coordinator.Tables{}
	for _, x := range w.ts {
		cfg.Tables[x.name] = x.decl
	}
	var err error
	w.whole, err = coordinator.Spawn(within(t), quiet(shardworker.Shard{ID: "whole", DSN: dsn(t, d, "whole")}))
	require.NoError(t, err)
	w.troupe, err = coordinator.Spawn(within(t), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { w.whole.Close(context.Background()); w.troupe.Close(context.Background()) })
	for _, x := range w.ts {
		c := x.lite
		if d == messages.PostgreSQL {
			c = x.pg
		}
		w.all(t, "create table "+x.name+" ("+c+")")
	}
	for _, p := range pre {
		w.all(t, p)
	}
	w.fill(t)
	return w
}

func newWorldPlain(t *testing.T) *world {
	w := newWorld0(t, messages.PostgreSQL, true, []tdef{intTable("u", "", "k bigint not null, id integer, name text, city text", "k id name city",
		"1,1,'ann','a'", "1,2,'Bob','B'", "2,3,'cid','a'", "2,4,'Dee','A'", "3,5,'ann','x'", "3,6,'eve','X'")})
	return w
}

func (w *world) all(t *testing.T, sql string) {
	_, err := w.whole.Exec(coordinator.OnShard(within(t), "whole"), sql)
	require.NoError(t, err, sql)
	for _, s := range shards {
		_, err := w.troupe.Exec(coordinator.OnShard(within(t), s), sql)
		require.NoError(t, err, sql)
	}
}

func (w *world) fill(t *testing.T) {
	script := func(s messages.ShardID) string {
		var b strings.Builder
		for _, x := range w.ts {
			b.WriteString("delete from " + x.name + ";")
			var vs []string
			for i, r := range x.rows {
				if s == "" || !x.keyed || home(x.keys[i]) == s {
					vs = append(vs, "("+r+")")
				}
			}
			if len(vs) > 0 {
				b.WriteString("insert into " + x.name + " values " + strings.Join(vs, ",") + ";")
			}
		}
		return b.String()
	}
	_, err := w.whole.Exec(coordinator.OnShard(within(t), "whole"), script(""))
	require.NoError(t, err)
	for _, s := range shards {
		_, err := w.troupe.Exec(coordinator.OnShard(within(t), s), script(s))
		require.NoError(t, err)
	}
}

func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case pgtype.Numeric:
		x, _ := v.Value()
		return fmt.Sprintf("N%v", x)
	case []byte:
		return fmt.Sprintf("x%x", v)
	case string:
		return fmt.Sprintf("%q", v)
	case float64:
		return fmt.Sprintf("f%.12g", v)
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	default:
		return fmt.Sprintf("%T:%v", v, v)
	}
}

type ans struct {
	rows, cols []string
	tag        string
	err        error
}

func ask(ctx context.Context, tr *coordinator.Troupe, sql string, args ...any) (a ans) {
	defer func() {
		if r := recover(); r != nil {
			a.err = fmt.Errorf("PANIC %v", r)
		}
	}()
	rows, err := tr.Query(ctx, sql, args...)
	if err != nil {
		a.err = err
		return
	}
	defer rows.Close()
	for _, f := range rows.FieldDescriptions() {
		a.cols = append(a.cols, fmt.Sprintf("%s:%d:%d", f.Name, f.DataTypeOID, f.TypeModifier))
	}
	for rows.Next() {
		vs, err := rows.Values()
		if err != nil {
			a.err = err
			return
		}
		cs := make([]string, len(vs))
		for i := range vs {
			cs[i] = cell(vs[i])
		}
		a.rows = append(a.rows, strings.Join(cs, " "))
	}
	a.err = rows.Err()
	a.tag = rows.CommandTag().String()
	return
}

func (w *world) dump(t *testing.T) (string, string) {
	var a, b strings.Builder
	for _, x := range w.ts {
		q := "select * from " + x.name
		whole := ask(coordinator.OnShard(within(t), "whole"), w.whole, q)
		slices.Sort(whole.rows)
		fmt.Fprintln(&a, x.name, whole.rows)
		if !x.keyed {
			for _, s := range shards {
				g := ask(coordinator.OnShard(within(t), s), w.troupe, q)
				slices.Sort(g.rows)
				if !slices.Equal(g.rows, whole.rows) {
					fmt.Fprintln(&b, x.name, s, g.rows)
					whole.rows = nil
				}
			}
			fmt.Fprintln(&b, x.name, whole.rows)
			continue
		}
		var all []string
		for _, s := range shards {
			g := ask(coordinator.OnShard(within(t), s), w.troupe, q)
			for _, r := range g.rows {
				h := home2(r)
				if h != s {
					r += " MISPLACED on " + string(s)
				}
				all = append(all, r)
			}
		}
		slices.Sort(all)
		fmt.Fprintln(&b, x.name, all)
	}
	return a.String(), b.String()
}

func home2(r string) messages.ShardID {
	var k int
	if n, _ := fmt.Sscanf(r, "int64:%d", &k); n == 1 {
		return home(k)
	}
	var s string
	fmt.Sscanf(r, "%q", &s)
	return home(s)
}

func isRefused(err error) bool {
	return errors.Is(err, messages.ErrRefused) || errors.Is(err, messages.ErrInvalidRequest)
}

func orderMatters(sql string) bool {
	l := strings.ToLower(sql)
	return strings.Contains(l, "--ord")
}

func (w *world) check(t *testing.T, sql string, args ...any) {
	l := strings.ToLower(strings.TrimSpace(sql))
	write := strings.HasPrefix(l, "insert") || strings.HasPrefix(l, "update") || strings.HasPrefix(l, "delete") || strings.HasPrefix(l, "replace") || strings.HasPrefix(l, "merge") || strings.Contains(l, "--w")
	want := ask(coordinator.OnShard(within(t), "whole"), w.whole, sql, args...)
	got := ask(within(t), w.troupe, sql, args...)
	wr, gr := slices.Clone(want.rows), slices.Clone(got.rows)
	if !orderMatters(sql) {
		slices.Sort(wr)
		slices.Sort(gr)
	}
	say := func(kind, detail string) {
		fmt.Printf("%-8s %s | %s %v\n         %s\n", kind, w.d, sql, args, detail)
	}
	defer func() {
		if write {
			w.fill(t)
		}
	}()
	var da, db string
	if write {
		da, db = w.dump(t)
	}
	switch {
	case got.err != nil && isRefused(got.err):
		m := got.err.Error()
		if len(m) > 230 {
			m = m[:230]
		}
		k := "refused"
		if want.err != nil {
			k = "ref+bad"
			m += " || WHOLE: " + want.err.Error()
		}
		say(k, m)
		return
	case got.err != nil && want.err != nil:
		say("botherr", want.err.Error()+" || "+got.err.Error())
		if write && da != db {
			say("NOTE", "one db rolled back; troupe: "+db)
		}
		return
	case got.err != nil:
		say("ERR!", got.err.Error())
		return
	case want.err != nil:
		say("NOERR!", want.err.Error()+fmt.Sprint(got.rows))
		return
	}
	if !slices.Equal(wr, gr) {
		say("WRONG!!!", fmt.Sprintf("want %v\n         got  %v", wr, gr))
	} else if !slices.Equal(want.cols, got.cols) {
		say("COLS!", fmt.Sprintf("want %v got %v", want.cols, got.cols))
	} else if want.tag != got.tag {
		say("TAG!", fmt.Sprintf("want %v got %v", want.tag, got.tag))
	} else if write && da != db {
		say("WRITE!!!", fmt.Sprintf("want %v\n         got  %v", da, db))
	} else if os.Getenv("V") != "" {
		say("ok", fmt.Sprint(len(wr), " ", got.tag))
	}
}

func (w *world) checkNoFill(t *testing.T, sql string, args ...any) {
	l := strings.ToLower(strings.TrimSpace(sql))
	write := strings.HasPrefix(l, "insert") || strings.HasPrefix(l, "update") || strings.HasPrefix(l, "delete") || strings.HasPrefix(l, "replace") || strings.HasPrefix(l, "merge") || strings.Contains(l, "--w")
	want := ask(coordinator.OnShard(within(t), "whole"), w.whole, sql, args...)
	got := ask(within(t), w.troupe, sql, args...)
	wr, gr := slices.Clone(want.rows), slices.Clone(got.rows)
	if !orderMatters(sql) {
		slices.Sort(wr)
		slices.Sort(gr)
	}
	say := func(kind, detail string) {
		fmt.Printf("%-8s %s | %s %v\n         %s\n", kind, w.d, sql, args, detail)
	}
	defer func() {
		if write {
			return
		}
	}()
	var da, db string
	if write {
		da, db = w.dump2(t)
	}
	switch {
	case got.err != nil && isRefused(got.err):
		m := got.err.Error()
		if len(m) > 230 {
			m = m[:230]
		}
		k := "refused"
		if want.err != nil {
			k = "ref+bad"
			m += " || WHOLE: " + want.err.Error()
		}
		say(k, m)
		return
	case got.err != nil && want.err != nil:
		say("botherr", want.err.Error()+" || "+got.err.Error())
		if write && da != db {
			say("NOTE", "one db rolled back; troupe: "+db)
		}
		return
	case got.err != nil:
		say("ERR!", got.err.Error())
		return
	case want.err != nil:
		say("NOERR!", want.err.Error()+fmt.Sprint(got.rows))
		return
	}
	if !slices.Equal(wr, gr) {
		say("WRONG!!!", fmt.Sprintf("want %v\n         got  %v", wr, gr))
	} else if !slices.Equal(want.cols, got.cols) {
		say("COLS!", fmt.Sprintf("want %v got %v", want.cols, got.cols))
	} else if want.tag != got.tag {
		say("TAG!", fmt.Sprintf("want %v got %v", want.tag, got.tag))
	} else if write && da != db {
		say("WRITE!!!", fmt.Sprintf("want %v\n         got  %v", da, db))
	} else if os.Getenv("V") != "" {
		say("ok", fmt.Sprint(len(wr), " ", got.tag))
	}
}


func (w *world) dump2(t *testing.T) (string, string) {
	var a, b string
	for _, n := range []string{"p", "q", "g", "h"} {
		x := ask(coordinator.OnShard(within(t), "whole"), w.whole, "select * from "+n)
		slices.Sort(x.rows)
		a += n + fmt.Sprint(x.rows)
		var all []string
		for _, s := range shards {
			g := ask(coordinator.OnShard(within(t), s), w.troupe, "select * from "+n)
			all = append(all, g.rows...)
		}
		slices.Sort(all)
		b += n + fmt.Sprint(all)
	}
	return a, b
}
// TestFile: lines: [lite|pg|both] SQL [;; json args]
func TestFile(t *testing.T) {
	b, err := os.ReadFile(os.Getenv("CASES"))
	require.NoError(t, err)
	var lite, pg []string
	var pre []string
	for _, l := range strings.Split(string(b), "\n") {
		if strings.TrimSpace(l) == "" || strings.HasPrefix(l, "#") {
			continue
		}
		k, q, _ := strings.Cut(l, " ")
		switch k {
		case "lite":
			lite = append(lite, q)
		case "pg":
			pg = append(pg, q)
		case "both":
			lite = append(lite, q)
			pg = append(pg, q)
		case "pre":
			pre = append(pre, q)
		default:
			t.Fatal(l)
		}
	}
	for _, x := range []struct {
		d  messages.Dialect
		qs []string
	}{{messages.SQLite, lite}, {messages.PostgreSQL, pg}} {
		if len(x.qs) == 0 {
			continue
		}
		w := newWorld(t, x.d, os.Getenv("NOCOLS") != "", pre...)
		for _, q := range x.qs {
			sql, js, has := strings.Cut(q, ";;")
			var args []any
			if has {
				dec := json.NewDecoder(strings.NewReader(js))
				dec.UseNumber()
				require.NoError(t, dec.Decode(&args), js)
				for i, a := range args {
					if n, ok := a.(json.Number); ok {
						if v, err := n.Int64(); err == nil {
							args[i] = v
						} else {
							args[i], _ = n.Float64()
						}
					}
					if s, ok := a.([]any); ok {
						var is []*int64
						var ss []string
						for _, e := range s {
							switch e := e.(type) {
							case json.Number:
								v, _ := e.Int64()
								is = append(is, &v)
							case nil:
								is = append(is, nil)
							case string:
								ss = append(ss, e)
							}
						}
						if ss != nil {
							args[i] = ss
						} else {
							args[i] = is
						}
					}
				}
			}
			if m := os.Getenv("MODE"); m != "" && x.d == messages.PostgreSQL {
				mode := map[string]pgx.QueryExecMode{"simple": pgx.QueryExecModeSimpleProtocol, "exec": pgx.QueryExecModeExec, "describe": pgx.QueryExecModeCacheDescribe, "dexec": pgx.QueryExecModeDescribeExec}[m]
				args = append([]any{mode}, args...)
			}
			w.check(t, strings.TrimSpace(sql), args...)
		}
	}
}
