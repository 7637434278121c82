package pgtest

import "strconv"

// Option changes a cluster's settings.
type Option func(*settings)

type settings struct {
	values []string
	fsync  bool
}

func newSettings(opts []Option) settings {
	s := settings{}
	for _, o := range append([]Option{
		Setting("max_connections", "60"),
		Setting("max_wal_size", "1GB"),
		Setting("timezone", "UTC"),
		Setting("log_min_messages", "warning"),
	}, opts...) {
		o(&s)
	}
	return s
}

// arguments returns the settings as arguments for postgres; the last of two for one name wins.
func (s settings) arguments() []string {
	onOff := "off"
	if s.fsync {
		onOff = "on"
	}
	return append([]string{"-c", "fsync=" + onOff, "-c", "full_page_writes=" + onOff}, s.values...)
}

// Setting sets any of the server's settings, as in postgresql.conf.
func Setting(name, value string) Option {
	return func(s *settings) { s.values = append(s.values, "-c", name+"="+value) }
}

// Fsync makes the server sync to disk. Defaults to off: a test's data need not survive the machine.
func Fsync(on bool) Option { return func(s *settings) { s.fsync = on } }

// MaxConnections sets max_connections. Defaults to 60.
func MaxConnections(n int) Option { return Setting("max_connections", strconv.Itoa(n)) }

// MaxPreparedTransactions sets max_prepared_transactions. Defaults to 0: two-phase commit is off.
func MaxPreparedTransactions(n int) Option {
	return Setting("max_prepared_transactions", strconv.Itoa(n))
}
