package report_test

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/bench/report"
	"github.com/troupedb/troupe/bench/results"
)

func call(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = report.Main(t.Context(), args, &out, &errs)
	return status, out.String(), errs.String()
}

// files writes the sample and a document, and returns their names and a directory.
func files(t *testing.T) (data, document, dir string) {
	t.Helper()
	dir = t.TempDir()
	data, document = filepath.Join(dir, "data.json"), filepath.Join(dir, "document.md")
	var text bytes.Buffer
	require.NoError(t, results.Write(&text, sample()))
	require.NoError(t, os.WriteFile(data, text.Bytes(), 0o600))
	require.NoError(t, os.WriteFile(document, []byte("a\n<!-- bench:goals -->\nold\n<!-- /bench -->\nb\n"), 0o640))
	return data, document, dir
}

func TestDocument(t *testing.T) {
	data, document, dir := files(t)
	status, _, stderr := call(t, "--in", data, "--docs", document, "--check")
	assert.Equal(t, report.Failed, status)
	assert.Contains(t, stderr, "doesn't say what")
	assert.Contains(t, stderr, "goals; write them with: go run ./bench report --in")
	assert.Contains(t, text(t, document), "\nold\n", "a check writes nothing")

	status, stdout, stderr := call(t, "--in", data, "--docs", document)
	assert.Equal(t, report.Succeeded, status, stderr)
	assert.Contains(t, stdout, "wrote goals")
	written := text(t, document)
	assert.True(t, strings.HasPrefix(written, "a\n<!-- bench:goals -->\n| experiment |"))
	assert.True(t, strings.HasSuffix(written, "\n<!-- /bench -->\nb\n"))

	for _, args := range [][]string{{"--check"}, nil} {
		status, stdout, stderr = call(t, append([]string{"--in", data, "--docs", document}, args...)...)
		assert.Equal(t, report.Succeeded, status, stderr)
		assert.Contains(t, stdout, "says what")
		assert.Equal(t, written, text(t, document))
	}
	info, err := os.Stat(document)
	require.NoError(t, err)
	if runtime.GOOS != "windows" {
		assert.Equal(t, os.FileMode(0o640), info.Mode().Perm())
	}
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, left, 2, "nothing else is left there")
}

func TestDocumentThatIsALink(t *testing.T) {
	data, document, dir := files(t)
	link := filepath.Join(dir, "link.md")
	require.NoError(t, os.Symlink(document, link))
	status, _, stderr := call(t, "--in", data, "--docs", link)
	require.Equal(t, report.Succeeded, status, stderr)
	assert.Contains(t, text(t, document), "| experiment |")
	info, err := os.Lstat(link)
	require.NoError(t, err)
	assert.NotZero(t, info.Mode()&os.ModeSymlink)
}

func TestStandardInput(t *testing.T) {
	data, document, _ := files(t)
	file, err := os.Open(data)
	require.NoError(t, err)
	defer func(stdin *os.File) { os.Stdin = stdin }(os.Stdin)
	os.Stdin = file
	status, _, stderr := call(t, "--in", "-", "--docs", document)
	require.NoError(t, file.Close())
	require.Equal(t, report.Succeeded, status, stderr)
	assert.Contains(t, text(t, document), "| experiment |")
}

func TestFailures(t *testing.T) {
	data, document, dir := files(t)
	spoiled := filepath.Join(dir, "spoiled.json")
	require.NoError(t, os.WriteFile(spoiled, []byte(`{"experiments":[{"name":"x","speed":1}]}`), 0o600))
	for _, c := range []struct {
		status int
		says   string
		args   []string
	}{
		{report.Misused, "-nothing (-h explains", []string{"--nothing"}},
		{report.Misused, `"word" isn't an option`, []string{"word"}},
		{report.Misused, "no --out with it", []string{"--check", "--out", "x.html"}},
		{report.Misused, "--in: a file's name", []string{"--in", ""}},
		{report.Failed, "missing.json", []string{"--in", filepath.Join(dir, "missing.json")}},
		{report.Failed, `spoiled.json: read results: json: unknown field "speed"`, []string{"--in", spoiled}},
		{report.Failed, "missing.md", []string{"--in", data, "--docs", filepath.Join(dir, "missing.md")}},
		{report.Failed, "data.json: region: there is no", []string{"--in", data, "--docs", data}},
	} {
		status, stdout, stderr := call(t, c.args...)
		assert.Equal(t, c.status, status, "%v", c.args)
		assert.Contains(t, stderr, c.says, "%v", c.args)
		assert.Empty(t, stdout)
	}
	assert.Contains(t, text(t, document), "\nold\n")
	status, _, stderr := call(t, "-h")
	assert.Equal(t, report.Succeeded, status)
	assert.Contains(t, stderr, "-docs")
}

func TestPage(t *testing.T) {
	data, document, dir := files(t)
	page := filepath.Join(dir, "page.html")
	status, stdout, stderr := call(t, "--in", data, "--out", page, "--docs", document)
	require.Equal(t, report.Succeeded, status, stderr)
	assert.Contains(t, stdout, "page.html: Goals reached: 5 of 7")
	written := text(t, page)
	assert.True(t, strings.HasPrefix(written, "<!DOCTYPE html>"))
	assert.Contains(t, written, "pool|&lt;4&gt;")
	assert.Contains(t, text(t, document), "| experiment |")

	t.Setenv("PATH", "") // no go command
	before := written
	status, _, stderr = call(t, "--in", data, "--out", page)
	assert.Equal(t, report.Failed, status)
	assert.Contains(t, stderr, report.ErrPage.Error())
	assert.Equal(t, before, text(t, page), "the old page is still there")
}

func text(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(content)
}
