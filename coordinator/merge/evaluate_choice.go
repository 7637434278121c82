package merge

// firstPresent is COALESCE.
type firstPresent struct{ args []node }

func (n *firstPresent) eval(at *groupAt) (datum, error) {
	for _, arg := range n.args {
		v, err := arg.eval(at)
		if err != nil || v.kind != nullDatum {
			return v, err
		}
	}
	return datum{}, nil
}

// choice is CASE. otherwise is never nil.
type choice struct {
	conds, results []node
	otherwise      node
}

func (n *choice) eval(at *groupAt) (datum, error) {
	for i, cond := range n.conds {
		v, err := cond.eval(at)
		if err != nil {
			return datum{}, err
		}
		truth, known, err := v.truth()
		switch {
		case err != nil:
			return datum{}, err
		case truth && known:
			return n.results[i].eval(at)
		}
	}
	return n.otherwise.eval(at)
}

// nullIf is NULLIF: same says when both, neither of which is NULL, are equal.
type nullIf struct {
	x, y node
	same func(x, y *datum) (bool, error)
}

func (n *nullIf) eval(at *groupAt) (datum, error) {
	x, y, err := evalBoth(n.x, n.y, at)
	if err != nil || x.kind == nullDatum || y.kind == nullDatum {
		return x, err
	}
	same, err := n.same(&x, &y)
	if err != nil || same {
		return datum{}, err
	}
	return x, nil
}

// call is a function of one value, and NULL of NULL.
type call struct {
	x  node
	of func(datum) (datum, error)
}

func (n *call) eval(at *groupAt) (datum, error) {
	v, err := n.x.eval(at)
	if err != nil || v.kind == nullDatum {
		return datum{}, err
	}
	return n.of(v)
}

// call2 is a function of two values, and NULL if one is.
type call2 struct {
	x, y node
	of   func(x, y datum) (datum, error)
}

func (n *call2) eval(at *groupAt) (datum, error) {
	x, y, err := evalBoth(n.x, n.y, at)
	if err != nil || x.kind == nullDatum || y.kind == nullDatum {
		return datum{}, err
	}
	return n.of(x, y)
}
