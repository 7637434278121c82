package sqlite_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/troupedb/troupe/coordinator/statement/sqlite"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// FuzzParse looks for panics, for wrong spans, for a tree that a splice contradicts, and for another verdict than SQLite's.
func FuzzParse(f *testing.F) {
	for _, example := range expressions {
		f.Add("select " + example.text + " from t")
	}
	for _, example := range statements {
		f.Add(example.text)
	}
	for _, text := range []string{
		"", ";", "select", "create table t (a)", "explain select ?", "select 1;select 2", "-- x", "select 1 /*", "'", "\"", "[", "x'", "1.e",
		"select (((((1)))))", "select not not - ~ 1", "select 1 from (((a, b) c), (d)) e", "\ufeffselect 1", "select #1", "vacuum into ?",
	} {
		f.Add(text)
	}
	for i, text := range corpus(f) {
		if i%40 == 0 && len(text) < 500 {
			f.Add(text)
		}
	}
	e := newEngine(f)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := sqlite.Parse(text)
		if err != nil {
			checkRefusal(t, e, text, err)
			return
		}
		if said := e.prepare(text); refused.MatchString(said.message) {
			t.Fatalf("SQLite says %q: %q", said.message, text)
		}
		if problems := structure(s); len(problems) > 0 {
			t.Fatalf("%v: %q", problems, text)
		}
		if s.Root == nil {
			return
		}
		again, err := sqlite.Parse(spliced(s))
		if err != nil {
			var e *tree.Error
			if !errors.As(err, &e) || !e.Unsupported {
				t.Fatalf("%v: %q from %q", err, spliced(s), text)
			}
			return
		}
		if dump(s.Root) != dump(again.Root) {
			t.Fatalf("%q is another tree than %q", again.Text, text)
		}
	})
}

func checkRefusal(t *testing.T, e *engine, text string, err error) {
	t.Helper()
	var wrong *tree.Error
	switch {
	case !errors.As(err, &wrong):
		t.Fatalf("%T: %q", err, text)
	case wrong.Offset < 0 || wrong.Offset > len(text):
		t.Fatalf("offset %d: %q", wrong.Offset, text)
	case wrong.Unsupported || wrong.Detail == "no statement":
		return
	}
	if said := e.prepare(text); said.message == "" && strings.Trim(said.rest, "; \n") == "" {
		t.Fatalf("%v, but SQLite takes it: %q", wrong, text)
	}
}
