//go:build race

package oracletest_test

// The race detector makes SQLite, which is compiled from Go, ten times slower: each statement runs on one troupe then.
func init() { each = 1 }
