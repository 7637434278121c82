package house

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
)

// Finding is a place that breaks a rule.
type Finding struct {
	Path    string // below the root, with slashes
	Line    int
	Rule    string
	Message string
}

// String returns the finding as compilers write theirs.
func (f Finding) String() string {
	return fmt.Sprintf("%s:%d: %s (%s)", f.Path, f.Line, f.Message, f.Rule)
}

// rule is one house rule. Its check calls report for each place that breaks it.
type rule struct {
	name  string
	check func(t *tree, report reporter)
}

// reporter takes a finding. The line is that of f's text.
type reporter func(f *file, line int, format string, args ...any)

var rules = []rule{
	{"import", checkImports},
	{"signature", checkSignatures},
	{"sleep", checkSleeps},
	{"leak", checkLeaks},
	{"print", checkPrints},
	{"name", checkNames},
	{"length", checkLengths},
	{"comment", checkComments},
}

// Check returns what breaks the rules in the module whose root is root, in the order of paths and lines. An error means
// that the source couldn't be read.
func Check(root fs.FS) ([]Finding, error) {
	t, err := load(root)
	if err != nil {
		return nil, err
	}
	var found []Finding
	for _, r := range rules {
		r.check(t, func(f *file, line int, format string, args ...any) {
			if !f.allowed(r.name, line) {
				found = append(found, Finding{f.path, line, r.name, fmt.Sprintf(format, args...)})
			}
		})
	}
	found = append(found, checkAllowances(t)...) // last: it has to know which were used
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line))
	})
	return found, nil
}
