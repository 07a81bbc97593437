# Set-up, demo, tests and locks. Needs Python 3.11 or later, make and git; everything else is fetched.
PYTHON ?= python3
UV_VERSION := 0.13.9
BIN := .venv/bin
UV := .venv/tools/bin/uv
NPM := deploy/npm.sh --prefix gateway/dashboard
LOCK := $(UV) pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate
UPGRADE ?=
PYTEST_FLAGS ?=
# On a machine with cores to spare: make test PYTEST_PROCESSES="--numprocesses 4 --dist loadgroup --no-loadscope-reorder".
PYTEST_PROCESSES ?=

BENCHMARKS := score belief codec replay profile memory latency worker archive fanout alerts rest
BENCH_FLAGS ?= --runs 1

DASHBOARD := gateway/dashboard
DASHBOARD_SOURCES := $(shell find $(DASHBOARD) -path '*/node_modules' -prune -o -path '*/tests' -prune -o -type f -print)

.PHONY: setup demo test bench audit lock clean help
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

help: ## say what there is
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

setup: .venv/installed gateway/static/index.html ## make .venv with everything locked, and build the dashboard

demo: setup ## run everything on this machine with a race day under way
	$(BIN)/hpr up

test: setup ## run every check and test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(NPM) run check
	$(NPM) run test --if-present
	$(BIN)/hpr schemas check
	$(BIN)/pytest $(PYTEST_PROCESSES) $(PYTEST_FLAGS)

bench: setup ## measure everything beside its peers; figures and plots go to docs/benchmarks.md
	mkdir -p build/bench
	for name in $(BENCHMARKS); do \
		$(BIN)/hpr bench $$name $(BENCH_FLAGS) --json > build/bench/$$name.json || exit 1; \
	done
	$(BIN)/python -m benchmarks.figures $(BENCHMARKS:%=build/bench/%.json)

audit: setup ## look up known faults of the locked packages, where that service can be reached
	$(BIN)/python -m deploy.audit

lock: $(UV) ## write the locks of requirements/ again; UPGRADE=--upgrade takes the newest versions
	$(LOCK) $(UPGRADE) pyproject.toml --extra dev --output-file requirements/dev.txt
	$(LOCK) $(UPGRADE) pyproject.toml --constraint requirements/dev.txt --output-file requirements/base.txt
	$(LOCK) $(UPGRADE) pyproject.toml --extra worker --constraint requirements/dev.txt --output-file requirements/worker.txt
	$(LOCK) $(UPGRADE) pyproject.toml --extra gateway --constraint requirements/dev.txt --output-file requirements/gateway.txt
	$(LOCK) $(UPGRADE) pyproject.toml --extra worker --extra mlflow --constraint requirements/dev.txt --output-file requirements/mlflow.txt
	$(LOCK) $(UPGRADE) pyproject.toml --extra ocr --output-file requirements/ocr.txt

clean: ## remove what set-up, tests and runs made
	rm -rf .venv .kafka .hpr .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist *.egg-info
	rm -rf gateway/static $(DASHBOARD)/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: $(PYTHON) is older than 3.11: set PYTHON" >&2; exit 1; }
	$(PYTHON) -m venv .venv/tools || { echo "error: no venv module: install the Debian package python3-venv" >&2; exit 1; }
	.venv/tools/bin/python -m pip install --quiet uv==$(UV_VERSION)

.venv/bin/python: | $(UV)
	$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv

.venv/installed: pyproject.toml requirements/dev.txt | .venv/bin/python
	$(UV) pip sync --quiet --python $(BIN)/python requirements/dev.txt
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --editable .
	touch $@

$(DASHBOARD)/node_modules/.package-lock.json: $(DASHBOARD)/package.json $(DASHBOARD)/package-lock.json | .venv/installed
	$(NPM) ci
	touch $@

gateway/static/index.html: $(DASHBOARD)/node_modules/.package-lock.json $(DASHBOARD_SOURCES)
	$(NPM) run build
	touch $@
