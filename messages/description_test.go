package messages_test

import (
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
)

func column(name string, oid uint32) pgconn.FieldDescription {
	return pgconn.FieldDescription{Name: name, DataTypeOID: oid, Format: pgtype.BinaryFormatCode}
}

func TestDescriptionDifference(t *testing.T) {
	mood := func(oid uint32, name string) *messages.Description {
		return &messages.Description{
			Fields: []pgconn.FieldDescription{column("a", oid)}, Types: []*pgtype.Type{{Name: name, OID: oid}},
		}
	}
	of := func(fields ...pgconn.FieldDescription) *messages.Description {
		return &messages.Description{Fields: fields}
	}
	for name, test := range map[string]struct {
		a, b *messages.Description
		want string
	}{
		"none":                     {of(), of(), ""},
		"same":                     {of(column("a", pgtype.Int4OID)), of(column("a", pgtype.Int4OID)), ""},
		"count":                    {of(column("a", 23)), of(column("a", 23), column("b", 23)), "2 columns (a, b)"},
		"name":                     {of(column("a", 23)), of(column("b", 23)), "(b)"},
		"order":                    {of(column("a", 23), column("b", 23)), of(column("b", 23), column("a", 23)), "(b, a)"},
		"type":                     {of(column("a", pgtype.Int4OID)), of(column("a", pgtype.TextOID)), "type int4, and type text"},
		"undetermined":             {of(column("a", pgtype.Int4OID)), of(column("a", pgtype.UnknownOID)), ""},
		"user types, same name":    {mood(20000, "mood"), mood(30000, "mood"), ""},
		"user types, other name":   {mood(20000, "mood"), mood(30000, "color"), "type mood, and type color"},
		"user types, not known":    {of(column("a", 20000)), mood(30000, "color"), ""},
		"user type and built-in":   {mood(20000, "mood"), of(column("a", pgtype.TextOID)), "type mood, and type text"},
		"unknown type, for person": {of(column("a", 20000)), of(column("a", 23)), "with OID 20000"},
	} {
		t.Run(name, func(t *testing.T) {
			got := test.a.Difference(test.b)
			if test.want == "" {
				require.Empty(t, got)
				require.Empty(t, test.b.Difference(test.a))
				return
			}
			require.Contains(t, got, test.want)
			require.NotEmpty(t, test.b.Difference(test.a), "a difference has two sides")
			require.Empty(t, test.a.Difference(test.a))
		})
	}
}

func TestDescriptionSameFields(t *testing.T) {
	d := &messages.Description{Fields: []pgconn.FieldDescription{column("a", 23)}}
	require.True(t, d.SameFields([]pgconn.FieldDescription{column("a", 23)}))
	require.False(t, d.SameFields(nil))
	require.False(t, d.SameFields([]pgconn.FieldDescription{{Name: "a", DataTypeOID: 23}}), "another format")
}
