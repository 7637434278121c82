package zz

import (
	_ "github.com/asynkron/protoactor-go/actor"
	_ "github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/sqlc-dev/meyer/parser"
	_ "github.com/stretchr/testify/require"
	_ "go.uber.org/goleak"
	_ "modernc.org/libc"
	_ "modernc.org/sqlite"
	_ "modernc.org/sqlite/lib"
	_ "pgregory.net/rapid"
)
