package statement

// postgresClause is how a word that begins a clause is refused.
type postgresClause struct{ name, reason, hint string }

// postgresClauses are reserved words, and a few others, that mean more than one table, a merge, or a subquery.
var postgresClauses = map[string]postgresClause{
	"order":       {"ORDER BY", reasonMerge, hintClient},
	"group":       {"GROUP BY", "a group's rows may live on several shards", hintClient},
	"having":      {"HAVING", reasonMerge, hintPin},
	"limit":       {"LIMIT", "every shard would apply it by itself", hintClient},
	"offset":      {"OFFSET", "every shard would apply it by itself", hintClient},
	"fetch":       {"FETCH", "every shard would apply it by itself", hintClient},
	"distinct":    {"DISTINCT", "shards can return the same row", hintClient},
	"union":       {"UNION", reasonMerge, "run its arms one by one, or " + hintPin},
	"intersect":   {"INTERSECT", reasonMerge, hintPin},
	"except":      {"EXCEPT", reasonMerge, hintPin},
	"window":      {"WINDOW", reasonElsewhere, hintPin},
	"over":        {"OVER", "its window may hold rows of other shards", hintPin},
	"with":        {"WITH", reasonElsewhere, hintPin},
	"for":         {"FOR", "rows would be locked on several shards", hintPin},
	"into":        {"INTO", "it creates a table", hintPin},
	"select":      {"subquery", reasonElsewhere, hintPin},
	"values":      {"VALUES", reasonOnce, hintPin},
	"table":       {"TABLE", reasonElsewhere, hintPin},
	"from":        {"FROM", reasonElsewhere, hintPin},
	"where":       {"WHERE", reasonUnknown, hintPin},
	"returning":   {"RETURNING", reasonUnknown, hintPin},
	"using":       {"USING", reasonElsewhere, hintPin},
	"join":        {"JOIN", reasonElsewhere, hintPin},
	"inner":       {"JOIN", reasonElsewhere, hintPin},
	"cross":       {"JOIN", reasonElsewhere, hintPin},
	"natural":     {"JOIN", reasonElsewhere, hintPin},
	"full":        {"JOIN", reasonElsewhere, hintPin},
	"outer":       {"JOIN", reasonElsewhere, hintPin},
	"on":          {"ON", reasonElsewhere, hintPin},
	"lateral":     {"LATERAL", reasonElsewhere, hintPin},
	"tablesample": {"TABLESAMPLE", "each shard would draw its own sample", hintPin},
	"current":     {"CURRENT OF", "a cursor belongs to one connection", hintPin},
	"default":     {"DEFAULT", "a default may differ from shard to shard", hintCompute},
}

var (
	// postgresAfterTable are words that can't be a table's name or alias.
	postgresAfterTable = set(`all and any as asc cross desc except fetch for from full group having inner intersect into
		is join lateral left like limit natural not offset on only or order outer returning right select set table
		tablesample union using values where window with`)
	// postgresValues are words that are calls: of a clock or of the session.
	postgresValues = set(`current_catalog current_date current_role current_schema current_time current_timestamp
		current_user localtime localtimestamp session_user system_user user`)
	// postgresSystem are columns, and types whose values are OIDs, that differ from database to database.
	postgresSystem = set(`cmax cmin ctid tableoid xmax xmin regclass regcollation regconfig regdictionary regnamespace
		regoper regoperator regproc regprocedure regrole regtype`)
	// postgresRowAggregates are aggregates that take a whole row: "t.count" is count(t) if t has no such column.
	postgresRowAggregates = set(`any_value array_agg count json_agg json_agg_strict jsonb_agg jsonb_agg_strict max min`)
	// postgresFromArguments and postgresForArguments are functions whose arguments FROM and FOR separate.
	postgresFromArguments = set(`extract overlay substring trim`)
	postgresForArguments  = set(`overlay substring`)
	// postgresBeforeParentheses are words that aren't a function's name when a parenthesis follows: operators, and
	// what a clause begins with.
	postgresBeforeParentheses = set(`all and any asymmetric between both by case cast else escape for from ilike in
		leading like not or placing returning row select set similar some symmetric then to trailing when where`)
	// postgresTypes are types that a length or precision in parentheses may follow.
	postgresTypes      = set(`bit char character dec decimal float interval nchar numeric time timestamp varchar varying`)
	postgresAggregates = set(`any_value array_agg avg bit_and bit_or bit_xor bool_and bool_or corr count covar_pop
		covar_samp every json_agg json_object_agg jsonb_agg jsonb_object_agg max min mode percentile_cont
		percentile_disc range_agg regr_slope stddev stddev_pop stddev_samp string_agg sum var_pop var_samp variance
		xmlagg`)
	// postgresScalars are built-in functions whose value depends on their arguments only, given that all shards have
	// the same locale and time zone.
	postgresScalars = set(`abs acos acosd acosh asin asinh atan atan2 atanh cbrt ceil ceiling cos cosh cot degrees div
		exp factorial floor gcd lcm ln log log10 mod pi power radians round scale sign sin sinh sqrt tan tanh trim_scale
		trunc width_bucket
		ascii bit_length btrim char_length character_length chr concat concat_ws decode encode get_byte initcap left
		length lower lpad ltrim md5 normalize octet_length overlay position regexp_count regexp_instr regexp_like
		regexp_replace regexp_substr repeat replace reverse right rpad rtrim sha224 sha256 sha384 sha512 split_part
		starts_with strpos substr substring to_hex translate trim upper
		coalesce greatest least nullif num_nonnulls num_nulls
		date_part date_trunc extract make_date make_interval make_time make_timestamp justify_days justify_hours
		justify_interval to_char to_date to_number to_timestamp isfinite
		array_append array_cat array_length array_lower array_ndims array_position array_positions array_prepend
		array_remove array_replace array_to_string array_upper cardinality string_to_array
		json_array_length json_extract_path json_extract_path_text json_typeof jsonb_array_length jsonb_extract_path
		jsonb_extract_path_text jsonb_insert jsonb_pretty jsonb_set jsonb_strip_nulls jsonb_typeof
		lower_inc upper_inc isempty`)
)
