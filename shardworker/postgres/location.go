package postgres

import (
	"net"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// location returns where cfg's database is, or "" if only its hooks know.
func location(cfg *pgxpool.Config) string {
	cc := &cfg.ConnConfig.Config
	if cfg.BeforeConnect != nil || !dialsByAddress(cc.DialFunc) {
		return ""
	}
	hosts := []string{address(cc.Host, cc.Port)}
	for _, f := range cc.Fallbacks { // the same host without TLS, too
		hosts = append(hosts, address(f.Host, f.Port))
	}
	slices.Sort(hosts)
	database := cc.Database
	if database == "" {
		database = cc.User // the server's rule
	}
	// The user's name and the search path may make another schema of it, which is another shard.
	schema := "?user=" + cc.User
	for _, parameter := range []string{"search_path", "options", "role"} {
		if value, ok := cc.RuntimeParams[parameter]; ok {
			schema += "&" + parameter + "=" + value
		}
	}
	return "postgres://" + strings.Join(slices.Compact(hosts), ",") + "/" + database + schema
}

func address(host string, port uint16) string {
	if network, _ := pgconn.NetworkAddress(host, port); network == "unix" {
		return filepath.Clean(host) + ":" + strconv.Itoa(int(port))
	}
	return net.JoinHostPort(strings.ToLower(host), strconv.Itoa(int(port)))
}

// dialsByAddress reports whether dial is the one that pgx configures. Others, for clouds and tunnels, may go to different
// databases by one address.
func dialsByAddress(dial pgconn.DialFunc) bool {
	f := runtime.FuncForPC(reflect.ValueOf(dial).Pointer())
	return f != nil && f.Name() == "net.(*Dialer).DialContext-fm"
}
