// Package faulttest tests the whole library against real PostgreSQL servers and SQLite databases while they are killed,
// frozen, filled up and lied to: the ten promises of the README, each with its measured figures in the test's log. It has
// tests only, and those of single packages stay beside them.
//
// Two forms run longer than the normal suite:
//
//	TROUPE_LONG=1 go test ./coordinator/faulttest -run Memory -v            5 million rows
//	go test ./coordinator/faulttest -run Chaos -v -chaos 10m -seed 42       a longer run, or the same faults again
package faulttest
