package house

import (
	"go/ast"
	"path"
	"slices"
	"strings"
)

// vague are the words that name no concept.
var vague = []string{
	"common", "consts", "constants", "helper", "helpers", "impl", "interface", "interfaces", "manager", "managers", "misc",
	"types", "util", "utils",
}

// vagueEndings are how no type's name ends. A type that is named Actor alone is one.
var vagueEndings = []string{"Actor", "Data", "Helper", "Impl", "Info", "Manager", "Util", "Utils"}

// checkNames finds packages, files and types that are named for nothing, and test files that aren't named for what they
// see: a test in its subject's own package is a foo_internal_test.go.
func checkNames(t *tree, report reporter) {
	for dir, files := range t.packages() {
		if word := path.Base(dir); slices.Contains(vague, word) {
			report(files[0], 1, "%q names no concept", word)
		}
		tested := slices.ContainsFunc(files, func(f *file) bool {
			return !f.test && !f.program() && !f.in(attics...) && len(f.syntax.Decls) > 0
		})
		for _, f := range files {
			checkFileName(f, tested, report)
			checkTypeNames(f, report)
		}
	}
}

func checkFileName(f *file, tested bool, report reporter) {
	stem := strings.TrimSuffix(path.Base(f.path), ".go")
	for word := range strings.SplitSeq(stem, "_") {
		if slices.Contains(vague, word) {
			report(f, 1, "a file is named for a concept, and %q is none", word)
		}
	}
	if !f.test || !tested || strings.HasSuffix(f.syntax.Name.Name, "_test") {
		return
	}
	if stem != "export_test" && !strings.HasSuffix(stem, "_internal_test") {
		report(f, f.line(f.syntax.Name.Pos()), "a test inside %s is in a file …_internal_test.go; others are in package %[1]s_test",
			f.syntax.Name.Name)
	}
}

func checkTypeNames(f *file, report reporter) {
	for _, decl := range f.syntax.Decls {
		d, ok := decl.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range d.Specs {
			s, ok := spec.(*ast.TypeSpec)
			if !ok {
				continue
			}
			for _, ending := range vagueEndings {
				if strings.HasSuffix(s.Name.Name, ending) && s.Name.Name != "Actor" {
					report(f, f.line(s.Pos()), "the name %s ends in %s, which says nothing", s.Name.Name, ending)
				}
			}
		}
	}
}
