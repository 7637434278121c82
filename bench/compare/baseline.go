package compare

// seedTest is what SQLAlchemy needs for a test of its examples.performance, in seconds: the least of all runs of the baseline note (SQLAlchemy main of
// 2026-08-21, 2.1.0b4 with its Cython parts, CPython 3.11; two shared cores, 2026-11-22). PostgreSQL's is the least of psycopg2, psycopg 3 and psycopg2 with client and
// server on one core. 0 is a test that it can't complete there.
type seedTest struct {
	name                         string
	inMemory, inFile, postgreSQL float64
}

// seedSuite is a suite with what its tests do by default.
type seedSuite struct {
	name  string
	num   int
	runs  int // at the most: single inserts wait for the disk, which takes minutes
	tests []seedTest
}

var seedSuites = []seedSuite{
	{"large_resultsets", 500_000, 3, []seedTest{
		{"test_orm_full_objects_list", 5.32, 6.38, 4.86},
		{"test_orm_full_objects_chunks", 3.79, 3.96, 5.39},
		{"test_orm_bundles", 2.21, 2.16, 2},
		{"test_orm_columns", 1.22, 1.12, 1.87},
		{"test_core_fetchall", 1.52, 1.53, 1.48},
		{"test_core_fetchall_mapping", 1.56, 1.85, 1.74},
		{"test_core_fetchmany_w_streaming", 1.42, 1.21, 1.31},
		{"test_core_fetchmany", 1.52, 1.62, 1.3},
		{"test_dbapi_fetchall_plus_append_objects", 0.84, 0.62, 0.65},
		{"test_dbapi_fetchall_no_object", 0.58, 0.42, 0.48},
	}},
	{"short_selects", 10_000, 3, []seedTest{
		{"test_orm_query_classic_style", 6.78, 6.01, 7.77},
		{"test_orm_query_classic_style_w_cache", 2.79, 2.43, 3.89},
		{"test_orm_query_new_style", 5.94, 5.88, 7.83},
		{"test_orm_query_new_style_cache", 2.19, 2.48, 4.32},
		{"test_orm_query_classic_style_cols_only", 5.19, 6.24, 7.3},
		{"test_orm_query_classic_style_cols_only_cache", 2.29, 2.92, 3.86},
		{"test_core_new_stmt_each_time", 4.45, 5.4, 5.87},
		{"test_core_new_stmt_each_time_compiled_cache", 1.68, 2.01, 3.06},
		{"test_core_reuse_stmt", 3.94, 4.26, 5.53},
		{"test_core_reuse_stmt_compiled_cache", 0.43, 0.41, 1.96},
	}},
	{"single_inserts", 10_000, 1, []seedTest{
		{"test_orm_commit", 5.04, 22.32, 11.15},
		{"test_bulk_save", 2.39, 29.49, 8.7},
		{"test_bulk_insert_dictionaries", 2.31, 17.64, 8.72},
		{"test_core", 1.13, 16.26, 7.1},
		{"test_core_query_caching", 0.86, 16.14, 6.16},
		{"test_dbapi_raw_w_pool", 0.16, 17.4, 5.22},
		{"test_dbapi_raw_w_connect", 0, 20.27, 148.15},
	}},
}
