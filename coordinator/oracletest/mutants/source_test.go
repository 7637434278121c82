package mutants_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// chosen is the variable of the environment that says which mutant a binary is; without it, it is none.
const chosen = "TROUPE_MUTANT"

// source are the files of the module in which the mutants are, all of them side by side, so that they are compiled once: each
// function that a mutant changes has a copy for it, and begins with a branch to the copies.
type source struct {
	root  string
	files map[string]*mutated // by path
}

// mutated is a file.
type mutated struct {
	text   string
	set    *token.FileSet
	syntax *ast.File
	edits  []placed
	copies []string
	// written is the name of the file that it was written to.
	written string
}

// placed is a text that replaces another at an offset.
type placed struct {
	at            int
	find, replace string
}

// add puts a mutant into the source.
func (s *source) add(m mutant) error {
	functions := map[*ast.FuncDecl][]edit{}
	in := map[*ast.FuncDecl]*mutated{}
	for _, e := range m.edits {
		f, err := s.fileOf(e)
		if err != nil {
			return err
		}
		at := strings.Index(f.text, e.find)
		function := f.functionAt(at, at+len(e.find))
		if function == nil { // an import or a field, which changes nothing for the others
			f.edits = append(f.edits, placed{at, e.find, e.replace})
			continue
		}
		functions[function], in[function] = append(functions[function], e), f
	}
	for function, edits := range functions {
		if err := in[function].branch(m.name, function, edits); err != nil {
			return err
		}
	}
	return nil
}

func (s *source) fileOf(e edit) (*mutated, error) {
	path, text, err := e.file(s.root)
	if err != nil {
		return nil, err
	}
	if f := s.files[path]; f != nil {
		return f, nil
	}
	f := &mutated{text: text, set: token.NewFileSet()}
	if f.syntax, err = parser.ParseFile(f.set, path, text, parser.SkipObjectResolution); err != nil {
		return nil, err
	}
	s.files[path] = f
	return f, nil
}

func (f *mutated) offset(p token.Pos) int { return f.set.Position(p).Offset }

// functionAt returns the function that has a part of the text, or nil.
func (f *mutated) functionAt(from, to int) *ast.FuncDecl {
	for _, d := range f.syntax.Decls {
		if function, ok := d.(*ast.FuncDecl); ok && f.offset(d.Pos()) <= from && to <= f.offset(d.End()) {
			return function
		}
	}
	return nil
}

// branch gives a function a copy that a mutant has changed, and a branch to it.
func (f *mutated) branch(mutant string, function *ast.FuncDecl, edits []edit) error {
	name := fmt.Sprintf("%s_mutant%d", function.Name.Name, len(f.copies)+1)
	call, err := callOf(function, name)
	if err != nil {
		return err
	}
	if function.Type.Results == nil {
		call += "; return"
	} else {
		call = "return " + call
	}
	body := f.offset(function.Body.Lbrace) + 1
	f.edits = append(f.edits, placed{at: body, replace: fmt.Sprintf(" if mutantChosen == %q { %s };", mutant, call)})

	begin, called := f.offset(function.Pos()), f.offset(function.Name.Pos())
	text := f.text[begin:f.offset(function.End())]
	for _, e := range edits {
		text = strings.Replace(text, e.find, e.replace, 1)
	}
	head := called - begin
	f.copies = append(f.copies, mark+mutant+"\n"+text[:head]+name+text[head+len(function.Name.Name):])
	return nil
}

const mark = "// mutant: "

// callOf returns a call of a function's copy with its own arguments.
func callOf(function *ast.FuncDecl, name string) (string, error) {
	if function.Type.TypeParams != nil {
		return "", fmt.Errorf("%s has type parameters, which isn't provided for", function.Name)
	}
	var args []string
	for _, p := range function.Type.Params.List {
		_, variadic := p.Type.(*ast.Ellipsis)
		for _, n := range p.Names {
			if args = append(args, n.Name); variadic {
				args[len(args)-1] += "..."
			}
		}
		if len(p.Names) == 0 || slices.Contains(args, "_") {
			return "", fmt.Errorf("%s has a parameter without a name, which isn't provided for", function.Name)
		}
	}
	call := name + "(" + strings.Join(args, ", ") + ")"
	if function.Recv == nil {
		return call, nil
	}
	names := function.Recv.List[0].Names
	if len(names) == 0 || names[0].Name == "_" {
		return "", fmt.Errorf("%s has a receiver without a name, which isn't provided for", function.Name)
	}
	return names[0].Name + "." + call, nil
}

// String returns the file's text.
func (f *mutated) String() string {
	edits := slices.SortedStableFunc(slices.Values(f.edits), func(a, b placed) int { return a.at - b.at })
	var b strings.Builder
	at := 0
	for _, e := range edits {
		b.WriteString(f.text[at:e.at])
		b.WriteString(e.replace)
		at = e.at + len(e.find)
	}
	b.WriteString(f.text[at:])
	for _, c := range f.copies {
		b.WriteString("\n" + c + "\n")
	}
	return b.String()
}

// write writes the files to dir, and an overlay for the go command that has them in their places. It returns the overlay's path.
func (s *source) write(dir string) (string, error) {
	texts := map[string]string{}
	for path, f := range s.files {
		texts[path] = f.String()
		texts[filepath.Join(filepath.Dir(path), "mutant_chosen.go")] = fmt.Sprintf(
			"package %s\n\nimport \"os\"\n\nvar mutantChosen = os.Getenv(%q)\n", f.syntax.Name, chosen)
	}
	list := struct{ Replace map[string]string }{map[string]string{}}
	for i, path := range slices.Sorted(maps.Keys(texts)) {
		list.Replace[path] = filepath.Join(dir, fmt.Sprintf("%d_%s", i, filepath.Base(path)))
		if f := s.files[path]; f != nil {
			f.written = filepath.Base(list.Replace[path])
		}
		if err := os.WriteFile(list.Replace[path], []byte(texts[path]), 0o600); err != nil {
			return "", err
		}
	}
	encoded, err := json.Marshal(list)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, encoded, 0o600)
}

// mutantAt returns which mutant's copy has a line of a file, counted from 1, or "".
func (f *mutated) mutantAt(line int) string {
	lines := strings.Split(f.String(), "\n")
	for i := min(line, len(lines)) - 1; i >= 0; i-- {
		if name, ok := strings.CutPrefix(lines[i], mark); ok {
			return name
		}
	}
	return ""
}
