# From a fresh machine: `make demo` shows what this does, `make test` proves that it works.
.DEFAULT_GOAL := help
.NOTPARALLEL:
SHELL := /bin/bash
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
# It holds the path of this checkout: a copied or moved one has an environment that points elsewhere.
STAMP := $(VENV)/.installed
DEMO := ledger_primary_kill

.PHONY: help venv doctor setup demo test lint test-fast test-stack bench soak up down clean FORCE

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-11s %s\n", $$1, $$2 }'

venv: $(STAMP) ## the virtual environment, from pyproject.toml and constraints.txt

ifneq ($(shell cat $(STAMP) 2>/dev/null),$(CURDIR))
$(STAMP): FORCE
endif
$(STAMP): pyproject.toml constraints.txt tools/make-venv
	@tools/make-venv $(VENV)
	@printf '%s' "$$PWD" >$@

FORCE:

doctor: venv ## try what this machine can do; changes nothing
	@$(BIN)/python -m harness.stack.doctor

setup: venv ## the virtual environment and a running Docker engine with Compose, buildx and the base image
	@$(BIN)/python -m harness.stack.doctor --fix

demo: setup ## bring up the payment stack, kill its primary under load, prove that payments went on
	@$(BIN)/harness run $(DEMO)
	@echo "Next, the same kind of run where money is lost:"
	@echo "  $(BIN)/harness run ledger_primary_cut_off_then_killed --variant async-replication"

test: setup lint test-fast test-stack ## everything: style, types, fast tests, tests on real containers

lint: venv ## ruff, mypy and the import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

# Two workers, also where there are more processors: some of these tests put a load on a server, and then it is the
# machine that must keep up.
test-fast: venv ## the tests that need no Docker
	@$(BIN)/pytest tests -m "not stack and not soak" -n 2 --dist worksteal

test-stack: setup ## the tests that need Docker
	@$(BIN)/pytest tests -m "stack and not soak"

bench: setup ## the benchmarks, as a table
	@$(BIN)/python -m tests.benchmarks

soak: setup ## the long tests
	@$(BIN)/pytest tests -m soak -o timeout=0

up: setup ## bring the payment stack up
	@$(BIN)/harness up

down: venv ## take the payment stack down, with everything it left
	@$(BIN)/harness down

clean: ## remove what was made here, but not runs/; run `make down` first
	@rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
