package main

import (
	"time"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/demo/weather"
)

// Location is a row of weather_locations, on the shard of its continent. Its ID is given by the database, so each schema has a
// location 1: a key alone tells nothing without its shard.
type Location struct {
	coordinator.Identity
	ID        int64     `db:"id,pk,auto"`
	Continent string    `db:"continent"`
	City      string    `db:"city"`
	Reports   []*Report `db:"-" many:"location_id"`
}

// Report is a row of weather_reports, on the shard of its location.
type Report struct {
	coordinator.Identity
	ID          int64     `db:"id,pk,auto"`
	LocationID  int64     `db:"location_id"`
	Temperature float64   `db:"temperature"`
	ReportTime  time.Time `db:"report_time"`
	Location    *Location `db:"-" ref:"location_id"`
}

// TableName names the table, without a schema: each shard has its own.
func (Location) TableName() string { return "weather_locations" }

// TableName names the table.
func (Report) TableName() string { return "weather_reports" }

func newLocation(o weather.Observation) *Location {
	l := &Location{Continent: o.Continent, City: o.City}
	for _, t := range o.Temperatures {
		l.Reports = append(l.Reports, &Report{Temperature: t, ReportTime: time.Now(), Location: l})
	}
	return l
}

func cities(locations []*Location) []string {
	var names []string
	for _, l := range locations {
		names = append(names, l.City)
	}
	return weather.Sorted(names)
}
