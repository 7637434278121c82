// Package mutants proves that the oracle of package oracletest can fail. It has no code of its own, only a test: for each rule by
// which a troupe keeps its answers exact there is a mutant, a small change of the source that breaks the rule. With each of them the
// oracle has to find a wrong answer within 5,000 statements, and with none of them it finds none. A mutant that survives means that
// the oracle is too weak there.
//
//	go test ./coordinator/oracletest/mutants -v                                     all of them, and a table of where they died
//	go test ./coordinator/oracletest/mutants -run 'Mutants/NOT_IN_as_IN' -v         one of them
//	go test ./coordinator/oracletest/mutants -run Fit                               whether they still fit the source
//
// The source has no switches for it. The test lays changed files over the source as the go command's -overlay does it: a function that a
// mutant changes has a copy for that mutant, and begins with a branch to its copies by a variable of the environment. So the oracle is
// compiled once, in seconds, rather than for each mutant. A mutant whose snippet isn't in the source any more, or twice, fails the test
// by name, and so does one that doesn't compile: then the table has to follow the source.
package mutants
