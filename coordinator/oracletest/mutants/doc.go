// Package mutants proves that the oracle of package oracletest can fail. It has no code of its own, only a test: for each rule by
// which a troupe keeps its answers exact there is a mutant, a small change of the source that breaks the rule. The test compiles
// the oracle with the change laid over the source, runs it, and wants a mismatch within 5,000 statements. A mutant that
// survives means that the oracle is too weak there, and a mutant whose snippet isn't found any more, or twice, fails the test: then
// the table has to follow the source.
//
//	go test ./coordinator/oracletest/mutants                                      what CI runs: a mutant of each kind
//	TROUPE_LONG=1 go test ./coordinator/oracletest/mutants -timeout 1h -v         all of them, and a table of where they died
//	TROUPE_LONG=1 go test ./coordinator/oracletest/mutants -run 'Killed/NOT_IN_as_IN' -v      one of them
//
// It isn't about tests of smaller parts, which kill most of these too, but about the oracle: what it can't see of these it wouldn't see
// of a mistake of our own.
package mutants
