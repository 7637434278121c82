package compare

import (
	"context"
	"database/sql"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
)

// What isn't known of the machine is "": it is said beside the figures, and not worth failing for.

func processorName() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if key, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// sqliteVersion returns SQLite's version, and which release of the driver has it.
func sqliteVersion(ctx context.Context) (version string) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return ""
	}
	defer func() { _ = db.Close() }() // a version is all that was asked of it
	if err := db.QueryRowContext(ctx, "select sqlite_version()").Scan(&version); err != nil {
		return ""
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if module.Path == "modernc.org/sqlite" {
				version += ", " + module.Path + " " + module.Version
			}
		}
	}
	return version
}

// commit returns the work tree's commit, with a mark if something was changed.
func commit(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
