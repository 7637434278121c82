package weather

import "slices"

// Observation is what SQLAlchemy's examples begin with: a city, and what was measured there.
type Observation struct {
	Continent    string
	City         string
	Temperatures []float64
}

// Observations are all of them, Tokyo the first and New York the second. "Brasila" is how the examples have it.
var Observations = []Observation{
	{"Asia", "Tokyo", []float64{80}},
	{"North America", "New York", []float64{75}},
	{"North America", "Toronto", nil},
	{"Europe", "London", nil},
	{"Europe", "Dublin", nil},
	{"South America", "Brasila", nil},
	{"South America", "Quito", []float64{85}},
}

// Locations returns a new location for each of the observations.
func Locations() []*Location {
	var locations []*Location
	for _, o := range Observations {
		locations = append(locations, newLocation(o))
	}
	return locations
}

// Sorted returns a sorted copy.
func Sorted[T ~string](values []T) []T {
	values = slices.Clone(values)
	slices.Sort(values)
	return values
}
