package profile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// runner runs a suite.
type runner struct {
	*options
	stage *Stage
	out   report
	errs  io.Writer
}

func (r *runner) run(ctx context.Context) error {
	if r.suite.setupOnce != nil {
		r.out.line("Running setup once...")
		if err := recovered(ctx, r.suite.setupOnce, r.stage); err != nil {
			return fmt.Errorf("%s: setup once: %w", r.suite.name, err)
		}
	}
	var names []string
	for _, t := range r.tests {
		names = append(names, t.name)
	}
	r.out.line("Tests to run: " + strings.Join(names, ", "))
	var failed []error
	for i, t := range r.tests {
		res, err := r.measure(ctx, t, fmt.Sprintf("%d of %d: %s", i+1, len(r.tests), t.name))
		if err == nil {
			err = r.publish(ctx, res)
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %s: %w", r.suite.name, t.name, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(failed...)
}

// measure runs a test as often as the options say.
func (r *runner) measure(ctx context.Context, t test, title string) (*result, error) {
	res := &result{suite: r.suite.name, test: t, stage: r.stage}
	for run := range r.runs {
		if r.suite.setup != nil {
			if err := recovered(ctx, r.suite.setup, r.stage); err != nil {
				return nil, fmt.Errorf("setup: %w", err)
			}
		}
		named := title
		if r.runs > 1 {
			named = fmt.Sprintf("%s, run %d of %d", title, run+1, r.runs)
		}
		progress := showProgress(r.errs, named)
		m, err := r.once(ctx, t)
		progress.stop()
		if err != nil {
			return nil, err
		}
		res.runs = append(res.runs, m)
	}
	return res, nil
}

// once runs a test, and judges its answer.
func (r *runner) once(ctx context.Context, t test) (measurement, error) {
	r.stage.begin()
	m, err := take(r.profile, func() error { return recovered(ctx, t.run, r.stage) })
	if err != nil {
		return m, err
	}
	m.answer, m.operations = r.stage.end()
	if r.suite.check == nil {
		return m, nil
	}
	return m, r.suite.check(ctx, r.stage, t.name, m.answer)
}

// publish prints a result, and keeps its profiles.
func (r *runner) publish(ctx context.Context, res *result) error {
	if r.raw != "" {
		if err := r.keep(res); err != nil {
			return err
		}
	}
	if err := r.out.result(res); err != nil {
		return err
	}
	if r.gc {
		r.out.line(res.collections())
	}
	if !r.dump {
		return nil
	}
	var text bytes.Buffer
	if err := r.dumpProfiles(ctx, res, &text); err != nil {
		return err
	}
	r.out.line(strings.TrimRight(text.String(), "\n"))
	return nil
}

// recovered calls f; a panic is an error.
func recovered(ctx context.Context, f Func, s *Stage) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("panic: %v", value)
			s.Log.Error("a suite panicked", "panic", value, "stack", stack())
		}
	}()
	return f(ctx, s)
}
