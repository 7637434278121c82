package house

import (
	"go/ast"
	"go/token"
	"strings"
)

// bubbles tells which code of a package's tests runs in synctest bubbles only. It goes by names: functions that share one
// are taken for one, which errs on the strict side.
type bubbles struct {
	spans     map[*file][]span // arguments of synctest.Test, and of functions that call it
	functions map[string]bool  // functions that are called in bubbles and nowhere else
}

// span is a piece of source.
type span struct{ from, to token.Pos }

func (s span) has(p token.Pos) bool { return s.from <= p && p < s.to }

// findBubbles looks at one package's files.
func findBubbles(files []*file) *bubbles {
	b := &bubbles{spans: map[*file][]span{}, functions: map[string]bool{}}
	openers := map[string]bool{}
	for _, f := range files {
		b.findSpans(f, func(e ast.Expr) bool { return selects(e, f.imported("testing/synctest"), "Test") })
		for _, d := range functions(f) {
			if !isTest(d.Name.Name) {
				b.functions[d.Name.Name] = true // until a call from elsewhere is seen
			}
			for _, s := range b.spans[f] {
				if d.Pos() <= s.from && s.to <= d.End() && !isTest(d.Name.Name) {
					openers[d.Name.Name] = true
				}
			}
		}
	}
	for _, f := range files {
		b.findSpans(f, func(e ast.Expr) bool { return openers[called(e)] })
	}
	b.settle(files)
	return b
}

// findSpans adds the arguments of the calls of what opens a bubble.
func (b *bubbles) findSpans(f *file, opens func(ast.Expr) bool) {
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && f.test && opens(call.Fun) {
			b.spans[f] = append(b.spans[f], span{call.Lparen, call.Rparen})
		}
		return true
	})
}

// settle removes functions that are used outside of bubbles, then those that they call, and so on. What nobody uses goes
// as well.
func (b *bubbles) settle(files []*file) {
	for again := true; again; {
		again = false
		used := map[string]bool{}
		for _, f := range files {
			declared := map[*ast.Ident]bool{}
			for _, d := range functions(f) {
				declared[d.Name] = true
			}
			ast.Inspect(f.syntax, func(n ast.Node) bool {
				id, ok := n.(*ast.Ident)
				if !ok || declared[id] || !b.functions[id.Name] {
					return true
				}
				used[id.Name] = true
				if !b.bubble(f, id.Pos()) {
					delete(b.functions, id.Name)
					again = true
				}
				return true
			})
		}
		for name := range b.functions {
			if !used[name] {
				delete(b.functions, name)
				again = true
			}
		}
	}
}

// bubble reports whether the place runs in bubbles only.
func (b *bubbles) bubble(f *file, p token.Pos) bool {
	for _, s := range b.spans[f] {
		if s.has(p) {
			return true
		}
	}
	for _, d := range functions(f) {
		if d.Pos() <= p && p < d.End() {
			return b.functions[d.Name.Name]
		}
	}
	return false
}

// functions returns the functions and methods that a test file declares.
func functions(f *file) []*ast.FuncDecl {
	var list []*ast.FuncDecl
	for _, decl := range f.syntax.Decls {
		if d, ok := decl.(*ast.FuncDecl); ok && f.test {
			list = append(list, d)
		}
	}
	return list
}

// isTest reports whether go test runs the function.
func isTest(name string) bool {
	for _, prefix := range []string{"Test", "Benchmark", "Fuzz", "Example"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return name == "init"
}

// called returns the name of the function or method that e names.
func called(e ast.Expr) string {
	switch x := e.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.SelectorExpr:
		return x.Sel.Name
	}
	return ""
}
