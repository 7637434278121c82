package oracletest_test

import (
	"flag"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
)

func TestMain(m *testing.M) {
	messages.PoisonRecycled(true)
	goleak.VerifyTestMain(pgtest.Main(m))
}

var (
	seed      = flag.Uint64("seed", 20261122, "what the statements are made from")
	statement = flag.Int64("statement", -1, "the only statement to run; -1 is all")
	wrong     = flag.Int("mismatches", 3, "after how many mismatches to stop")
	shrink    = flag.Bool("shrink", true, "look for smaller statements that are answered as wrongly")
	count     = flag.Int("statements", 0, "how many statements to run, in place of the usual number")
)

// long says whether the forms for the night run.
var long = os.Getenv("TROUPE_LONG") != ""
