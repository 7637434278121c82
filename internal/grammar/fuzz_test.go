package grammar_test

import (
	"testing"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// FuzzRead looks for texts that both read and read differently.
func FuzzRead(f *testing.F) {
	samples, _ := loadCorpus() // without the corpus, the fuzzer has to do with these
	for _, seed := range []string{
		"select a.b, $1 from x.t as u where k = 'a' and not a between 1 and 2 or b is null order by 1 desc limit 2",
		"insert into t (a, b) values (1, default) on conflict (a) do update set b = excluded.b returning *",
		"update only t set (a, b) = (select 1, 2), c[1] = -2 ^ 3 where x::int[] @> array[1, 2] and current_date < now()",
		"with recursive x as (delete from t using u where a isnull returning 1) table x union (values (1) limit 3)",
	} {
		f.Add(seed)
	}
	for i, s := range samples {
		if i%20 == 0 && s.kind != tree.Other && len(s.text) < 400 {
			f.Add(s.text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1000 {
			t.Skip("slow, and could break the real grammar")
		}
		ours, err := parse(text)
		if err != nil || ours.Kind == tree.Other {
			return
		}
		real, err := statementOf(text)
		if err != nil {
			return // the server refuses it
		}
		if real == nil {
			t.Fatalf("no single statement: %q", text)
		}
		if err := misreading(ours, dump(real)); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		theirs := realFacts(real)
		realShapes(real, theirs)
		if wrong := misnaming(ours, theirs); len(wrong) > 0 {
			t.Fatalf("%q: %v", text, wrong)
		}
	})
}
