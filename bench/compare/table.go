package compare

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/troupedb/troupe/bench/results"
)

// unknown stands for what wasn't measured.
const unknown = "–"

// columns are the figures of a table behind rate and ratio.
var columns = []results.Figure{results.P50, results.P99, results.ClientCPU, results.ServerCPU, results.Allocs, results.Memory}

// printTable prints what an experiment has measured. One with many parts, which the first of them sums up, is one table.
func printTable(stdout io.Writer, measured []results.Experiment) error {
	var b strings.Builder
	for i := range measured {
		e := &measured[i]
		if i == 0 {
			fmt.Fprintf(&b, "\n%s: %s\n", e.Name, e.Title)
		}
		switch {
		case e.Skipped != "":
			fmt.Fprintf(&b, "  skipped: %s\n", e.Skipped)
		case len(measured) == 1:
			printVariants(&b, e)
		}
	}
	if len(measured) > 1 {
		printParts(&b, measured[1:])
	}
	for i := range measured {
		for _, g := range measured[i].Goals {
			if v := measured[i].Judge(g); i == 0 {
				fmt.Fprintf(&b, "  %s\n", verdict(v))
			} else if v.Mark == results.Missed { // of many parts, those that are
				fmt.Fprintf(&b, "  %s: %s\n", measured[i].Name, verdict(v))
			}
		}
		if i == 0 {
			for _, note := range measured[i].Notes {
				fmt.Fprintf(&b, "  %s\n", note)
			}
		}
	}
	_, err := io.WriteString(stdout, b.String())
	return err
}

// printVariants prints a line for each variant: medians, and the ratio of its rate to the first one's with its quartiles.
func printVariants(to *strings.Builder, e *results.Experiment) {
	printf, flush := aligned(to)
	printf("  \t%s/s\tratio\tp50\tp99\tclient CPU\tserver CPU\tallocations\tpeak RSS\t\n", e.Unit)
	for i := range e.Variants {
		v := &e.Variants[i]
		ratio := unknown
		if spread, err := e.Ratio(v.Name, e.Variants[0].Name, results.Rate); err == nil {
			ratio = results.FormatRatio(spread.Median)
			if i > 0 {
				ratio += " [" + results.FormatRatio(spread.Low) + " " + results.FormatRatio(spread.High) + "]"
			}
		}
		printf("  %s\t%s\t%s\t", v.Name, value(v, results.Rate), ratio)
		for _, f := range columns {
			printf("%s\t", value(v, f))
		}
		printf("\n")
	}
	flush()
}

// printParts prints a line for each part: how long a thousand units take each variant, and their ratio.
func printParts(to *strings.Builder, parts []results.Experiment) {
	printf, flush := aligned(to)
	printf("  \t%s/s\t%s/s\tratio\tclient CPU\tallocations\t\n", sqlalchemyName, troupeName)
	for i := range parts {
		e := &parts[i]
		ours, ratio := e.Variant(troupeName), unknown
		if ours == nil {
			continue
		}
		theirs := unknown
		if v := e.Variant(sqlalchemyName); v != nil {
			theirs = value(v, results.Rate)
			if spread, err := e.Ratio(troupeName, sqlalchemyName, results.Rate); err == nil {
				ratio = results.FormatRatio(spread.Median)
			}
		}
		_, name, _ := strings.Cut(e.Name, "/")
		printf("  %s\t%s\t%s\t%s\t%s\t%s\t\n", name, theirs, value(ours, results.Rate), ratio, value(ours, results.ClientCPU), value(ours, results.Allocs))
	}
	flush()
}

// aligned returns how to write cells, each with a tab behind it, and what writes them in columns: to a strings.Builder, which takes all.
func aligned(to *strings.Builder) (printf func(format string, args ...any), flush func()) {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	return func(format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }, func() { _ = w.Flush() }
}

func value(v *results.Variant, f results.Figure) string {
	spread, err := v.Values(f)
	if err != nil {
		return unknown
	}
	if f == results.Memory && spread.Median <= 1 { // 0 would say that it isn't known
		return "0 B"
	}
	return f.Format(spread.Median)
}

// verdict says in a line what became of a goal.
func verdict(v results.Verdict) string {
	g := v.Goal
	title, _, _ := strings.Cut(g.Figure.Title(), ",") // a ratio has no unit
	what := g.Variant + ", " + title
	switch {
	case g.Figure == results.Own && g.Baseline != "":
		what += " beyond " + g.Baseline
	case g.Baseline != "":
		what += " against " + g.Baseline
	}
	bounds := fmt.Sprintf("must %s, aim %s", g.Bound(g.Must), g.Bound(g.Aim))
	if v.Mark == results.Unmeasured {
		return fmt.Sprintf("%s: %s (%s)", v.Mark, what, bounds)
	}
	return fmt.Sprintf("%s: %s is %s [%s %s] (%s)", v.Mark, what,
		g.Format(v.Measured.Median), g.Format(v.Measured.Low), g.Format(v.Measured.High), bounds)
}

// printSummary prints how many goals were reached, and the machine.
func printSummary(stdout io.Writer, run *results.Run) error {
	marks := map[results.Mark]int{}
	for _, v := range run.Verdicts() {
		marks[v.Mark]++
	}
	m := run.Machine
	server := m.PostgreSQL
	if server == "" {
		server = "none"
	}
	_, err := fmt.Fprintf(stdout, "\n%d goals: %d aims reached, %d reached, %d missed, %d not measured\n%s, %d cores, %s, %s; PostgreSQL %s; SQLite %s; commit %s\n",
		len(run.Verdicts()), marks[results.AimReached], marks[results.MustReached], marks[results.Missed], marks[results.Unmeasured],
		m.CPU, m.Cores, m.OS, m.Go, server, m.SQLite, m.Commit)
	return err
}
