package grammar_test

import (
	"errors"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

func parse(text string) (*tree.Statement, error) { return nil, errors.New("not yet") }
