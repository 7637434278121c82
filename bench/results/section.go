package results

import (
	"slices"
	"strings"
)

// Section is what a report shows together: the experiments of a group in the order of X, or those without a group whose names have the same
// beginning before a slash.
type Section struct {
	// Name is the group's, or the beginning.
	Name        string
	Experiments []*Experiment
}

// Sections returns all experiments, in the order in which their groups appear first.
func (r *Run) Sections() []Section {
	var sections []Section
	place := map[string]int{}
	for i := range r.Experiments {
		e := &r.Experiments[i]
		name := e.Group
		if name == "" {
			name, _, _ = strings.Cut(e.Name, "/")
		}
		at, found := place[name]
		if !found {
			at = len(sections)
			place[name] = at
			sections = append(sections, Section{Name: name})
		}
		sections[at].add(e)
	}
	return sections
}

// Section returns the section of that name, or of that one experiment; false if there is none.
func (r *Run) Section(name string) (Section, bool) {
	for _, s := range r.Sections() {
		if s.Name == name {
			return s, true
		}
	}
	for i := range r.Experiments {
		if r.Experiments[i].Name == name {
			return Section{name, []*Experiment{&r.Experiments[i]}}, true
		}
	}
	return Section{}, false
}

func (s *Section) add(e *Experiment) {
	at := len(s.Experiments)
	for e.Group != "" && at > 0 && s.Experiments[at-1].X > e.X {
		at--
	}
	s.Experiments = append(s.Experiments[:at], append([]*Experiment{e}, s.Experiments[at:]...)...)
}

// Label returns what tells an experiment from the others of the section: its X, or its name from the slash on.
func (s Section) Label(e *Experiment) string {
	if e.Group != "" {
		return FormatX(e.X)
	}
	return strings.TrimPrefix(strings.TrimPrefix(e.Name, s.Name), "/")
}

// Notes returns what the experiments have to say beside, each once, with whose it is unless it is everybody's.
func (s Section) Notes() []string {
	notes := once(s.Experiments, func(e *Experiment) []string { return e.Notes })
	for i, note := range notes {
		var whose []string
		for _, e := range s.Experiments {
			if slices.Contains(e.Notes, note) {
				whose = append(whose, s.Label(e))
			}
		}
		if len(whose) < len(s.Experiments) {
			notes[i] = strings.Join(whose, ", ") + ": " + note
		}
	}
	return notes
}

// Titles returns what the experiments say they do, each sentence once.
func (s Section) Titles() []string {
	return once(s.Experiments, func(e *Experiment) []string { return []string{e.Title} })
}

// Variants returns the names of all variants, each once.
func (s Section) Variants() []string {
	return once(s.Experiments, func(e *Experiment) []string {
		var names []string
		for _, v := range e.Variants {
			names = append(names, v.Name)
		}
		return names
	})
}

// Has reports whether anything in the section has measured a figure. MemoryEach and Own, which others can be divided into anywhere, count only
// where a goal asks for them.
func (s Section) Has(f Figure) bool {
	for _, e := range s.Experiments {
		if (f == MemoryEach || f == Own) && !slices.ContainsFunc(e.Goals, func(g Goal) bool { return g.Figure == f }) {
			continue
		}
		for i := range e.Variants {
			if _, err := e.Variants[i].Values(f); err == nil {
				return true
			}
		}
	}
	return false
}

// Skipped returns why experiments of the section weren't run: by the reason, the names.
func (s Section) Skipped() (reasons []string, names map[string][]string) {
	names = map[string][]string{}
	for _, e := range s.Experiments {
		if e.Skipped != "" {
			if names[e.Skipped] == nil {
				reasons = append(reasons, e.Skipped)
			}
			names[e.Skipped] = append(names[e.Skipped], e.Name)
		}
	}
	return reasons, names
}

func once(experiments []*Experiment, of func(*Experiment) []string) []string {
	var all []string
	seen := map[string]bool{}
	for _, e := range experiments {
		for _, text := range of(e) {
			if text != "" && !seen[text] {
				seen[text] = true
				all = append(all, text)
			}
		}
	}
	return all
}
