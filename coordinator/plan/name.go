package plan

import "github.com/troupedb/troupe/coordinator/statement/tree"

// unnamed is what PostgreSQL calls a column that has no name of its own.
const unnamed = "?column?"

// figureName returns the name that PostgreSQL gives to an expression of a list, and whether that is certain.
func figureName(x tree.Expr) (name string, known bool) {
	name, _, known = figure(x)
	if name == "" && known {
		return unnamed, true
	}
	return name, known
}

// figure is PostgreSQL's FigureColname: a weak name, that of a type or of CASE, gives way to that of what is around it.
func figure(x tree.Expr) (name string, strong, known bool) {
	switch n := tree.Bare(x).(type) {
	case *tree.Column:
		return n.Name.Name, true, true
	case *tree.Call:
		name := n.Name[len(n.Name)-1].Name
		return name, true, (n.Plain || n.Star) && name != "trim" || namedByGrammar[name]
	case *tree.Collate:
		return figure(n.X)
	case *tree.Exists:
		return "exists", true, true
	case *tree.Array:
		return "array", true, true
	case *tree.Case:
		if n.Else != nil {
			if name, strong, known := figure(n.Else); strong || !known {
				return name, strong, known
			}
		}
		return "case", false, true
	case *tree.Cast:
		if name, strong, known := figure(n.X); strong || !known {
			return name, strong, known
		}
		return typeName(n.Type), false, true
	case *tree.Binary:
		// An operator of words may be a function: AT TIME ZONE, OVERLAPS.
		return "", false, n.Op[0] < 'A' || n.Op[0] > 'Z'
	case *tree.Is:
		return "", false, n.Test != tree.IsOther
	case *tree.Unary, *tree.Logic, *tree.In, *tree.Quantified, *tree.Between, *tree.Like, *tree.Param:
		return "", false, true
	case *tree.Literal:
		_, isBool := n.Value.(bool)
		return "", false, !isBool // the versions of PostgreSQL differ
	default:
		return "", false, false
	}
}

// namedByGrammar are functions with a grammar of their own whose columns are called like them. Others aren't: TRIM(…) is btrim.
var namedByGrammar = map[string]bool{
	"coalesce": true, "greatest": true, "least": true, "nullif": true, "substring": true, "position": true, "overlay": true,
	"current_date": true, "current_time": true, "current_timestamp": true, "localtime": true, "localtimestamp": true,
}

// typeName returns PostgreSQL's own name of a type.
func typeName(t tree.TypeName) string {
	switch t.Name {
	case "int", "integer":
		return "int4"
	case "bigint":
		return "int8"
	case "smallint":
		return "int2"
	case "real":
		return "float4"
	case "float", "double precision":
		return "float8"
	case "boolean":
		return "bool"
	case "decimal", "dec":
		return "numeric"
	case "character varying", "char varying":
		return "varchar"
	case "character", "char":
		return "bpchar"
	case "bit varying":
		return "varbit"
	case "timestamp with time zone":
		return "timestamptz"
	case "timestamp without time zone":
		return "timestamp"
	case "time with time zone":
		return "timetz"
	case "time without time zone":
		return "time"
	}
	return t.Name
}
