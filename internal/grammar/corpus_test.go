package grammar_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"

	pgquery "github.com/pganalyze/pg_query_go/v6"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// sample is a statement of the corpus that the real grammar reads.
type sample struct {
	text string
	kind tree.Kind
	wire []byte // the real tree, encoded; decoded ones of all samples were too large
}

// tree returns the real tree.
func (s *sample) tree(t testing.TB) *pgquery.Node {
	t.Helper()
	n, err := decode(s.wire)
	require.NoError(t, err)
	return n
}

// long says that the tests take their time.
var long = os.Getenv("TROUPE_LONG") != ""

var corpusPath = filepath.Join("..", "..", "..", "shared", "corpora", "postgres-regress-statements.json")

var loadCorpus = sync.OnceValues(func() ([]*sample, error) {
	raw, err := os.ReadFile(corpusPath)
	if err != nil {
		return nil, err
	}
	var texts []string
	if err := json.Unmarshal(raw, &texts); err != nil {
		return nil, err
	}
	var samples []*sample
	for _, text := range texts {
		wire, err := readReal(text)
		if err != nil {
			continue
		}
		n, err := decode(wire)
		if err != nil {
			return nil, err
		}
		if n != nil {
			samples = append(samples, &sample{text, kindOf(n), wire})
		}
	}
	return samples, realBroken
})

// corpus returns all samples.
func corpus(t testing.TB) []*sample {
	t.Helper()
	samples, err := loadCorpus()
	if os.IsNotExist(err) {
		t.Skipf("no corpus at %s beside the repository: nothing was checked", corpusPath)
	}
	require.NoError(t, err)
	require.Greater(t, len(samples), 30_000)
	return samples
}

// parsed are the samples that our front end parses, with what it returned for them.
type parsedSample struct {
	*sample
	*tree.Statement
}

var parseCorpus = sync.OnceValue(func() []parsedSample {
	samples, _ := loadCorpus()
	var list []parsedSample
	for _, s := range samples {
		if s.kind == tree.Other {
			continue
		}
		if statement, err := parse(s.text); err == nil && statement.Root != nil {
			list = append(list, parsedSample{s, statement})
		}
	}
	return list
})

// parsedCorpus returns the samples that both read.
func parsedCorpus(t testing.TB) []parsedSample {
	t.Helper()
	corpus(t)
	list := parseCorpus()
	require.NotEmpty(t, list)
	return list
}

func kindOf(n *pgquery.Node) tree.Kind {
	switch n.Node.(type) {
	case *pgquery.Node_SelectStmt:
		return tree.Select
	case *pgquery.Node_InsertStmt:
		return tree.Insert
	case *pgquery.Node_UpdateStmt:
		return tree.Update
	case *pgquery.Node_DeleteStmt:
		return tree.Delete
	}
	return tree.Other
}
