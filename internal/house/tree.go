package house

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// tree is the Go source of the module, nested modules included.
type tree struct {
	module string   // its path
	nested []string // directories of the nested modules
	files  []*file
}

// file is one Go file.
type file struct {
	path       string // below the root
	dir        string // "." for the root
	test       bool   // whether it is a _test.go
	nested     bool   // whether it belongs to a nested module
	lines      int
	syntax     *ast.File
	positions  *token.FileSet
	allowances []*allowance
}

func load(root fs.FS) (*tree, error) {
	t := &tree{}
	var err error
	if t.module, err = modulePath(root); err != nil {
		return nil, err
	}
	err = fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			if base := entry.Name(); name != "." && (base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")) {
				return fs.SkipDir
			}
			return nil
		case entry.Name() == "go.mod" && name != "go.mod":
			t.nested = append(t.nested, path.Dir(name))
			return nil
		case !strings.HasSuffix(name, ".go"):
			return nil
		}
		f, err := parse(root, name)
		if err == nil {
			t.files = append(t.files, f)
		}
		return err
	})
	for _, f := range t.files {
		f.nested = f.in(t.nested...)
	}
	return t, err
}

func modulePath(root fs.FS) (string, error) {
	text, err := fs.ReadFile(root, "go.mod")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(line, "module "); ok {
			return strings.TrimSpace(name), nil
		}
	}
	return "", fmt.Errorf("house: go.mod names no module")
}

func parse(root fs.FS, name string) (*file, error) {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return nil, err
	}
	f := &file{
		path:      name,
		dir:       path.Dir(name),
		test:      strings.HasSuffix(name, "_test.go"),
		lines:     bytes.Count(text, []byte("\n")),
		positions: token.NewFileSet(),
	}
	f.syntax, err = parser.ParseFile(f.positions, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("house: %w", err)
	}
	f.allowances = readAllowances(f, text)
	return f, nil
}

func (f *file) line(p token.Pos) int { return f.positions.Position(p).Line }

// program reports whether the file belongs to a command.
func (f *file) program() bool { return f.syntax.Name.Name == "main" }

// in reports whether the file is in one of the directories or below.
func (f *file) in(dirs ...string) bool {
	return slices.ContainsFunc(dirs, func(dir string) bool { return within(f.dir, dir) })
}

// within reports whether the slashed path name is dir or below it.
func within(name, dir string) bool {
	return name == dir || strings.HasPrefix(name, dir+"/")
}

// imported returns the name under which the file knows the package, or "" if it doesn't import it.
func (f *file) imported(pkg string) string {
	for _, spec := range f.syntax.Imports {
		if importPath(spec) != pkg {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return path.Base(pkg)
	}
	return ""
}

func importPath(spec *ast.ImportSpec) string {
	name, _ := strconv.Unquote(spec.Path.Value) // the parser has checked it
	return name
}

// selects reports whether e is pkg.name, where pkg is the name of an import.
func selects(e ast.Expr, pkg string, names ...string) bool {
	s, ok := e.(*ast.SelectorExpr)
	if !ok || pkg == "" {
		return false
	}
	x, ok := s.X.(*ast.Ident)
	return ok && x.Name == pkg && (len(names) == 0 || slices.Contains(names, s.Sel.Name))
}

// packages returns the files by directory and package name, external tests together with the package they test.
func (t *tree) packages() map[string][]*file {
	m := make(map[string][]*file)
	for _, f := range t.files {
		m[f.dir] = append(m[f.dir], f)
	}
	return m
}
