package main

import (
	"time"

	"github.com/troupedb/troupe/coordinator"
)

// Location is a row of weather_locations. It lives on the shard of its continent. Identity lets it learn its key, the
// shard included, when it is read or written.
type Location struct {
	coordinator.Identity
	ID        int64     `db:"id,pk"` // unique over all shards: see nextID
	Continent string    `db:"continent"`
	City      string    `db:"city"`
	Reports   []*Report `db:"-"`
}

// Report is a row of weather_reports, on the shard of its location. Its ID is given by the database, so each shard has
// a report 1: they are different reports, and only the shard in their keys says so.
type Report struct {
	coordinator.Identity
	ID          int64     `db:"id,pk,auto"`
	LocationID  int64     `db:"location_id"`
	Temperature float64   `db:"temperature"`
	ReportTime  time.Time `db:"report_time"`
	Location    *Location `db:"-"`
}

// TableName names the table.
func (Location) TableName() string { return "weather_locations" }

// TableName names the table.
func (Report) TableName() string { return "weather_reports" }

func newLocation(continent, city string, temperatures ...float64) *Location {
	l := &Location{Continent: continent, City: city}
	for _, t := range temperatures {
		l.Reports = append(l.Reports, &Report{Temperature: t, ReportTime: time.Now(), Location: l})
	}
	return l
}
