// Command mattn is a peer of a comparison: database/sql on mattn's driver, which is SQLite in C. `go run ./bench compare` builds it where there is
// a C compiler, and asks it for samples by lines of JSON. It is a module of its own, so that nobody else needs the driver.
package main

import (
	"fmt"
	"os"

	_ "github.com/mattn/go-sqlite3" // the driver, "sqlite3"

	"github.com/troupedb/troupe/bench/compare/sqlpeer"
)

func main() {
	if err := sqlpeer.Serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "mattn:", err)
		os.Exit(1)
	}
}
