package weather

import (
	"time"

	"github.com/troupedb/troupe/coordinator"
)

// Location is a row of weather_locations. It lives on the shard of its continent. Identity lets it learn its key, the
// shard included, when it is read or written.
type Location struct {
	coordinator.Identity
	ID        int64     `db:"id,pk"` // unique over all shards: the session takes it from an ids.Source
	Continent string    `db:"continent"`
	City      string    `db:"city"`
	Reports   []*Report `db:"-" many:"location_id"` // added with the location
}

// Report is a row of weather_reports, on the shard of its location. Its ID is given by the database, so each shard has
// a report 1: they are different reports, and only the shard in their keys says so.
type Report struct {
	coordinator.Identity
	ID          int64     `db:"id,pk,auto"`
	LocationID  int64     `db:"location_id"`
	Temperature float64   `db:"temperature"`
	ReportTime  time.Time `db:"report_time"`
	Location    *Location `db:"-" ref:"location_id"` // gives LocationID its value
}

// TableName names the table.
func (Location) TableName() string { return "weather_locations" }

// TableName names the table.
func (Report) TableName() string { return "weather_reports" }

// newLocation returns a location with a report for each temperature.
func newLocation(o Observation) *Location {
	l := &Location{Continent: o.Continent, City: o.City}
	for _, t := range o.Temperatures {
		l.Reports = append(l.Reports, &Report{Temperature: t, ReportTime: time.Now(), Location: l})
	}
	return l
}

// Cities returns the locations' cities, sorted.
func Cities(locations []*Location) []string {
	var cities []string
	for _, l := range locations {
		cities = append(cities, l.City)
	}
	return Sorted(cities)
}

// Temperatures returns those of reports, in their order.
func Temperatures(reports []*Report) []float64 {
	var temperatures []float64
	for _, r := range reports {
		temperatures = append(temperatures, r.Temperature)
	}
	return temperatures
}
