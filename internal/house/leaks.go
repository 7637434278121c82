package house

import "go/ast"

// checkLeaks finds packages whose tests don't look for goroutines that stay behind.
func checkLeaks(t *tree, report reporter) {
	for _, files := range t.packages() {
		var first *file
		looks := false
		for _, f := range files {
			if !f.test {
				continue
			}
			if first == nil || f.path < first.path {
				first = f
			}
			looks = looks || looksForLeaks(f)
		}
		if first != nil && !looks {
			report(first, first.line(first.syntax.Name.Pos()),
				"no TestMain in this package calls goleak.VerifyTestMain: a main_test.go of three lines does")
		}
	}
}

func looksForLeaks(f *file) bool {
	name := f.imported(goleak)
	found := false
	for _, decl := range f.syntax.Decls {
		d, ok := decl.(*ast.FuncDecl)
		if !ok || d.Name.Name != "TestMain" || d.Body == nil {
			continue
		}
		ast.Inspect(d.Body, func(n ast.Node) bool {
			if e, ok := n.(ast.Expr); ok && selects(e, name, "VerifyTestMain", "Find") {
				found = true
			}
			return !found
		})
	}
	return found
}
