package scratchtest_test

import (
	"fmt"
	"math/rand"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

func pick(r *rand.Rand, xs ...string) string { return xs[r.Intn(len(xs))] }

func chain(r *rand.Rand, d messages.Dialect, depth int) string {
	var b strings.Builder
	n := 1 + r.Intn(5)
	operand := func() {
		for r.Intn(5) == 0 {
			b.WriteString(pick(r, "not ", "- ", "+ ", "not not ", "~ "))
		}
		switch x := r.Intn(12); {
		case x < 5:
			b.WriteString("k")
		case x < 8:
			b.WriteString(pick(r, "1", "2", "3", "4", "0"))
		case x < 9:
			b.WriteString(pick(r, "true", "false", "null"))
		case x < 10:
			b.WriteString(pick(r, "age", "flag", "id"))
		case x < 11 && depth < 2:
			b.WriteString("(" + chain(r, d, depth+1) + ")")
		default:
			b.WriteString(pick(r, "k", "?"))
		}
		for r.Intn(8) == 0 {
			if d == messages.SQLite {
				b.WriteString(pick(r, " isnull", " notnull", " not null", " is null", " is not null", " collate nocase", " is true", " is not false"))
			} else {
				b.WriteString(pick(r, " isnull", " notnull", " is null", " is not null", " is true", " is not false", "::bigint", "::int", " is unknown", "::bool", "::int::bool"))
			}
		}
	}
	operand()
	for i := 0; i < n; i++ {
		if d == messages.SQLite {
			switch r.Intn(12) {
			case 0, 1, 2, 3:
				b.WriteString(pick(r, " = ", " == ", " <> ", " != ", " < ", " <= ", " > ", " >= ", " is ", " is not ", " is distinct from ", " is not distinct from "))
			case 4, 5:
				b.WriteString(pick(r, " and ", " or "))
			case 6:
				b.WriteString(pick(r, " & ", " | ", " << ", " >> ", " + ", " - ", " * ", " / ", " % ", " || "))
			case 7:
				b.WriteString(pick(r, " between 1 and ", " not between 2 and ", " between k and ", " between 1 and 2 and "))
			case 8:
				b.WriteString(pick(r, " in (1,2)", " not in (1, 2)", " in ()", " in (k, 3)", " in (select 1)"))
				b.WriteString(pick(r, " = ", " and ", " or ", " is "))
			case 9:
				b.WriteString(pick(r, " like ", " not like ", " glob "))
			case 10:
				b.WriteString(pick(r, " and not ", " or not ", " = not ", " is not null and ", " collate binary = "))
			default:
				b.WriteString(pick(r, " = ", " and "))
			}
		} else {
			switch r.Intn(12) {
			case 0, 1, 2, 3:
				b.WriteString(pick(r, " = ", " <> ", " != ", " < ", " <= ", " > ", " >= ", " is distinct from ", " is not distinct from "))
			case 4, 5:
				b.WriteString(pick(r, " and ", " or "))
			case 6:
				b.WriteString(pick(r, " & ", " | ", " << ", " >> ", " + ", " - ", " * ", " ^ ", " % ", " # "))
			case 7:
				b.WriteString(pick(r, " between 1 and ", " not between 2 and ", " between k and ", " between symmetric 3 and ", " between 1 and 2 and "))
			case 8:
				b.WriteString(pick(r, " in (1,2)", " not in (1, 2)", " in (k, 3)", " = any (array[1,2])", " <> all(array[1,2])", " is true", " = any ('{1,2}')"))
				b.WriteString(pick(r, " = ", " and ", " or ", " <> "))
			case 10:
				b.WriteString(pick(r, " and not ", " or not ", " = (not ", " is not null and ", " is true = "))
				if strings.HasSuffix(b.String(), "(not ") {
					operand()
					b.WriteString(")")
					b.WriteString(pick(r, " and ", " = "))
				}
			default:
				b.WriteString(pick(r, " = ", " and "))
			}
		}
		operand()
	}
	return b.String()
}

func TestPrec(t *testing.T) {
	seed, _ := strconv.ParseInt(os.Getenv("SEED"), 10, 64)
	n, _ := strconv.Atoi(os.Getenv("N"))
	for _, d := range []messages.Dialect{messages.SQLite, messages.PostgreSQL} {
		r := rand.New(rand.NewSource(seed))
		w := newWorld(t, d, false)
		valid, refused, bad, narrowed := 0, 0, 0, 0
		for i := 0; i < n; i++ {
			p := chain(r, d, 0)
			var args []any
			for strings.Contains(p, "?") {
				args = append(args, r.Intn(4))
				p = strings.Replace(p, "?", fmt.Sprintf("$%d", len(args)), 1)
			}
			sql := "select k, id from u where " + p
			want := ask(coordinator.OnShard(within(t), "whole"), w.whole, sql, args...)
			if want.err != nil {
				bad++
				if d == messages.SQLite {
					continue
				}
			}
			ctx, touched := coordinator.WatchTouched(within(t))
			got := ask(ctx, w.troupe, sql, args...)
			_ = touched
			if got.err != nil && isRefused(got.err) {
				refused++
				if want.err == nil && refused < 6 {
					fmt.Println("refused", sql, got.err)
				}
				continue
			}
			if want.err != nil {
				if got.err == nil && !strings.Contains(want.err.Error(), "zero") && !strings.Contains(want.err.Error(), "out of range") {
					fmt.Println("NOERR", d, sql, args, want.err)
				}
				continue
			}
			valid++
			if len(touched.Calls()) > 0 && len(touched.Calls()[0].Shards) < 3 {
				narrowed++
			}
			slices.Sort(want.rows)
			slices.Sort(got.rows)
			if got.err != nil || !slices.Equal(want.rows, got.rows) {
				fmt.Println("WRONG", d, sql, args, want.rows, got.rows, got.err)
			}
		}
		fmt.Println(d, "valid", valid, "narrowed", narrowed, "refused", refused, "bad", bad)
	}
}
