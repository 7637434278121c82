package house

import (
	"bytes"
	"strings"
)

const directive = "//house:allow"

// minReason is the length of the shortest reason that can be one.
const minReason = 12

// allowance is a comment that lets a line break a rule: its own or, if it stands alone, the next.
type allowance struct {
	line   int
	alone  bool
	rule   string
	reason string
	used   bool
}

func readAllowances(f *file, source []byte) []*allowance {
	var list []*allowance
	for _, group := range f.syntax.Comments {
		for _, c := range group.List {
			text, ok := strings.CutPrefix(c.Text, directive)
			if !ok {
				continue
			}
			name, reason, _ := strings.Cut(text, ":")
			at := f.positions.Position(c.Pos())
			list = append(list, &allowance{
				line:   at.Line,
				alone:  len(bytes.TrimSpace(source[at.Offset-at.Column+1:at.Offset])) == 0,
				rule:   strings.TrimSpace(name),
				reason: strings.TrimSpace(reason),
			})
		}
	}
	return list
}

// allowed reports whether there is an allowance for the rule on the line.
func (f *file) allowed(rule string, line int) bool {
	for _, a := range f.allowances {
		if a.rule == rule && (a.line == line || a.alone && a.line == line-1) {
			a.used = true
			return true
		}
	}
	return false
}

// checkAllowances finds the ones that give no reason or allow nothing.
func checkAllowances(t *tree) []Finding {
	var found []Finding
	for _, f := range t.files {
		for _, a := range f.allowances {
			switch {
			case len(a.reason) < minReason:
				found = append(found, Finding{f.path, a.line, "allow", `say why: "` + directive + ` RULE: reason"`})
			case !a.used:
				found = append(found, Finding{f.path, a.line, "allow", "allows nothing: nothing here breaks the rule " + a.rule})
			}
		}
	}
	return found
}
