// Package statement says what one SQL text means for shards: which keys the rows of its tables may have, and whether the
// shards can answer it each for itself. It runs nothing, changes no text, and leaves it to package plan how the answers of the
// outermost block are merged.
//
// [Read] parses a text, [Analyse] says what it means given the declared tables. An [Analysis] depends on neither arguments nor
// shards: the keys are sets of package keyset, to which arguments are applied later.
//
// # Where a statement runs
//
// If all rows that matter, of all occurrences of sharded tables, are on one shard by their keys, then that shard alone gives
// the whole answer, whatever the SQL. Else the shards of the anchors are asked, if Scatter is nil; and else it is refused.
//
// # Keys
//
// For a condition that is TRUE, and for one that is FALSE, there is an over-approximation of the keys that a row may have then;
// NULL is neither. What isn't understood stands for every key. Only conditions that every row of a block satisfies count: its
// WHERE, and the ON of inner joins that are not below an outer join. Never HAVING, the ON of an outer join, or what an inner
// block says about an outer table.
//
// Keys that such a condition equates make a class: they have one set of values, and if the tables live together, their rows
// are joined on one shard. An equality with a key of an outer block, IN, and the ON of an outer join link one way: the inner,
// or null-extended, table inherits and never gives. A nested block passes a key on if its output is the key, of a table that
// isn't null-extended, and the block has no LIMIT, OFFSET, DISTINCT ON or window, and any GROUP BY contains the key.
//
// # What several shards can answer
//
// The rows of a block are exact, when each shard has all of them that matter, or partitioned. Reference tables are exact, and
// so is a subquery that is bound to the key of the row around it: it may hold any SQL. Joins of partitioned rows have to be on
// the key. Partitioned rows of a nested block have to be computed group by group of the key.
//
// Everything here errs on one side: what isn't provably exact is refused, with a code, the clause, its place and what to do. A
// second count of all tables, made by the front ends without knowing what anything means, guards against those that are
// overlooked. Views, triggers and user functions that replace built-in ones can't be seen in a text: who puts them on a sharded
// table vouches for them. Keys are taken to be NOT NULL, of the declared type, and under a collation that compares bytes.
package statement
