package peertest_test

// predicates are the pruning-soundness matrix: what peers lose rows by, with its relatives. Those of its rows that need more
// than a WHERE are in blocks_test.go.
var predicates = []predicate{
	// k = 1: one shard.
	{sql: "k = {1}", holds: func(i item) bool { return i.k == 1 }, spots: alike(at(1))},
	{sql: "{2} = k", holds: func(i item) bool { return i.k == 2 }, spots: alike(at(2))},
	{sql: "((k) = ({3}))", holds: func(i item) bool { return i.k == 3 }, spots: alike(at(3))},
	{sql: "k = {4} AND name IS NULL", holds: func(i item) bool { return i.k == 4 && i.name == "" }, spots: alike(at(4))},
	{sql: "name = {'x'} AND k = {3}", holds: func(i item) bool { return i.k == 3 && i.name == "x" }, spots: alike(at(3))},
	{sql: "k = {1} AND (name = {'x'} OR other = {2})", holds: func(i item) bool { return i.k == 1 && (i.name == "x" || i.other == 2) }, spots: alike(at(1))},
	{sql: "(k, name) = ({1}, {'y'})", holds: func(i item) bool { return i.k == 1 && i.name == "y" }, spots: alike(at(1))},
	{sql: "k = {-7}", holds: func(i item) bool { return i.k == -7 }, spots: alike(at(-7)), integers: true},
	{sql: "k = {9007199254740993}", holds: func(i item) bool { return i.k == anything }, spots: alike(at(anything)), integers: true},
	{sql: "k = {9007199254740992}", holds: func(item) bool { return false }, spots: alike(at(anything - 1)), integers: true},
	{sql: "k IS NOT DISTINCT FROM {2}", holds: func(i item) bool { return i.k == 2 }, spots: alike(at(2))},
	{sql: "k IS {2}", holds: func(i item) bool { return i.k == 2 }, spots: alike(at(2)), in: lite},

	// k IN (1, 2): the union.
	{sql: "k IN ({1}, {2})", holds: func(i item) bool { return i.k == 1 || i.k == 2 }, spots: alike(at(1, 2))},
	{sql: "k IN ({1}, {5}, {1})", holds: func(i item) bool { return i.k == 1 || i.k == 5 }, spots: alike(at(1, 5))},
	{sql: "k IN ({3})", holds: func(i item) bool { return i.k == 3 }, spots: alike(at(3))},
	{sql: "k IN ({1}, {2}) AND k IN ({2}, {3})", holds: func(i item) bool { return i.k == 2 }, spots: alike(at(2))},
	{sql: "k IN ({1}, other)", holds: func(i item) bool { return i.k == 1 || i.k == i.other }, spots: alike(every)},
	{sql: "(k, name) IN (({1}, {'y'}), ({2}, {'z'}))", holds: func(i item) bool { return i.k == 1 && i.name == "y" || i.k == 2 && i.name == "z" }, spots: alike(at(1, 2)), in: postgres},
	{sql: "k = ANY (ARRAY[{1}, {6}])", holds: func(i item) bool { return i.k == 1 || i.k == 6 }, spots: alike(at(1, 6)), in: postgres, literals: true},

	// k = 1 OR name = 'x': all.
	{sql: "k = {1} OR name = {'x'}", holds: func(i item) bool { return i.k == 1 || i.name == "x" }, spots: alike(every)},
	{sql: "name = {'x'} OR k = {1}", holds: func(i item) bool { return i.k == 1 || i.name == "x" }, spots: alike(every)},
	{sql: "k = {1} OR k = {2} OR other = {4}", holds: func(i item) bool { return i.k == 1 || i.k == 2 || i.other == 4 }, spots: alike(every)},
	{sql: "(k = {1} OR name = {'x'}) AND (k = {3} OR k = {2})", holds: func(i item) bool { return (i.k == 1 || i.name == "x") && (i.k == 3 || i.k == 2) }, spots: alike(at(2, 3))},
	{sql: "k = {1} AND name = {'x'} OR k = {2} AND name = {'z'}", holds: func(i item) bool { return i.k == 1 && i.name == "x" || i.k == 2 && i.name == "z" }, spots: alike(at(1, 2))},

	// k = 1 OR k = 2: the union. k = 1 OR k = 1: one shard, and no row twice.
	{sql: "k = {1} OR k = {2}", holds: func(i item) bool { return i.k == 1 || i.k == 2 }, spots: alike(at(1, 2))},
	{sql: "k = {1} OR k = {1}", holds: func(i item) bool { return i.k == 1 }, spots: alike(at(1))},
	{sql: "k = {1} OR k IN ({6}, {2}) OR {4} = k", holds: func(i item) bool { return i.k == 1 || i.k == 6 || i.k == 2 || i.k == 4 }, spots: alike(at(1, 2, 4, 6))},

	// NOT (k = 1 AND …): the complement, or all.
	{sql: "NOT (k = {1})", holds: func(i item) bool { return i.k != 1 }, spots: alike(every)},
	{sql: "NOT k = {1}", holds: func(i item) bool { return i.k != 1 }, spots: alike(every)},
	{sql: "k <> {1}", holds: func(i item) bool { return i.k != 1 }, spots: alike(every)},
	{sql: "NOT (k = {1} AND name = {'y'})", holds: func(i item) bool { return i.k != 1 || i.name != "" && i.name != "y" }, spots: alike(every)},
	{sql: "NOT (k <> {2})", holds: func(i item) bool { return i.k == 2 }, spots: alike(at(2))},
	{sql: "NOT (k <> {1} AND k <> {2})", holds: func(i item) bool { return i.k == 1 || i.k == 2 }, spots: alike(at(1, 2))},
	{sql: "NOT (k <> {2} OR name IS NULL)", holds: func(i item) bool { return i.k == 2 && i.name != "" }, spots: alike(at(2))},
	{sql: "NOT (NOT (k = {2}))", holds: func(i item) bool { return i.k == 2 }, spots: alike(at(2))},
	{sql: "(k = {2}) IS TRUE", holds: func(i item) bool { return i.k == 2 }, spots: alike(at(2))},
	{sql: "(k = {2}) IS NOT FALSE", holds: func(i item) bool { return i.k == 2 }, spots: alike(every)},
	{sql: "(k = {2}) IS FALSE", holds: func(i item) bool { return i.k != 2 }, spots: alike(every)},
	{sql: "(k = {2}) IS NOT TRUE", holds: func(i item) bool { return i.k != 2 }, spots: alike(every)},
	{sql: "CASE WHEN k = {2} THEN name IS NULL ELSE name = {'x'} END", holds: func(i item) bool { return i.k == 2 && i.name == "" || i.k != 2 && i.name == "x" }, spots: alike(every)},

	// k NOT IN, NOT BETWEEN: all.
	{sql: "k NOT IN ({1}, {2})", holds: func(i item) bool { return i.k != 1 && i.k != 2 }, spots: alike(every)},
	{sql: "NOT (k IN ({1}, {2}))", holds: func(i item) bool { return i.k != 1 && i.k != 2 }, spots: alike(every)},
	{sql: "NOT (k NOT IN ({1}, {2}))", holds: func(i item) bool { return i.k == 1 || i.k == 2 }, spots: alike(at(1, 2))},
	{sql: "k NOT BETWEEN {3} AND {4}", holds: func(i item) bool { return i.k < 3 || i.k > 4 }, spots: spots{every, every, at(1, 5, 7)}, ordered: true},
	{sql: "NOT (k BETWEEN {3} AND {6})", holds: func(i item) bool { return i.k < 3 || i.k > 6 }, spots: spots{every, at(1, 2, 7, 8), at(1, 7)}, ordered: true},

	// k > 1: all, or the range. A list knows its keys, so it knows which are above.
	{sql: "k > {1}", holds: func(i item) bool { return i.k > 1 }, spots: alike(every), ordered: true},
	{sql: "k > {6}", holds: func(i item) bool { return i.k > 6 }, spots: spots{every, at(7, 8), at(7)}, ordered: true},
	{sql: "k >= {6}", holds: func(i item) bool { return i.k >= 6 }, spots: spots{every, at(6, 7, 8), at(6, 7)}, ordered: true},
	{sql: "k < {3}", holds: func(i item) bool { return i.k < 3 }, spots: spots{every, at(1, 2), at(1)}, ordered: true},
	{sql: "k <= {3}", holds: func(i item) bool { return i.k <= 3 }, spots: spots{every, at(1, 2, 3), at(1, 3)}, ordered: true},
	{sql: "{3} > k", holds: func(i item) bool { return i.k < 3 }, spots: spots{every, at(1, 2), at(1)}, ordered: true},
	{sql: "NOT (k < {7})", holds: func(i item) bool { return i.k >= 7 }, spots: spots{every, at(7, 8), at(7)}, ordered: true},
	{sql: "k > {4} AND k <= {6}", holds: func(i item) bool { return i.k == 5 || i.k == 6 }, spots: spots{at(5, 6), at(5, 6), at(5, 6)}, ordered: true},
	{sql: "k > {8} OR k < {2}", holds: func(i item) bool { return i.k > 8 || i.k < 2 }, spots: spots{every, at(1), at(1, 9)}, ordered: true},
	{sql: "k BETWEEN {3} AND {4}", holds: func(i item) bool { return i.k == 3 || i.k == 4 }, spots: alike(at(3, 4)), ordered: true},
	{sql: "k BETWEEN {2} AND {2}", holds: func(i item) bool { return i.k == 2 }, spots: alike(at(2)), ordered: true},
	{sql: "k BETWEEN {4} AND {3}", holds: func(item) bool { return false }, spots: alike(at()), ordered: true},
	{sql: "k BETWEEN SYMMETRIC {4} AND {3}", holds: func(i item) bool { return i.k == 3 || i.k == 4 }, spots: alike(every), in: postgres, ordered: true},

	// k = 1 + 1, k + 1 = 5, k = other: all.
	{sql: "k = {1} + {1}", holds: func(i item) bool { return i.k == 2 }, spots: alike(every), integers: true, literals: true},
	{sql: "k + {1} = {5}", holds: func(i item) bool { return i.k == 4 }, spots: alike(every), integers: true},
	{sql: "- k = {7}", holds: func(i item) bool { return i.k == -7 }, spots: alike(every), integers: true},
	{sql: "k = other", holds: func(i item) bool { return i.k == i.other }, spots: alike(every)},
	{sql: "other = {4}", holds: func(i item) bool { return i.other == 4 }, spots: alike(every)},
	{sql: "k = other AND other = {4}", holds: func(i item) bool { return i.k == 4 && i.other == 4 }, spots: alike(every)},
	{sql: "coalesce(k, {8}) = {3}", holds: func(i item) bool { return i.k == 3 }, spots: alike(every)},
	{sql: "abs(k) = {7}", holds: func(i item) bool { return i.k == 7 || i.k == -7 }, spots: alike(every), integers: true},
	{sql: "k LIKE 'k3%'", holds: func(i item) bool { return false }, spots: alike(every), integers: true, in: lite},

	// k = 1 AND k = 2: zero shards, of which one has to answer.
	{sql: "k = {1} AND k = {2}", holds: func(item) bool { return false }, spots: alike(at())},
	{sql: "k = {1} AND k > {3}", holds: func(item) bool { return false }, spots: alike(at())},
	{sql: "k = NULL", holds: func(item) bool { return false }, spots: alike(at())},
	{sql: "k IN (NULL)", holds: func(item) bool { return false }, spots: alike(at())},
	{sql: "k IN ({1}, NULL)", holds: func(i item) bool { return i.k == 1 }, spots: alike(at(1))},
	{sql: "k = {1} AND FALSE", holds: func(item) bool { return false }, spots: alike(at())},
	{sql: "k = {1} OR FALSE", holds: func(i item) bool { return i.k == 1 }, spots: alike(at(1)), in: postgres},
	{sql: "k = {1} OR FALSE", holds: func(i item) bool { return i.k == 1 }, spots: alike(every), in: lite}, // it may be a column
	{sql: "k = {1} OR TRUE", holds: func(item) bool { return true }, spots: alike(every)},
	{sql: "k = {1} OR NULL", holds: func(i item) bool { return i.k == 1 }, spots: alike(at(1))},
	{sql: "k = {1} AND NOT (k = {1})", holds: func(item) bool { return false }, spots: alike(at(1))},
}
