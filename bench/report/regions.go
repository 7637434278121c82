package report

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/troupedb/troupe/bench/results"
)

// ErrRegion says that a document's marks don't fit: one is open or unexpected, or names what the results don't have.
var ErrRegion = errors.New("region")

var (
	opening = regexp.MustCompile(`^\s*<!--\s*bench:(\S+)\s*-->\s*$`)
	closing = regexp.MustCompile(`^\s*<!--\s*/bench\s*-->\s*$`)
	almost  = regexp.MustCompile(`<!--\s*/?\s*bench\b`)
)

// Rewrite returns a document with the text of its regions made from a run, and the names of those that weren't so before. A region is what
// stands between the lines <!-- bench:NAME --> and <!-- /bench -->. NAME is machine, goals, a group's, or an experiment's.
// Everything else stays as it is. An ErrRegion says which line is wrong; then nothing is returned.
func Rewrite(text string, run *results.Run) (rewritten string, stale []string, err error) {
	var out, old strings.Builder
	name, begun, regions := "", 0, 0
	number := 0
	for line := range strings.Lines(text) {
		number++
		mark := opening.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		switch {
		case mark != nil && name != "":
			return "", nil, fmt.Errorf("%w: line %d: bench:%s begins inside bench:%s of line %d", ErrRegion, number, mark[1], name, begun)
		case mark != nil:
			name, begun = mark[1], number
			regions++
			old.Reset()
			out.WriteString(line)
		case closing.MatchString(strings.TrimRight(line, "\r\n")):
			if name == "" {
				return "", nil, fmt.Errorf("%w: line %d: /bench ends what hasn't begun", ErrRegion, number)
			}
			content, err := region(name, run)
			if err != nil {
				return "", nil, fmt.Errorf("line %d: %w", begun, err)
			}
			if content != old.String() {
				stale = append(stale, name)
			}
			out.WriteString(content + line)
			name = ""
		case almost.MatchString(line):
			return "", nil, fmt.Errorf("%w: line %d: a mark stands alone on its line, as <!-- bench:NAME --> or <!-- /bench -->", ErrRegion, number)
		case name != "":
			old.WriteString(line)
		default:
			out.WriteString(line)
		}
	}
	switch {
	case name != "":
		return "", nil, fmt.Errorf("%w: line %d: bench:%s doesn't end", ErrRegion, begun, name)
	case regions == 0:
		return "", nil, fmt.Errorf("%w: there is no <!-- bench:NAME --> in it", ErrRegion)
	}
	return out.String(), stale, nil
}

// region returns the text of a region, with a line's end at its end.
func region(name string, run *results.Run) (string, error) {
	switch name {
	case "machine":
		return escape(run.Says()) + "\n", nil
	case "goals":
		return markdown(run.GoalsTable()) + "\n" + run.Tally() + "\n", nil
	}
	section, found := run.Section(name)
	if !found {
		return "", fmt.Errorf("%w: bench:%s is neither machine nor goals, nor an experiment or a group of the results", ErrRegion, name)
	}
	var text strings.Builder
	if table := section.Table(); len(table.Rows) > 0 {
		text.WriteString(markdown(table))
	}
	paragraph := func(says string) {
		if text.Len() > 0 {
			text.WriteString("\n")
		}
		text.WriteString(escape(says) + "\n")
	}
	for _, note := range section.Notes() {
		paragraph(note)
	}
	reasons, names := section.Skipped()
	for _, reason := range reasons {
		paragraph("Not measured: " + strings.Join(names[reason], ", ") + " (" + reason + ").")
	}
	return text.String(), nil
}
