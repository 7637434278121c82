package house

import "go/ast"

// checkPrints finds libraries that write where nobody asked them to, and code that uses the old logger.
func checkPrints(t *tree, report reporter) {
	for _, f := range t.files {
		if f.test {
			continue
		}
		for _, spec := range f.syntax.Imports {
			if importPath(spec) == "log" {
				report(f, f.line(spec.Pos()), "log with log/slog, to the logger that was configured")
			}
		}
		if f.program() || f.in(attics...) {
			continue
		}
		format, system := f.imported("fmt"), f.imported("os")
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			e, ok := n.(ast.Expr)
			if !ok {
				return true
			}
			switch {
			case selects(e, format, "Print", "Printf", "Println"), selects(e, system, "Stdout"):
				report(f, f.line(n.Pos()), "a library prints nothing")
			case selects(e, system, "Exit"):
				report(f, f.line(n.Pos()), "a library doesn't end the process")
			}
			if call, ok := e.(*ast.CallExpr); ok {
				if name, ok := call.Fun.(*ast.Ident); ok && (name.Name == "print" || name.Name == "println") {
					report(f, f.line(n.Pos()), "a library prints nothing")
				}
			}
			return true
		})
	}
}
