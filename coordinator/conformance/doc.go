// Package conformance holds the library to what SQLAlchemy's own tests assert of its horizontal sharding: the 37 behaviours of
// its test suite, what its examples assert and document, and what it does wrong where no test of its looks. It has tests only.
//
// Each behaviour is one test, which runs on six topologies: four SQLite files, four attached SQLite files on one connection pool,
// one SQLite file with a prefix for each shard's tables, four PostgreSQL databases, four schemas of one PostgreSQL database, and
// both engines mixed. Where rows are is never troupe's own word: the databases are looked at directly, under the names
// that their tables really have. How many statements a shard got is counted twice, by WatchTouched and by what Echo is told.
//
// docs/conformance.md says behaviour by behaviour what SQLAlchemy asserts and what troupe does, and why where it differs; a test here compares
// its tables with the tests.
package conformance
