package statement

import "github.com/troupedb/troupe/coordinator/statement/tree"

var (
	// postgresqlSettled are stable functions whose value depends on settings at most, the time zone for instance, which are the
	// same on all shards.
	postgresqlSettled = newNames(`anytextcat array_to_json array_to_string concat concat_ws convert convert_from convert_to date
		date_add date_part date_subtract date_trunc enum_first enum_last enum_range extract format generate_series in_range
		json_build_array json_build_object json_populate_record json_populate_recordset json_to_record json_to_recordset
		json_to_tsvector jsonb_build_array jsonb_build_object jsonb_path_exists_tz jsonb_path_match_tz
		jsonb_path_query_array_tz jsonb_path_query_first_tz jsonb_path_query_tz jsonb_populate_record
		jsonb_populate_recordset jsonb_to_record jsonb_to_recordset jsonb_to_tsvector length make_timestamptz money numeric
		overlaps phraseto_tsquery plainto_tsquery quote_literal quote_nullable row_to_json textanycat time timestamp
		timestamptz timetz timezone to_char to_date to_json to_jsonb to_number to_timestamp to_tsquery to_tsvector
		ts_headline websearch_to_tsquery xml xml_is_well_formed`)
	// postgresqlGrammar are functions with a grammar of their own, which pg_catalog doesn't have under that name.
	postgresqlGrammar = newNames(`coalesce extract greatest grouping json json_array json_exists json_object json_query
		json_scalar json_serialize json_table json_value least normalize nullif overlay position substring trim xmlconcat
		xmlelement xmlexists xmlforest xmlparse xmlpi xmlroot xmlserialize xmltable`)
	postgresqlClocks = newNames(`clock_timestamp current_date current_time current_timestamp localtime localtimestamp now
		statement_timestamp timeofday transaction_timestamp`)
	postgresqlSessions = newNames(`current_catalog current_role current_schema current_user session_user system_user user`)
	postgresqlFresh    = newNames(`array_sample array_shuffle gen_random_uuid nextval random random_normal uuidv4 uuidv7`)
	// postgresqlLater are immutable functions, and aggregates, of versions after those that the catalogue was taken from.
	postgresqlLater           = newNames(`array_reverse array_sort casefold crc32 crc32c erf erfc gamma lgamma to_bin to_oct`)
	postgresqlLaterAggregates = newNames(`any_value json_agg_strict jsonb_agg_strict json_arrayagg json_objectagg
		json_object_agg_strict json_object_agg_unique json_object_agg_unique_strict jsonb_object_agg_strict
		jsonb_object_agg_unique jsonb_object_agg_unique_strict`)
	// postgresqlRowAggregates are aggregates that take a whole row: "t.count" is count(t) if t has no such column.
	postgresqlRowAggregates = newNames(`any_value array_agg count json_agg json_agg_strict jsonb_agg jsonb_agg_strict max min`)
	// postgresqlSystemColumns are given out by each database.
	postgresqlSystemColumns = newNames(`cmax cmin ctid tableoid xmax xmin`)
	// postgresqlSystemTypes have values that are the OIDs of one database.
	postgresqlSystemTypes = newNames(`regclass regcollation regconfig regdictionary regnamespace regoper regoperator regproc
		regprocedure regrole regtype`)
)

func postgresqlBehaviour(c *tree.Call) behaviour {
	name := functionName(c)
	quoted := c.Name[len(c.Name)-1].Quoted
	switch {
	case name == "":
		return unknownFunction
	case postgresqlClocks.has(name):
		return clocked
	case postgresqlFresh.has(name):
		return fresh
	case len(c.Name) == 1 && !quoted && postgresqlSessions.has(name):
		return variable
	case len(c.WithinGroup) > 0, postgresqlAggregateNames.has(name), postgresqlLaterAggregates.has(name):
		if len(c.WithinGroup) > 0 && !postgresqlAggregateNames.has(name) && !postgresqlWindows.has(name) {
			return unknownFunction
		}
		return aggregate
	case postgresqlWindows.has(name):
		return windowed
	case len(c.Name) == 1 && !quoted && postgresqlGrammar.has(name):
		return settled
	case postgresqlImmutable.has(name), postgresqlSettled.has(name), postgresqlLater.has(name):
		return settled
	case name == "age":
		if len(c.Args) == 2 {
			return settled
		}
		return clocked
	case postgresqlStable.has(name), postgresqlVolatile.has(name):
		return variable
	default:
		return unknownFunction
	}
}
