// Command page reads what `go run ./bench compare --json` wrote from the standard input, and writes a page of HTML with charts to the
// standard output. `go run ./bench report` runs it; it is a module of its own for its library of charts.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"

	"github.com/troupedb/troupe/bench/report/page/document"
	"github.com/troupedb/troupe/bench/results"
)

func main() {
	if err := convert(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func convert(r io.Reader, w io.Writer) error {
	run, err := results.Read(r)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	if err := document.Write(out, run); err != nil {
		return err
	}
	return out.Flush()
}
