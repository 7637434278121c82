package report

import (
	"strings"

	"github.com/troupedb/troupe/bench/results"
)

// markdown writes a table as GitHub's Markdown has it, numbers to the right.
func markdown(t results.Table) string {
	var b strings.Builder
	line := func(cells []string) {
		for _, cell := range cells {
			b.WriteString("| " + escape(cell) + " ")
		}
		b.WriteString("|\n")
	}
	line(t.Head)
	for i := range t.Head {
		if i < t.Texts {
			b.WriteString("|---")
		} else {
			b.WriteString("|---:")
		}
	}
	b.WriteString("|\n")
	for _, row := range t.Rows {
		line(row)
	}
	return b.String()
}

var escaper = strings.NewReplacer(`\`, `\\`, "|", `\|`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "*", `\*`, "`", "\\`", "[", `\[`, "\r", " ", "\n", " ")

// escape makes a name or a sentence mean nothing but itself: it ends no cell, no line and no region.
func escape(text string) string { return escaper.Replace(text) }
