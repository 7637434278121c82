package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/troupedb/troupe/messages"
)

// guardHooks makes a panic of the application's hooks an error of whoever wants the connection. pgxpool runs some of them
// on goroutines of its own, where a panic ends the process, and others while it holds a place in the pool, which would
// be lost.
func guardHooks(cfg *pgxpool.Config) {
	if hook := cfg.BeforeConnect; hook != nil {
		cfg.BeforeConnect = func(ctx context.Context, cc *pgx.ConnConfig) (err error) {
			defer recoverHook("BeforeConnect", &err)
			return hook(ctx, cc)
		}
	}
	if hook := cfg.AfterConnect; hook != nil {
		cfg.AfterConnect = func(ctx context.Context, pc *pgx.Conn) (err error) {
			defer recoverHook("AfterConnect", &err)
			return hook(ctx, pc)
		}
	}
	if hook := cfg.PrepareConn; hook != nil {
		cfg.PrepareConn = func(ctx context.Context, pc *pgx.Conn) (ok bool, err error) {
			defer recoverHook("PrepareConn", &err)
			return hook(ctx, pc)
		}
	}
	if hook := cfg.AfterRelease; hook != nil {
		cfg.AfterRelease = func(pc *pgx.Conn) (keep bool) {
			defer recoverHook("AfterRelease", new(error))
			return hook(pc)
		}
	}
	if hook := cfg.BeforeClose; hook != nil {
		cfg.BeforeClose = func(pc *pgx.Conn) {
			defer recoverHook("BeforeClose", new(error))
			hook(pc)
		}
	}
}

func recoverHook(name string, err *error) {
	if value := recover(); value != nil {
		*err = &messages.Error{Code: messages.ErrPanic, Op: "connect", Detail: "the pool's " + name + " panicked: " + messages.PanicText(value)}
	}
}
