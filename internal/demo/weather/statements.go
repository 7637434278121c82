package weather

// The statements of the examples.
const (
	// CitiesOfTwo selects the locations of two continents.
	CitiesOfTwo = `select id, continent, city from weather_locations where continent in ($1, $2)`
	// CitiesByName selects the locations whose cities are like a pattern.
	CitiesByName = `select id, continent, city from weather_locations where city like $1`
	// CitiesReported selects the city of each report, by a join that one shard can answer.
	CitiesReported = `select l.city from weather_reports r left join weather_locations l on l.id = r.location_id order by r.id`
)
