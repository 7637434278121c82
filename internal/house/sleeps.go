package house

import "go/ast"

// checkSleeps finds time.Sleep. A test waits for a signal with a limit, or sleeps in a bubble, where time is virtual; a
// library waits under its caller's context. An example may sleep: some are about slow readers.
func checkSleeps(t *tree, report reporter) {
	for _, files := range t.packages() {
		inside := findBubbles(files)
		for _, f := range files {
			clock := f.imported("time")
			if clock == "" || !f.test && (f.program() || f.in(attics...)) {
				continue
			}
			ast.Inspect(f.syntax, func(n ast.Node) bool {
				e, ok := n.(ast.Expr)
				switch {
				case !ok || !selects(e, clock, "Sleep"):
				case !f.test:
					report(f, f.line(e.Pos()), "a library waits under a context, it doesn't sleep")
				case !inside.bubble(f, e.Pos()):
					report(f, f.line(e.Pos()), "a test waits for a signal, it doesn't sleep")
				}
				return true
			})
		}
	}
}
