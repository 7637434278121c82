package plan

import (
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// windows refuses a window function whose window may hold rows of several shards.
func (s *selection) windows() *statement.Refusal {
	var refusal *statement.Refusal
	look := func(n tree.Node) {
		find(n, func(n tree.Node) bool {
			if call, ok := n.(*tree.Call); ok && call.Over != nil && !s.a.Keyed(s.b, s.partition(call.Over)) {
				refusal = refuse(Window, "OVER", call.Over, "its window may hold rows of several shards", "add the key to PARTITION BY, or "+hintPin)
			}
			return refusal != nil
		})
	}
	for _, t := range s.b.Targets {
		look(t)
	}
	for _, o := range s.q.OrderBy {
		look(o)
	}
	for _, x := range s.b.DistinctOn {
		look(x)
	}
	return refusal
}

// partition returns the PARTITION BY of a window, or of the one that it refers to.
func (s *selection) partition(w *tree.Window) []tree.Expr {
	// A window refers to one that is defined before it, so this ends.
	for steps := 0; len(w.PartitionBy) == 0 && w.Name != nil && steps <= len(s.b.Windows); steps++ {
		next := s.namedWindow(w.Name.Name)
		if next == nil {
			return nil
		}
		w = next
	}
	return w.PartitionBy
}

func (s *selection) namedWindow(name string) *tree.Window {
	for _, n := range s.b.Windows {
		if n.Name.Name == name {
			return n.Window
		}
	}
	return nil
}

// isWindowed reports whether there is a window function in the list or the order.
func (s *selection) isWindowed() tree.Node {
	is := func(n tree.Node) bool {
		call, ok := n.(*tree.Call)
		return ok && call.Over != nil
	}
	for _, t := range s.b.Targets {
		if at := find(t, is); at != nil {
			return at
		}
	}
	for _, o := range s.q.OrderBy {
		if at := find(o, is); at != nil {
			return at
		}
	}
	return nil
}
