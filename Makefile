# The recipes are scripts, so that they run where make is missing too: `bash scripts/test`.

.PHONY: help test lint format bench suite example ci

help: ## show this
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

test: ## go vet and all tests under the race detector; installs a C compiler and PostgreSQL where they are missing
	@bash scripts/test

lint: ## format, vet, staticcheck, errcheck, house rules
	@bash scripts/lint

format: ## format with gofumpt
	@go tool -modfile=internal/tools/go.mod gofumpt -l -w .

bench: ## the figures of docs/performance.md, each beside the plain loop; takes minutes and wants an idle machine
	@go test -run '^$$' -bench . -benchtime 10x -timeout 60m ./bench

suite: ## one suite of docs/bench.md, as make suite SUITE=short_selects; without SUITE lists them
	@go run ./bench $(or $(SUITE),--list)

example: ## the first example, on four SQLite files
	@go run ./examples/async

ci: ## everything that has to hold before a change lands
	@bash .ci/run
