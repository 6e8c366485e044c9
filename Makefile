PAIRS ?= examples/test.jsonl
ARGS ?=
BIN := .venv/bin

# With both asked for, as in `make -j2 check test`, both wait for the one full installation
# instead of linting while pip is at work.
check_needs := $(if $(filter test prove,$(MAKECMDGOALS)),test,check)

.PHONY: help simulate loop test prove check clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 12

simulate: ## install what measuring needs, then measure PAIRS (examples/test.jsonl)
	@scripts/bootstrap simulate
	@$(BIN)/pie simulate --pairs "$(PAIRS)" $(ARGS)

loop: ## install the rest, then train a tiny model and show that its score tag steers speed
	@scripts/bootstrap test
	@$(BIN)/python examples/loop/loop.py $(ARGS)

test: ## install the rest, then run the tests (ARGS="-k store" passes options to pytest)
	@scripts/bootstrap test
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not prove" $(ARGS)

prove: ## install the rest, then run what takes long: rare tests, 10,000 cases a property, hostile programs under load
	@scripts/bootstrap test
	PIE_HYPOTHESIS=prove $(BIN)/python -m pytest -n 2 --dist loadgroup -m "prove or property" $(ARGS)
	$(BIN)/python -m tests.repeat_hostile

check: ## lint, format, types and the direction of imports
	@scripts/bootstrap $(check_needs)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

clean: ## remove .venv and every cache
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
