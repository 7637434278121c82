package grammar_test

import (
	"github.com/troupedb/troupe/coordinator/statement/postgresql"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// parse is the front end under test.
func parse(text string) (*tree.Statement, error) { return postgresql.Parse(text) }
