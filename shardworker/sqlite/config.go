package sqlite

import (
	"fmt"
	"strings"
	"time"

	"github.com/troupedb/troupe/messages"
)

// Mode says how the database is opened.
type Mode string

// The modes.
const (
	// ReadWriteCreate makes the file if there is none, but not its directory.
	ReadWriteCreate Mode = "rwc"
	// ReadWrite needs a file that exists.
	ReadWrite Mode = "rw"
	// ReadOnly needs a file that exists and changes nothing.
	ReadOnly Mode = "ro"
	// Memory keeps the database in memory: one per name and process, as long as a Backend has it open.
	Memory Mode = "memory"
)

// Config configures a database. The zero value of every field but Path is its default.
type Config struct {
	// Path is the file, or the database's name in mode Memory: Backends of one name share it, and in mode Memory
	// an empty name is a database that no other Backend sees. For files it has no default; in mode Memory it defaults
	// to an empty name.
	Path string
	// Mode says how the database is opened. Defaults to ReadWriteCreate.
	Mode Mode
	// Readers is how many connections read at once. Defaults to 4.
	Readers int
	// BusyTimeout is how long a statement waits for a lock if its context has no deadline. Defaults to 5 s.
	BusyTimeout time.Duration
	// MaxRowBytes is the size of the largest row, and of the largest value in it. Defaults to 64 MiB + 64 KiB.
	MaxRowBytes int
	// Journal is the journal mode of a file: "WAL", "DELETE", "TRUNCATE" or "PERSIST". Defaults to "WAL".
	Journal string
	// Synchronous is what a commit waits for: "FULL", "EXTRA", "NORMAL" (in WAL, a power cut may undo the last commits) or
	// "OFF". Defaults to "FULL".
	Synchronous string
	// NoForeignKeys leaves foreign keys unchecked. Defaults to false: they are checked.
	NoForeignKeys bool
	// DoubleQuotedTexts lets a double-quoted word that names nothing be a text. Defaults to false.
	DoubleQuotedTexts bool
	// Statements is how many prepared statements each connection keeps. Defaults to 128.
	Statements int
	// CacheBytes is the size of each connection's page cache. Defaults to SQLite's 2 MB.
	CacheBytes int
	// NoGroupCommit lets every write have a transaction, and a commit, of its own, also where others wait for the writer at the same
	// time: see "Group commit" in the package's documentation. Defaults to false: they share.
	NoGroupCommit bool
	// CallerRuns lets callers run statements on their own goroutines, which nearly halves what a short one costs. In exchange a caller
	// can't leave at its deadline as long as SQLite is within one instruction, which takes seconds for functions on texts of hundreds of kilobytes, or a call
	// of the operating system doesn't return, as with a disk that is stuck. Where a context can't end, callers do so anyway. Defaults to false.
	CallerRuns bool
	// OnConnect is SQL that is run on every new connection; on a reader it can't change the database. Defaults to none.
	OnConnect string
	// Open bounds how many connections to files are open at once, over all Backends that have the same one. Defaults to DefaultOpenLimit().
	Open *OpenLimit
}

// The defaults.
const (
	defaultReaders     = 4
	defaultBusyTimeout = 5 * time.Second
	defaultMaxRowBytes = 64<<20 + 64<<10
	defaultStatements  = 128
)

// smallestMaxRowBytes is the smallest limit that SQLite's own bookkeeping, such as the schema's texts, can live with.
const smallestMaxRowBytes = 4 << 10

// largestMaxRowBytes is the length that SQLite was built for.
const largestMaxRowBytes = 1_000_000_000

// complete returns cfg with its defaults filled in, or an error with [messages.ErrInvalidConfig].
func (cfg Config) complete() (Config, error) {
	cfg.Mode = orDefault(cfg.Mode, ReadWriteCreate)
	cfg.Readers = orDefault(cfg.Readers, defaultReaders)
	cfg.BusyTimeout = orDefault(cfg.BusyTimeout, defaultBusyTimeout)
	cfg.MaxRowBytes = orDefault(cfg.MaxRowBytes, defaultMaxRowBytes)
	cfg.Journal = orDefault(strings.ToUpper(cfg.Journal), "WAL")
	cfg.Synchronous = orDefault(strings.ToUpper(cfg.Synchronous), "FULL")
	cfg.Statements = orDefault(cfg.Statements, defaultStatements)
	if cfg.Open == nil {
		cfg.Open = DefaultOpenLimit()
	}
	if cfg.Mode == Memory {
		cfg.Open = nil
	}
	switch cfg.Mode {
	case ReadWriteCreate, ReadWrite, ReadOnly:
		if cfg.Path == "" {
			return cfg, invalidConfig("no path")
		}
		if strings.HasPrefix(cfg.Path, ":memory:") {
			return cfg, invalidConfig("%q is no file: a database in memory has mode memory", ":memory:")
		}
	case Memory:
	default:
		return cfg, invalidConfig("mode %q is none of rwc, rw, ro and memory", string(cfg.Mode))
	}
	if strings.IndexByte(cfg.Path, 0) >= 0 {
		return cfg, invalidConfig("the path has a NUL byte")
	}
	switch cfg.Journal {
	case "WAL", "DELETE", "TRUNCATE", "PERSIST":
	default:
		return cfg, invalidConfig("journal %q is none of WAL, DELETE, TRUNCATE and PERSIST", cfg.Journal)
	}
	switch cfg.Synchronous {
	case "FULL", "EXTRA", "NORMAL", "OFF":
	default:
		return cfg, invalidConfig("synchronous %q is none of FULL, EXTRA, NORMAL and OFF", cfg.Synchronous)
	}
	if cfg.Readers < 0 || cfg.BusyTimeout < 0 || cfg.Statements < 0 || cfg.CacheBytes < 0 {
		return cfg, invalidConfig("a number is negative")
	}
	if cfg.MaxRowBytes < smallestMaxRowBytes || cfg.MaxRowBytes > largestMaxRowBytes {
		return cfg, invalidConfig("the largest row must have between %d and %d bytes, not %d", smallestMaxRowBytes, largestMaxRowBytes, cfg.MaxRowBytes)
	}
	return cfg, nil
}

func orDefault[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

func invalidConfig(format string, args ...any) error {
	return &messages.Error{Code: messages.ErrInvalidConfig, Op: "sqlite", Detail: fmt.Sprintf(format, args...)}
}
