package statement_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

func TestReadRefusesInvalidTexts(t *testing.T) {
	for _, sql := range []string{
		"", "  ", ";", "-- nothing", "select 1; select 2", "select 'a", `select "a`, "select 1\x00", "select (1",
		strings.Repeat("x", tree.MaxTextBytes+1),
	} {
		for _, d := range bothDialects {
			_, err := statement.Read(d, sql)
			require.ErrorIs(t, err, messages.ErrInvalidRequest, "%s: %.40s", d, sql)
		}
	}
	_, err := statement.Read(0, "select 1")
	require.ErrorIs(t, err, messages.ErrInvalidRequest)
	for _, sql := range []string{"select 1;", "select 1 ;; -- end"} {
		for _, d := range bothDialects {
			require.Equal(t, tree.Select, read(t, d, sql).Kind)
		}
	}
}

func TestReadSaysWhatItDoesNotUnderstand(t *testing.T) {
	_, err := statement.Read(messages.PostgreSQL, "select "+strings.Repeat("(", 5000)+"1"+strings.Repeat(")", 5000))
	require.ErrorIs(t, err, messages.ErrRefused)
	var r *statement.Refusal
	require.ErrorAs(t, err, &r)
	require.Equal(t, statement.NotUnderstood, r.Code)
	require.Positive(t, r.Offset)
}

// A hostile text ends in an error or a verdict, in reasonable time, and without exhausting the stack.
func TestHostileTexts(t *testing.T) {
	const mib = tree.MaxTextBytes
	fill := func(head, part, tail string) string {
		return head + strings.Repeat(part, (mib-len(head)-len(tail))/len(part)) + tail
	}
	nest := func(head, open, shut string, depth int) string {
		return head + strings.Repeat(open, depth) + " users " + strings.Repeat(shut, depth)
	}
	for name, sql := range map[string]string{
		"parentheses":      fill("", "(", ""),
		"not":              fill("select ", "not ", "1"),
		"plus":             fill("select 1", "+1", ""),
		"or":               fill("select * from users where k=1", " or k=1", ""),
		"and":              fill("select * from users where k=1", " and k=1", ""),
		"equal keys":       fill("select * from users a, orders b where a.k=b.k", " and a.k=b.k", ""),
		"correlated":       fill("select * from users a where exists (select 1 from orders b where b.k=a.k", " and b.k=a.k", ")"),
		"list":             fill("select * from users where k in (1", ",1", ")"),
		"tables":           fill("select * from users", ",users", ""),
		"references":       fill("select 1 from colors", ",colors", ""),
		"names":            fill("select a from "+strings.Repeat("items,", 900)+"items where 1", ",a", ""),
		"columns":          fill("select a", ",a", " from "+strings.Repeat("items,", 900)+"items"),
		"calls":            fill("select ", "a(", ""),
		"using":            fill("select * from users join orders using (k", ",k", ")"),
		"with":             fill("with c as (select 1)", ",c as (select 1)", " select 1"),
		"unions":           fill("select k from users", " union all select k from users", ""),
		"stars":            fill("select *", ",*", " from users"),
		"derived stars":    nest("select * from ", "(select *,*,*,*,* from", ") d", 100),
		"derived":          nest("select * from ", "(select * from", ") d", 150),
		"references twice": "with c0 as (select * from users)" + chain(300, ", c# as (select a.* from c@ a join c@ b on a.k = b.k)") + " select * from c299",
		"arms":             "select * from users where " + strings.TrimSuffix(strings.Repeat("("+strings.Repeat("k=1 and ", 1000)+"1=1) or ", 100), " or "),
	} {
		for _, d := range bothDialects {
			t.Run(name+" "+d.String(), func(t *testing.T) {
				s, err := statement.Read(d, sql)
				if err != nil {
					return
				}
				began := time.Now()
				a := statement.Analyse(s, shop)
				keysOf(a)
				_, err = a.Comparisons(nil)
				require.NoError(t, err)
				require.Less(t, time.Since(began), 10*time.Second)
			})
		}
	}
}

// chain repeats a part with # replaced by 1, 2, … and @ by the number before.
func chain(count int, part string) string {
	var b strings.Builder
	for i := 1; i < count; i++ {
		b.WriteString(strings.NewReplacer("#", number(i), "@", number(i-1)).Replace(part))
	}
	return b.String()
}

func number(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return number(n/10) + string(rune('0'+n%10))
}
