package house

import "go/ast"

// checkSignatures finds protoactor's types in what a package shows. Only actors.Wrap shows one.
func checkSignatures(t *tree, report reporter) {
	for _, f := range t.files {
		name := f.imported(protoactor + "/actor")
		if f.test || name == "" {
			continue
		}
		for _, decl := range f.syntax.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if shown(d) && !(f.dir == "actors" && d.Recv == nil && d.Name.Name == "Wrap") {
					reportShown(f, d.Type, name, report)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					reportShownSpec(f, spec, name, report)
				}
			}
		}
	}
}

func reportShownSpec(f *file, spec ast.Spec, name string, report reporter) {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		if !s.Name.IsExported() {
			return
		}
		if fields, ok := s.Type.(*ast.StructType); ok {
			for _, field := range fields.Fields.List {
				if len(field.Names) == 0 || anyExported(field.Names) {
					reportShown(f, field.Type, name, report)
				}
			}
			return
		}
		reportShown(f, s.Type, name, report)
	case *ast.ValueSpec:
		if anyExported(s.Names) && s.Type != nil {
			reportShown(f, s.Type, name, report)
		}
	}
}

func reportShown(f *file, node ast.Node, name string, report reporter) {
	ast.Inspect(node, func(n ast.Node) bool {
		if e, ok := n.(ast.Expr); ok && selects(e, name) {
			report(f, f.line(n.Pos()), "a public signature shows protoactor's %s", e.(*ast.SelectorExpr).Sel.Name)
		}
		return true
	})
}

// shown reports whether users see the function: an exported one, or an exported method of an exported type.
func shown(d *ast.FuncDecl) bool {
	return d.Name.IsExported() && (d.Recv == nil || ast.IsExported(receiver(d)))
}

// receiver returns the name of the type that a method belongs to.
func receiver(d *ast.FuncDecl) string {
	e := d.Recv.List[0].Type
	for {
		switch x := e.(type) {
		case *ast.StarExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.IndexListExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

func anyExported(names []*ast.Ident) bool {
	for _, n := range names {
		if n.IsExported() {
			return true
		}
	}
	return false
}
