package plan_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/troupedb/troupe/coordinator/plan"
)

func BenchmarkBuild(b *testing.B) {
	for name, sql := range map[string]string{
		"point": pointSelect,
		"page":  "SELECT id, name FROM users WHERE city = $1 ORDER BY age DESC LIMIT $2 OFFSET $3",
		"group": "SELECT city, count(*), avg(age) FROM users GROUP BY city HAVING count(*) > 1 ORDER BY 2 DESC LIMIT 10",
	} {
		for _, d := range both {
			b.Run(name+"/"+d.String(), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if p, err := plan.Build(d, sql, catalogue, plan.Options{}); err != nil || p.Refusal != nil {
						b.Fatal(err, p.Refusal.Err())
					}
				}
			})
		}
	}
}

func BenchmarkCacheHit(b *testing.B) {
	c := plan.NewCache(0, 0)
	b.ReportAllocs()
	for b.Loop() {
		if p, err := c.Plan(pg, pointSelect, catalogue, plan.Options{}); err != nil || p.Gather == nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBind(b *testing.B) {
	g := gather(b, pg, "SELECT id, name FROM users WHERE city = $1 ORDER BY age DESC LIMIT $2 OFFSET $3")
	args := []any{"x", 10, 20}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, _, _, err := g.Bind(args); err != nil {
			b.Fatal(err)
		}
	}
}

// thousandRows is an INSERT of 1,000 rows of 4 parameters, and its arguments.
func thousandRows() (sql string, args []any) {
	var b strings.Builder
	b.WriteString("INSERT INTO users (id, name, age, city) VALUES ")
	for i := range 1000 {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "($%d, $%d, $%d, $%d)", 4*i+1, 4*i+2, 4*i+3, 4*i+4)
		args = append(args, i, "name", 30, "city")
	}
	return b.String(), args
}

func BenchmarkSplit1000(b *testing.B) {
	sql, args := thousandRows()
	insert := insertion(b, pg, sql)
	b.ReportAllocs()
	for b.Loop() {
		parts, err := insert.Split(args, func(keys []any) (int, error) { return int(keys[0].(int64) & 3), nil })
		if err != nil || len(parts) != 4 {
			b.Fatal(err)
		}
	}
}

func BenchmarkBuildInsert1000(b *testing.B) {
	sql, _ := thousandRows()
	b.ReportAllocs()
	for b.Loop() {
		if p, err := plan.Build(pg, sql, catalogue, plan.Options{}); err != nil || p.Insert == nil {
			b.Fatal(err)
		}
	}
}
