package merge

func isKnown(n node) bool {
	_, ok := n.(*known)
	return ok
}

func allKnown(list []node) bool {
	for _, n := range list {
		if !isKnown(n) {
			return false
		}
	}
	return true
}

// fold computes n now if all of its parts are constants, as PostgreSQL's planner does. An error is refused: whether the planner comes
// across it depends on where it stands, and for arguments on the kind of plan.
func fold(n node, parts ...node) (node, error) {
	if !allKnown(parts) {
		return n, nil
	}
	v, err := n.eval(nil)
	if err != nil {
		return nil, cannot("leave it out", "a constant part of an expression over groups fails (%v)", err)
	}
	k := known(v)
	return &k, nil
}

// foldStrict is fold for what is NULL if a part is: a constant NULL keeps PostgreSQL from evaluating the others.
func foldStrict(n node, parts ...node) (node, error) {
	for _, part := range parts {
		if isNull(part) {
			return part, nil
		}
	}
	return fold(n, parts...)
}

// isNull reports whether n is a constant NULL.
func isNull(n node) bool {
	k, ok := n.(*known)
	return ok && k.kind == nullDatum
}

// decided returns what a constant condition is; constant is false for others. NULL is false.
func decided(n node) (truth, constant bool) {
	k, ok := n.(*known)
	return ok && k.kind == boolDatum && k.int != 0, ok
}

// folded leaves out the arms that are never taken, as PostgreSQL's planner does, so that what is constant is known to be.
func (n *choice) folded() node {
	left := &choice{otherwise: n.otherwise}
	for i, cond := range n.conds {
		truth, constant := decided(cond)
		if truth {
			left.otherwise = n.results[i]
			break
		}
		if !constant {
			left.conds, left.results = append(left.conds, cond), append(left.results, n.results[i])
		}
	}
	if len(left.conds) == 0 {
		return left.otherwise
	}
	return left
}

// foldPresent leaves out of COALESCE the NULLs, and what comes after a constant.
func foldPresent(args []node) node {
	n := &firstPresent{}
	for _, arg := range args {
		if isNull(arg) {
			continue
		}
		n.args = append(n.args, arg)
		if isKnown(arg) {
			break
		}
	}
	switch len(n.args) {
	case 0:
		return &known{}
	case 1:
		return n.args[0]
	default:
		return n
	}
}

// folded decides AND and OR by their constants, as far as possible.
func (n *junction) folded() node {
	left := &junction{or: n.or, truth: n.truth}
	for _, arg := range n.args {
		truth, constant := decided(arg)
		switch {
		case constant && !isNull(arg) && truth == n.or:
			return arg
		case !constant || isNull(arg):
			left.args = append(left.args, arg)
		}
	}
	k := known(n.truth(!n.or))
	switch {
	case len(left.args) == 0:
		return &k
	case allNull(left.args):
		return &known{}
	default:
		return left
	}
}

func allNull(list []node) bool {
	for _, n := range list {
		if !isNull(n) {
			return false
		}
	}
	return true
}
