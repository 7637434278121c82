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

func TestDescriptionMerge(t *testing.T) {
	of := func(oids ...uint32) *messages.Description {
		d := &messages.Description{}
		for i, oid := range oids {
			d.Fields = append(d.Fields, column(string(rune('a'+i)), oid))
		}
		return d
	}
	user := func(names map[uint32]string, oids ...uint32) *messages.Description {
		d := of(oids...)
		for oid, name := range names {
			d.Types = append(d.Types, &pgtype.Type{Name: name, OID: oid})
		}
		return d
	}
	const unknown = pgtype.UnknownOID
	for name, test := range map[string]struct {
		all  []*messages.Description
		want string
	}{
		"unknown, int, text":  {[]*messages.Description{of(unknown), of(pgtype.Int4OID), of(pgtype.TextOID)}, "type int4, and type text"},
		"int, unknown, text":  {[]*messages.Description{of(pgtype.Int4OID), of(unknown), of(pgtype.TextOID)}, "type int4, and type text"},
		"unknown, int, int":   {[]*messages.Description{of(unknown), of(pgtype.Int4OID), of(pgtype.Int4OID)}, ""},
		"unknown everywhere":  {[]*messages.Description{of(unknown), of(unknown), of(unknown)}, ""},
		"one column each":     {[]*messages.Description{of(unknown, unknown), of(23, unknown), of(unknown, 25), of(23, 25)}, ""},
		"in the other column": {[]*messages.Description{of(unknown, unknown), of(23, unknown), of(unknown, 25), of(23, 23)}, `"b" has type text`},
		"count":               {[]*messages.Description{of(unknown), of(23, 23)}, "1 columns"},
		"type without a name, then two": {[]*messages.Description{
			of(20000), user(map[uint32]string{30000: "mood"}, 30000), user(map[uint32]string{20000: "color"}, 20000),
		}, "type mood, and type color"},
		"one OID, two types": {[]*messages.Description{
			user(map[uint32]string{20000: "mood"}, 20000, unknown), user(map[uint32]string{20000: "color", 20001: "mood"}, 20001, 20000),
			user(map[uint32]string{20000: "mood", 20001: "color"}, 20000, 20001),
		}, ""},
		"types without a name": {[]*messages.Description{of(20000), of(20001), of(20002)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			merged, difference := test.all[0], ""
			first := *merged
			for _, d := range test.all[1:] {
				require.Empty(t, difference)
				before := merged
				if merged, difference = merged.Merge(d); difference != "" {
					require.Same(t, before, merged)
				}
			}
			require.Equal(t, first, *test.all[0], "a description is immutable")
			if test.want == "" {
				require.Empty(t, difference)
				return
			}
			require.Contains(t, difference, test.want)
		})
	}
}

func TestDescriptionMergeAllocatesNothingWhereAllIsKnown(t *testing.T) {
	d := &messages.Description{Fields: []pgconn.FieldDescription{column("a", 23), column("b", 25)}}
	for _, other := range []*messages.Description{
		d,
		{Fields: []pgconn.FieldDescription{column("a", 23), column("b", 25)}},
		{Fields: []pgconn.FieldDescription{column("a", pgtype.UnknownOID), column("b", 25)}},
	} {
		var merged *messages.Description
		require.Zero(t, testing.AllocsPerRun(100, func() { merged, _ = d.Merge(other) }))
		require.Same(t, d, merged)
	}
}

func TestDescriptionSameFields(t *testing.T) {
	d := &messages.Description{Fields: []pgconn.FieldDescription{column("a", 23)}}
	require.True(t, d.SameFields([]pgconn.FieldDescription{column("a", 23)}))
	require.False(t, d.SameFields(nil))
	require.False(t, d.SameFields([]pgconn.FieldDescription{{Name: "a", DataTypeOID: 23}}), "another format")
}
