module github.com/troupedb/troupe/bench/mattn

go 1.26.0

require (
	github.com/mattn/go-sqlite3 v1.14.53
	github.com/troupedb/troupe v0.0.0-00010101000000-000000000000
)

replace github.com/troupedb/troupe => ../../
