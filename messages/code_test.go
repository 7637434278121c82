package messages_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
)

// TestCodesAreAllAndUnique reads the package's source, so that a code that was forgotten in Codes is found.
func TestCodesAreAllAndUnique(t *testing.T) {
	declared := declaredCodes(t)
	require.Greater(t, len(declared), 20)
	names := map[string]string{}
	for name, text := range declared {
		require.NotContains(t, names, text, "%s and %s have the same text", name, names[text])
		require.True(t, strings.HasPrefix(name, "Err"), name)
		require.NotEmpty(t, text)
		names[text] = name
	}
	var listed []string
	for _, c := range messages.Codes() {
		require.Contains(t, names, string(c))
		require.Equal(t, "troupe: "+string(c), c.Error())
		listed = append(listed, string(c))
	}
	require.ElementsMatch(t, slices.Collect(maps.Values(declared)), listed, "Codes() and the constants")
}

// declaredCodes returns the text of every constant of type Code, by its name.
func declaredCodes(t *testing.T) map[string]string {
	codes := map[string]string{}
	for _, file := range parsePackage(t) {
		for _, decl := range file.Decls {
			gen, ok := decl.(*ast.GenDecl)
			if !ok || gen.Tok != token.CONST {
				continue
			}
			for _, spec := range gen.Specs {
				value := spec.(*ast.ValueSpec)
				if typ, ok := value.Type.(*ast.Ident); !ok || typ.Name != "Code" {
					continue
				}
				for i, name := range value.Names {
					literal, ok := value.Values[i].(*ast.BasicLit)
					require.True(t, ok, "%s isn't a literal", name)
					text, err := strconv.Unquote(literal.Value)
					require.NoError(t, err)
					codes[name.Name] = text
				}
			}
		}
	}
	return codes
}

// parsePackage parses the package's source without its tests.
func parsePackage(t *testing.T) []*ast.File {
	entries, err := fs.Glob(os.DirFS("."), "*.go")
	require.NoError(t, err)
	var files []*ast.File
	for _, name := range entries {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		require.NoError(t, err)
		files = append(files, file)
	}
	return files
}
