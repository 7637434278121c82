// Package house checks the house rules that a compiler and a linter don't: who may import whom, that tests don't sleep
// and leave nothing behind, that libraries print nothing, and that names, comments and files are as CONTRIBUTING.md says.
// It reads Go source and runs none; what needs types is left to vet and staticcheck.
//
// A line that has to break a rule says so, on the line or the one above, and says why:
//
//	time.Sleep(time.Second) //house:allow sleep: the kernel offers nothing to wait for
package house
