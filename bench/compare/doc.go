// Package compare measures troupe beside its peers, in one run: the loops that a good engineer would write by hand on pgx and database/sql, a driver in C, and
// what SQLAlchemy is known to need. Each round runs every variant once, in rotating order, and every sample's answers are checked.
//
// What it measures is data of package results; docs/bench.md explains it.
package compare
