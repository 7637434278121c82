// Testreport reads what `go test -json` writes and tells what a person wants to know: packages as they end, the whole
// output of what failed and of nothing else, why tests were skipped, the slowest tests, and how many there were. It exits
// with status 1 if a test failed or none ran.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
)

func main() {
	passed, err := run(os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
	}
	if err != nil || !passed {
		os.Exit(1)
	}
}

// run reports the events in r to w, and whether there were tests and all of them passed.
func run(r io.Reader, w io.Writer) (passed bool, err error) {
	out := bufio.NewWriter(w)
	rep := newReport(out)
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			rep.line(line)
			if err := out.Flush(); err != nil {
				return false, err
			}
		}
		if err == io.EOF {
			passed := rep.end()
			return passed, out.Flush()
		}
		if err != nil {
			return false, err
		}
	}
}
