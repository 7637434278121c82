package translate_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/troupedb/troupe/internal/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Main(m)) }
