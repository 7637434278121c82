package messages

import (
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// Description describes the columns of rows as their own shard sees them: the OIDs of enums and composites differ from
// cluster to cluster. It is immutable and may be kept.
type Description struct {
	// Shard is where the rows come from.
	Shard ShardID
	// Fields are the columns. Format says how their bytes are encoded.
	Fields []pgconn.FieldDescription
	// Types are the types of Fields that the shard's connection has registered beyond, or other than, pgx's own.
	Types []*pgtype.Type
	// ScanPlans are the connection's additional scan plans, if it has any: see pgtype.Map.TryWrapScanPlanFuncs.
	ScanPlans []pgtype.TryWrapScanPlanFunc
}

// SameFields reports whether fields describes the same columns in the same encoding as d.
func (d *Description) SameFields(fields []pgconn.FieldDescription) bool {
	return slices.Equal(d.Fields, fields)
}
