// Package sqlpeer is what a good engineer would write on database/sql for what a comparison asks for: the same loops for every driver of SQLite,
// in this process, or served by another one that has the driver.
package sqlpeer
