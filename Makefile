# Rawi: `make console` to ask, `make test` for everything that CI checks.
#
#   make console   the environment, the installation, the index when there is none, then the console
#   make test      lint, types, the rooms' direction and all tests
#   make lint      lint, types and the rooms' direction
#   make bench     the measurements in benchmarks/
#   make coverage  how much of bot/telegram the end-to-end tests alone run
#   make clean     remove the environment and the caches; the index and the history stay
#
# Another Python: make console PYTHON=python3.12

SHELL := /bin/sh
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help console test lint bench coverage clean

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
CANDIDATES := $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python3.14 python)
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))

help:
	@sed -n 's/^# \{0,1\}//; 1,10p' Makefile

# Job control gives the console the terminal to itself: Ctrl-C is the console's, and make does not report it.
console: $(VENV)/installed
	@if [ -t 0 ]; then set -m; fi; $(BIN)/rawi console

test: lint
	$(BIN)/pytest

lint: $(VENV)/installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/installed-dev
	@set -e; for name in embedding answering startup reindex busy stores peers telegram scale; do \
		echo "== $$name"; $(BIN)/python -m benchmarks.$$name; \
	done

coverage: $(VENV)/installed-dev
	$(BIN)/pytest --cov --cov-fail-under=90 tests/integration/test_serve_*.py

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage* build dist

# The stamps are written last: whatever is interrupted is done again.
$(VENV)/created:
	@found=; for python in $(CANDIDATES); do \
		if $$python -c '$(NEW_ENOUGH)' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo "Rawi needs Python 3.11 or newer, found none among: $(CANDIDATES);" \
			"install one, then run: make console PYTHON=/path/to/python3" >&2; \
		exit 1; \
	fi; \
	echo "$$($$found --version) → $(VENV)"; \
	$$found -m venv $(VENV) || { \
		echo "$$found cannot make an environment; install its venv module (Debian: apt install python3-venv)," \
			"then run make again" >&2; \
		exit 1; \
	}
	@# Older ones know no dependency groups.
	$(PIP) install --quiet --upgrade 'pip>=25.1'
	@touch $@

$(VENV)/installed: $(VENV)/created pyproject.toml
	$(PIP) install --editable .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(PIP) install --group dev
	@touch $@
