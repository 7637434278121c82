package suites

// SetManyCustomers changes how many rows there are at least in short_selects, and returns what changes it back.
func SetManyCustomers(n int) (restore func()) {
	before := manyCustomers
	manyCustomers = n
	return func() { manyCustomers = before }
}
