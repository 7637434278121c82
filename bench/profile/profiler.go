package profile

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
)

// Func is a setup or a test. It fails the test, or all of them, by an error. One call runs at a time; it has to be through with its
// goroutines when it returns.
type Func func(ctx context.Context, s *Stage) error

// CheckFunc judges what a test has answered. It is called after the test, and isn't measured.
type CheckFunc func(ctx context.Context, s *Stage, test string, got Answer) error

// Profiler is a suite: its tests run in the order in which they were given. It is made by one goroutine, and may be run again and again.
type Profiler struct {
	name, doc        string
	num              int
	setupOnce, setup Func
	check            CheckFunc
	tests            []test
}

type test struct {
	name, doc string
	run       Func
}

// Init returns a suite without tests. The name is what the command line calls it: letters, digits and underscores; doc is a line about it,
// and num how many iterations its tests do where --num doesn't say otherwise.
func Init(name, doc string, num int) *Profiler { return &Profiler{name: name, doc: doc, num: num} }

// SetupOnce sets what runs once, before all tests.
func (p *Profiler) SetupOnce(f Func) { p.setupOnce = f }

// Setup sets what runs before each test, and each of its runs. It isn't measured.
func (p *Profiler) Setup(f Func) { p.setup = f }

// Check sets what judges each test's answer. Without it any answer is right.
func (p *Profiler) Check(f CheckFunc) { p.check = f }

// Profile adds a test, with a line about it. Its name is made as the suite's is; by custom it begins with "test_".
func (p *Profiler) Profile(name, doc string, f Func) { p.tests = append(p.tests, test{name, doc, f}) }

// Name returns the suite's name.
func (p *Profiler) Name() string { return p.name }

// Tests returns the names of the tests, in order.
func (p *Profiler) Tests() []string {
	var names []string
	for _, t := range p.tests {
		names = append(names, t.name)
	}
	return names
}

var word = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)

// validate finds what is wrong with suites as they were written.
func validate(suites []*Profiler) error {
	if len(suites) == 0 {
		return errors.New("there are no suites")
	}
	seen := map[string]bool{}
	for _, p := range suites {
		switch {
		case !word.MatchString(p.name):
			return fmt.Errorf("the suite's name %q: letters, digits and underscores, please", p.name)
		case seen[p.name]:
			return fmt.Errorf("two suites are called %s", p.name)
		case p.num < 1:
			return fmt.Errorf("%s: its default number is %d, less than 1", p.name, p.num)
		case len(p.tests) == 0:
			return fmt.Errorf("%s: it has no tests", p.name)
		}
		seen[p.name] = true
		names := p.Tests()
		for i, t := range p.tests {
			switch {
			case !word.MatchString(t.name):
				return fmt.Errorf("%s: the test's name %q: letters, digits and underscores, please", p.name, t.name)
			case slices.Contains(names[:i], t.name):
				return fmt.Errorf("%s: two tests are called %s", p.name, t.name)
			case t.run == nil:
				return fmt.Errorf("%s: %s is nil", p.name, t.name)
			}
		}
	}
	return nil
}
