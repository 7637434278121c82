package merge

import "github.com/troupedb/troupe/messages"

// New returns what merges the rows of feed as spec says. It reads nothing yet.
func New(spec *Spec, feed Feed, o Options) (Merger, error) {
	if err := check(spec, &o); err != nil {
		return nil, err
	}
	if o.Budget == 0 {
		o.Budget = DefaultBudget
	}
	var m Merger
	switch {
	case spec.Group != nil:
		group, err := newGroup(spec, feed, o)
		if err != nil {
			return nil, err
		}
		m = group
	case len(spec.Order) > 0 && o.Sources > 1:
		m = newOrdered(spec, feed, &o)
	default:
		m = newConcatenation(spec, feed, &o)
	}
	switch spec.Distinct {
	case DistinctRows:
		m = newDistinctRows(spec, m, &o)
	case DistinctKeys:
		m = newDistinctKeys(spec, m, &o)
	}
	if spec.Cut && (o.Offset > 0 || o.Limit >= 0) {
		m = &cut{from: m, skip: o.Offset, left: o.Limit}
	}
	return m, nil
}

func check(spec *Spec, o *Options) error {
	problem := ""
	switch {
	case spec.Dialect != messages.PostgreSQL && spec.Dialect != messages.SQLite:
		problem = "the merge has no dialect"
	case spec.Group != nil && (len(spec.Order) > 0 || spec.Hidden > 0 || len(spec.Twins) > 0):
		problem = "groups are merged, and the rows have an order, or hidden columns, of their own"
	case spec.Distinct == DistinctKeys && len(spec.DistinctOn) == 0:
		problem = "rows are told apart by keys, and there are none"
	case spec.Hidden < 0 || o.Sources < 0:
		problem = "a negative number of sources or hidden columns"
	default:
		return nil
	}
	return &messages.Error{Code: messages.ErrProtocol, Op: opMerge, Detail: problem}
}
