// Package report shows what `go run ./bench compare` has measured: as a page of HTML with charts, and as the tables of docs/performance.md. It
// measures nothing. The page itself is made by the nested module in page, because charts need a library that troupe's users shall not
// have among their dependencies; it is built when it is first needed, which takes a checkout and the go command.
package report
