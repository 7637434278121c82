package mapping

// Claimant is somebody who is to insert rows, and whose alone their objects are until then.
type Claimant struct{ _ byte } // so that each has an address of its own

// Claim notes that the row of object, a pointer to a mapped struct, is for by to insert. One without [Identity] can't know.
func Claim(object any, by *Claimant) {
	if o, ok := object.(keyed); ok {
		o.identity().claim = by
	}
}

// Claimed reports whether the row of object is for somebody else to insert.
func Claimed(object any, by *Claimant) bool {
	o, ok := object.(keyed)
	return ok && o.identity().claim != nil && o.identity().claim != by
}

// Release takes back what by has claimed of object, if anything.
func Release(object any, by *Claimant) {
	if o, ok := object.(keyed); ok && o.identity().claim == by {
		o.identity().claim = nil
	}
}
