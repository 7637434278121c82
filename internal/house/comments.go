package house

import (
	"go/ast"
	"go/token"
	"slices"
)

// checkComments finds packages and exported names that no comment explains.
func checkComments(t *tree, report reporter) {
	for _, files := range t.packages() {
		files = slices.DeleteFunc(slices.Clone(files), func(f *file) bool { return f.test })
		if len(files) == 0 {
			continue
		}
		if !slices.ContainsFunc(files, func(f *file) bool { return says(f.syntax.Doc) }) {
			report(files[0], files[0].line(files[0].syntax.Name.Pos()), "no comment says what package %s is", files[0].syntax.Name.Name)
		}
		for _, f := range files {
			if f.program() {
				continue
			}
			for _, decl := range f.syntax.Decls {
				switch d := decl.(type) {
				case *ast.FuncDecl:
					if shown(d) && !says(d.Doc) && !selfExplaining(d) {
						report(f, f.line(d.Pos()), "no comment on %s", d.Name.Name)
					}
				case *ast.GenDecl:
					checkGroup(f, d, report)
				}
			}
		}
	}
}

// selfExplaining reports whether d is a method that means the same wherever it is.
func selfExplaining(d *ast.FuncDecl) bool {
	return d.Recv != nil && slices.Contains([]string{"Error", "Unwrap", "Len", "Less", "Swap"}, d.Name.Name)
}

func checkGroup(f *file, d *ast.GenDecl, report reporter) {
	if d.Tok == token.IMPORT {
		return
	}
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.ValueSpec:
			if anyExported(s.Names) && !says(d.Doc) && !says(s.Doc) && !says(s.Comment) {
				report(f, f.line(s.Pos()), "no comment on %s", s.Names[0].Name)
			}
		case *ast.TypeSpec:
			if !s.Name.IsExported() {
				continue
			}
			if !says(s.Doc) && (d.Lparen.IsValid() || !says(d.Doc)) {
				report(f, f.line(s.Pos()), "no comment on %s", s.Name.Name)
			}
			checkMembers(f, s, report)
		}
	}
}

// checkMembers looks at the fields of a struct and the methods of an interface. Members that stand together, without a
// blank line between them, may share the comment of the first, and those at the top may share the type's.
func checkMembers(f *file, s *ast.TypeSpec, report reporter) {
	var members *ast.FieldList
	switch x := s.Type.(type) {
	case *ast.StructType:
		members = x.Fields
	case *ast.InterfaceType:
		members = x.Methods
	default:
		return
	}
	explained, end := true, f.line(members.Opening)
	for _, m := range members.List {
		start := f.line(m.Pos())
		explained = says(m.Doc) || says(m.Comment) || explained && start == end+1
		end = f.line(m.End() - 1)
		if !explained && anyExported(m.Names) {
			report(f, start, "no comment on %s.%s", s.Name.Name, m.Names[0].Name)
		}
	}
}

// says reports whether there is a comment that isn't empty or a directive only.
func says(c *ast.CommentGroup) bool { return c != nil && c.Text() != "" }
