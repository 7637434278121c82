package postgres

import "strings"

// harmless has the words that may be before a "(": keywords that PostgreSQL takes for no function's name, and functions of its own that do
// nothing but compute. Of these a few are volatile: random, gen_random_uuid, clock_timestamp, timeofday. Functions that a user made under one of these
// names, for other types, are taken for harmless too.
var harmless = func() map[string]bool {
	words := map[string]bool{}
	for _, list := range []string{reservedWords, expressionWords, typeWords, builtinFunctions} {
		for word := range strings.FieldsSeq(list) {
			words[word] = true
		}
	}
	return words
}()

const (
	// reservedWords are reserved in every version, so that nothing can be named for them without quotes.
	reservedWords = `all and any array as asc both case cast check collate current_time current_timestamp desc distinct else end except
		fetch for from group having in intersect lateral leading limit localtime localtimestamp not offset on or order returning select
		some symmetric then to trailing union using when where with`
	// expressionWords can't be functions' names either: they have a syntax of their own, or are columns' names.
	expressionWords = `between coalesce exists extract greatest grouping least normalize nullif overlay position row substring trim values`
	// typeWords can't be functions' names, but types' with a modifier.
	typeWords = `bit char character dec decimal float interval nchar numeric time timestamp varchar`

	builtinFunctions = `
		abs acos age array_agg array_append array_cat array_dims array_length array_lower array_ndims array_position array_positions
		array_prepend array_remove array_replace array_to_json array_to_string array_upper ascii asin atan atan2 avg
		bit_and bit_length bit_or bool_and bool_or btrim cardinality cbrt ceil ceiling char_length character_length chr
		clock_timestamp concat concat_ws convert_from convert_to corr cos cot count covar_pop covar_samp cume_dist current_database
		date date_bin date_part date_trunc decode degrees dense_rank div encode every exp factorial first_value
		float4 float8 floor format gcd gen_random_uuid generate_series generate_subscripts get_bit get_byte
		host hostmask initcap int2 int4 int8 isempty isfinite json_agg json_array_elements json_array_elements_text json_array_length
		json_build_array json_build_object json_each json_each_text json_extract_path json_extract_path_text json_object json_object_agg
		json_object_keys json_strip_nulls json_typeof jsonb_agg jsonb_array_elements jsonb_array_elements_text jsonb_array_length
		jsonb_build_array jsonb_build_object jsonb_each jsonb_each_text jsonb_extract_path jsonb_extract_path_text jsonb_insert jsonb_object
		jsonb_object_agg jsonb_object_keys jsonb_path_exists jsonb_path_match jsonb_path_query jsonb_path_query_array
		jsonb_path_query_first jsonb_pretty jsonb_set jsonb_strip_nulls jsonb_typeof justify_days justify_hours justify_interval
		lag last_value lcm lead left length ln log log10 lower lower_inc lower_inf lpad ltrim
		make_date make_interval make_time make_timestamp make_timestamptz masklen max md5 min mod mode network now nth_value ntile numnode
		octet_length overlaps parse_ident percent_rank percentile_cont percentile_disc pg_backend_pid pg_typeof phraseto_tsquery pi
		plainto_tsquery power quote_ident quote_literal quote_nullable radians random range_agg range_merge rank regexp_match regexp_matches
		regexp_replace regexp_split_to_array regexp_split_to_table repeat replace reverse right round row_number row_to_json rpad rtrim
		scale set_byte setweight sha224 sha256 sha384 sha512 sign sin split_part sqrt starts_with statement_timestamp stddev stddev_pop
		stddev_samp string_agg string_to_array string_to_table strip strpos substr sum tan text timeofday timezone to_ascii to_char to_date
		to_hex to_json to_jsonb to_number to_regclass to_timestamp to_tsquery to_tsvector transaction_timestamp translate trim_scale trunc
		ts_headline ts_rank ts_rank_cd tsquery_phrase unnest upper upper_inc upper_inf var_pop var_samp variance version websearch_to_tsquery
		width_bucket`
)
