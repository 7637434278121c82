package statement_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/keyset"
)

// TestAggregatesOfTheOuterBlock: an aggregate belongs to the block of its columns, and a query in it may have them all. If that is the
// outermost block its rows have to be merged, which nobody would notice.
func TestAggregatesOfTheOuterBlock(t *testing.T) {
	key := []statement.KeyColumn{{Name: "k", Type: keyset.Integer}}
	catalogue := &statement.Catalogue{Closed: true, Tables: map[string]*statement.Table{
		"u": {Name: "u", Keys: key, Group: "g", Columns: []string{"k", "age"}},
		"o": {Name: "o", Keys: key, Group: "g", Columns: []string{"k", "no", "kind"}},
	}}
	for sql, refused := range map[string]bool{
		"select (select sum(u.age)) from u":                                                                     true,
		"select (select sum((select min(no) from o where o.k = u.k))) from u":                                   true,
		"select (select max(age + (select 1 from o where no = 101 and o.k = u.k))) from u":                      true,
		"select (select count(*) filter (where u.age > 20)) from u":                                             true,
		"select (select sum(1) filter (where age > 20)) from u":                                                 true,
		"select (select o.no from o where o.k = u.k order by count(*) filter (where u.age > 1) limit 1) from u": true,
		"select (select count(*) filter (where no > 2) from o where o.k = u.k) from u":                          false,
		"select (select count(*) from o where o.k = u.k) from u":                                                false,
		"select (select count((select 1))) from u":                                                              true,
		"select (select sum(no) from o where o.k = u.k) from u":                                                 false,
		"select (select sum(o.no + (select max(no) from o p where p.k = u.k)) from o where o.k = u.k) from u":   false,
	} {
		for _, d := range bothDialects {
			s, err := statement.Read(d, sql)
			require.NoError(t, err)
			require.Equal(t, refused, statement.Analyse(s, catalogue).Scatter != nil, "%s: %s", d, sql)
		}
	}
}
