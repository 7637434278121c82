package mapping_test

import (
	"reflect"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/mapping"
	"github.com/troupedb/troupe/messages"
)

type named struct{}

func (named) TableName() string { return "archive.things" }

type base struct {
	mapping.Identity
	ID int64 `db:"id,pk,auto"`
}

type thing struct {
	named
	base
	Name    string
	Parent  *int64   `db:"parent_id"`
	Version uint8    `db:"v, version"`
	Up      *thing   `db:"-" ref:"parent_id"`
	Down    []*thing `db:"-" many:"parent_id"`
	Note    string   `db:"-"`
	hidden  int
}

func TestOf(t *testing.T) {
	m, err := mapping.Of(reflect.TypeFor[thing]())
	require.NoError(t, err)
	require.NoError(t, m.Linked())
	require.Equal(t, "archive.things", m.Table)
	require.Equal(t, []string{"id", "name", "parent_id", "v"}, m.Names())
	require.Equal(t, []string{"id"}, m.KeyNames())
	require.Equal(t, 3, m.Version)
	require.Equal(t, []int{2}, m.Refs[0].Columns)
	require.Equal(t, 0, m.Manys[0].Ref)
	require.True(t, m.Columns[0].Auto)
	again, err := mapping.Of(reflect.TypeFor[thing]())
	require.NoError(t, err)
	require.Same(t, m, again)
	require.True(t, mapping.HasIdentity(m.Type))
	for field, found := range map[string]bool{"Up": true, "Down": false, "Name": false} {
		_, ok := m.RefByField(field)
		require.Equal(t, found, ok, field)
	}
	_, ok := m.ManyByField("Down")
	require.True(t, ok)

	object := &thing{hidden: 1}
	object.ID = 7
	require.NoError(t, m.Identify(object, "asia"))
	key, ok := mapping.KeyOf(object)
	require.True(t, ok)
	require.Equal(t, "archive.things(7)@asia", key.String())
	mapping.SetKey(object, messages.Key{})
	_, ok = mapping.KeyOf(object)
	require.False(t, ok)
	mapping.SetKey(&plain{}, key)
	require.NoError(t, m.Identify(&plain{}, "asia"), "it doesn't want to know")
	require.Equal(t, `"archive"."things"`, mapping.QuoteTable(m.Table))
}

type plain struct {
	ID int `db:"id,pk"`
}

func (plain) TableName() string { return "t" }

// Structs with something wrong; each has named's table name.
type (
	noKey     struct{ named }
	badOption struct {
		named
		ID int `db:"id,pk,omitempty"`
	}
	twiceNamed struct {
		named
		ID    int `db:"id,pk"`
		Other int `db:"id"`
	}
	nameless struct {
		named
		ID int `db:",pk"`
	}
	versionKey struct {
		named
		ID int `db:"id,pk,version"`
	}
	versionAuto struct {
		named
		ID int `db:"id,pk"`
		V  int `db:"v,auto,version"`
	}
	versionText struct {
		named
		ID int    `db:"id,pk"`
		V  string `db:"v,version"`
	}
	versionNull struct {
		named
		ID int  `db:"id,pk"`
		V  *int `db:"v,version"`
	}
	versionTwice struct {
		named
		ID int `db:"id,pk"`
		V  int `db:"v,version"`
		W  int `db:"w,version"`
	}
	refColumn struct {
		named
		ID int    `db:"id,pk"`
		P  *thing `db:"p" ref:"id"`
	}
	refUnmapped struct {
		named
		ID int    `db:"id,pk"`
		P  *thing `db:"-" ref:"p"`
	}
	refEmpty struct {
		named
		ID int    `db:"id,pk"`
		P  *thing `db:"-" ref:""`
	}
	refTwice struct {
		named
		ID int    `db:"id,pk"`
		P  *thing `db:"-" ref:"id,id"`
	}
	refValue struct {
		named
		ID int   `db:"id,pk"`
		P  thing `db:"-" ref:"id"`
	}
	refStranger struct {
		named
		ID int       `db:"id,pk"`
		P  *struct{} `db:"-" ref:"id"`
	}
	refHidden struct {
		named
		ID int    `db:"id,pk"`
		p  *thing `db:"-" ref:"id"`
	}
	bothTags struct {
		named
		ID int      `db:"id,pk"`
		P  []*thing `db:"-" ref:"id" many:"id"`
	}
	manyValue struct {
		named
		ID int     `db:"id,pk"`
		P  []thing `db:"-" many:"id"`
	}
	manyOne struct {
		named
		ID int    `db:"id,pk"`
		P  *thing `db:"-" many:"id"`
	}
)

func TestOfRefuses(t *testing.T) {
	require.Nil(t, refHidden{}.p)
	for _, object := range []any{
		noKey{},
		badOption{},
		twiceNamed{},
		nameless{},
		versionKey{},
		versionAuto{},
		versionText{},
		versionNull{},
		versionTwice{},
		refColumn{},
		refUnmapped{},
		refEmpty{},
		refTwice{},
		refValue{},
		refStranger{},
		refHidden{},
		bothTags{},
		manyValue{},
		manyOne{},
		1,
		struct{ ID int }{},
		tableless{},
	} {
		_, err := mapping.Of(reflect.TypeOf(object))
		require.ErrorIs(t, err, messages.ErrInvalidRequest, "%T", object)
		require.ErrorContains(t, err, reflect.TypeOf(object).String())
	}
	_, err := mapping.Of(nil)
	require.ErrorIs(t, err, messages.ErrInvalidRequest)
	for _, object := range []any{nil, plain{}, (*plain)(nil), new(int), &struct{}{}} {
		_, _, err := mapping.OfObject(object)
		require.ErrorIs(t, err, messages.ErrInvalidRequest, "%T", object)
	}
}

type tableless struct {
	ID int `db:"id,pk"`
}

func (tableless) TableName() string { return "" }

type (
	short struct {
		named
		ID int   `db:"id,pk"`
		P  *pair `db:"-" ref:"id"`
	}
	pair struct {
		named
		A int `db:"a,pk"`
		B int `db:"b,pk"`
	}
	notBack struct {
		named
		ID int      `db:"id,pk"`
		L  []*plain `db:"-" many:"id"`
	}
	twoBack struct {
		named
		ID int        `db:"id,pk"`
		L  []*twoRefs `db:"-" many:"up"`
	}
	twoRefs struct {
		named
		ID   int      `db:"id,pk"`
		Up   int      `db:"up"`
		P, Q *twoBack `db:"-" ref:"up"`
	}
	badChild struct {
		named
		ID int      `db:"id,pk"`
		L  []*noKey `db:"-" many:"id"`
	}
	fleeting struct {
		named
		ID  int                `db:"id,pk"`
		Raw pgtype.DriverBytes `db:"raw"`
	}
	badUp struct {
		named
		ID int    `db:"id,pk"`
		P  *noKey `db:"-" ref:"id"`
	}
)

// TestLinkedRefuses: what only the other struct can tell is refused when they are looked at together.
func TestLinkedRefuses(t *testing.T) {
	for _, object := range []any{short{}, notBack{}, twoBack{}, badChild{}, badUp{}, fleeting{}} {
		m, err := mapping.Of(reflect.TypeOf(object))
		require.NoError(t, err, "%T", object)
		require.ErrorIs(t, m.Linked(), messages.ErrInvalidRequest, "%T", object)
		require.ErrorIs(t, m.Linked(), messages.ErrInvalidRequest, "%T", object)
	}
}

type floatKey struct {
	mapping.Identity
	ID float64 `db:"id,pk"`
}

func (floatKey) TableName() string { return "t" }

func TestPrimaryKeys(t *testing.T) {
	m, v, err := mapping.OfObject(&floatKey{})
	require.NoError(t, err)
	require.ErrorIs(t, m.CheckKey(v), messages.ErrInvalidRequest)
	_, err = m.PrimaryKey(v)
	require.ErrorIs(t, err, messages.ErrInvalidRequest)
	require.ErrorIs(t, m.Identify(&floatKey{}, "asia"), messages.ErrInvalidRequest)
	m, v, err = mapping.OfObject(&pair{A: 1, B: 2})
	require.NoError(t, err)
	pk, err := m.PrimaryKey(v)
	require.NoError(t, err)
	require.Equal(t, "1,2", pk.String())
}
